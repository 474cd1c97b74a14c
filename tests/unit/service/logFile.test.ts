import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLogFile, redact, RotatingFile } from '../../../service/logFile.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'gatehouse-log-'))

describe('log file', () => {
  it.each([
    ['an API key', `key gh_abcdefghij12_${'A'.repeat(86)}_0011aabb used`, 'A'.repeat(20)],
    ['a bearer token', 'Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
    ['a token in a query', 'GET /ws?token=verysecretvalue&x=1', 'verysecretvalue'],
    ['a session cookie', 'cookie gatehouse_session=zzzzsecret; a=b', 'zzzzsecret'],
  ])('takes out %s', (_name, text, secret) => {
    expect(redact(text)).not.toContain(secret)
    expect(redact(text)).toContain('[removed]')
  })

  it('writes lines that only the owner may read', () => {
    const directory = folder()
    const log = openLogFile(directory)
    log.logger.info({ port: 8190 }, 'listening')
    log.close()
    const path = join(directory, 'logs', 'gatehouse.log')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ port: 8190, msg: 'listening' })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('rotates by size and keeps a fixed number of files, losing no recent line', () => {
    const directory = folder()
    const file = new RotatingFile(join(directory, 'a.log'), 100, 3)
    for (let n = 0; n < 40; n += 1) file.write(`line number ${n}\n`)
    file.close()
    const names = readdirSync(directory).sort()
    expect(names).toEqual(['a.log', 'a.log.1', 'a.log.2'])
    expect(names.every((name) => statSync(join(directory, name)).size <= 100)).toBe(true)
    expect(readFileSync(join(directory, 'a.log'), 'utf8')).toContain('line number 39')
  })
})
