import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLogFile, RotatingFile } from '../../../service/logFile.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'gatehouse-log-'))

describe('log file', () => {
  it('takes secrets out of the file and out of what is shown besides', () => {
    const directory = folder()
    const shown: string[] = []
    const log = openLogFile(directory, { alsoTo: { write: (line) => shown.push(line) } })
    log.logger.info({ cookie: 'gatehouse_session=zzzzsecret' }, 'Bearer abcdef0123456789')
    log.close()
    const written = readFileSync(join(directory, 'logs', 'gatehouse.log'), 'utf8')
    for (const text of [written, shown.join('')]) {
      expect(JSON.parse(text)).toMatchObject({ cookie: 'gatehouse_session=[removed]', msg: 'Bearer [removed]' })
    }
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
