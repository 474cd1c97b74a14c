import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { followLogSettings, openLogFile, RotatingFile, withoutPersonalFiles } from '../../../service/logFile.ts'

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

  it('rotates by size and keeps a fixed number of files, losing no recent line (log without end, S-38)', () => {
    const directory = folder()
    const file = new RotatingFile(join(directory, 'a.log'), 100, 3)
    for (let n = 0; n < 40; n += 1) file.write(`line number ${n}\n`)
    file.close()
    const names = readdirSync(directory).sort()
    expect(names).toEqual(['a.log', 'a.log.1', 'a.log.2'])
    expect(names.every((name) => statSync(join(directory, name)).size <= 100)).toBe(true)
    expect(readFileSync(join(directory, 'a.log'), 'utf8')).toContain('line number 39')
  })

  it('writes the levels that are set, at once and no others', () => {
    const directory = folder()
    const log = openLogFile(directory)
    const say = () => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log.logger[level]({}, level)
    }
    say()
    log.setLevels(['DEBUG', 'ERROR'])
    say()
    log.setLevels([])
    say()
    log.close()
    const lines = readFileSync(join(directory, 'logs', 'gatehouse.log'), 'utf8')
      .trim()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['info', 'warn', 'error', 'debug', 'error'])
  })

  it('goes by the settings: name for this start, levels whenever they change', () => {
    const directory = folder()
    const log = openLogFile(directory)
    let levels: Settings['log.levels'] = ['INFO']
    let changed = (): void => undefined
    const values = { 'log.fileName': 'sentinel.log' }
    followLogSettings(log, {
      get: (name) => ({ ...values, 'log.levels': levels })[name] as never,
      onChange: (listener) => {
        changed = listener
        return () => undefined
      },
    })
    log.logger.info({}, 'one')
    levels = ['WARNING']
    changed()
    log.logger.info({}, 'two')
    log.logger.warn({}, 'three')
    log.close()
    const text = readFileSync(join(directory, 'logs', 'sentinel.log'), 'utf8')
    expect(text).toContain('one')
    expect(text).not.toContain('two')
    expect(text).toContain('three')
    expect(statSync(join(directory, 'logs', 'sentinel.log')).mode & 0o777).toBe(0o600)
  })

  it.for([
    ["ENOENT: open '/home/mia/Pictures/Gatehouse/mia-abcd/lake at night.png'", "ENOENT: open '[a file]'"],
    ['C:\\Users\\Mia\\Pictures\\cat.webp is gone', '[a file] is gone'],
    ['/data/users/abcdefghijklmnop/userdata/my-diary.json', '/data/users/abcdefghijklmnop/…'],
    ['/opt/gatehouse/dist/main.cjs:12:3', '/opt/gatehouse/dist/main.cjs:12:3'],
  ])('names no file of a person: %s', ([line, told]) => {
    expect(withoutPersonalFiles(line ?? '')).toBe(told)
  })

  it('stays one JSON value a line, also with a Windows path in it', () => {
    const directory = folder()
    const log = openLogFile(directory)
    const err = new Error("EPERM: unlink 'C:\\Users\\Mia\\My Pictures\\cat.png'")
    log.logger.error({ err, gone: '/home/mia/a b/"quoted".png' }, 'could not be removed')
    log.close()
    const text = readFileSync(join(directory, 'logs', 'gatehouse.log'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ msg: 'could not be removed' })
    expect(text).not.toContain('cat.png')
  })
})
