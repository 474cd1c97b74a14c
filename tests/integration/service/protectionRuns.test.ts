import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ProtectionReport } from '../../../proxy/contract/protection.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { ProtectionRuns } from '../../../service/protectionRuns.ts'
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../service/protection/temporaryFolder.ts'
import { unbuiltPaths } from '../../support/unbuiltPaths.ts'

const folders: string[] = []
const opened: ProtectionRuns[] = []
afterEach(() => {
  for (const runs of opened.splice(0)) runs.close()
  for (const folder of folders.splice(0)) removeTemporaryFolder(folder)
})

const report = (version: string): ProtectionReport => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  tookMs: 1,
  version,
  cases: [{ id: 'one', title: 'One', holes: ['A1'], on: 'standIn', outcome: 'held', seen: 'refused' }],
})

const say = (told: unknown): string => `process.stdout.write(${JSON.stringify(`${JSON.stringify(told)}\n`)});`
const untilAsked = (then: string): string => `process.stdin.once('data', () => {${then}});`
const untilEnded = (then: string): string => `process.stdin.resume().once('end', () => {${then}});`
const last = "process.stdout.write('', () => process.exit(0));"

/** Runs of a checking process that does what the script says. */
function open(script: string | undefined, { limitMs, folder = makeTemporaryFolder() }: Options = {}) {
  folders.push(folder)
  const entry = join(folder, 'check.cjs')
  if (script !== undefined) writeFileSync(entry, script)
  const runs = new ProtectionRuns({
    ...{ dataDirectory: folder, logger: silentLogger, paths: unbuiltPaths(folder) },
    entry: script === undefined ? undefined : entry,
    nodeCommand: { file: process.execPath, args: [], env: {} },
    ...(limitMs === undefined ? {} : { limitMs }),
  })
  opened.push(runs)
  return { runs, folder, file: join(folder, 'protection.json') }
}
interface Options {
  readonly limitMs?: number
  readonly folder?: string
}

const notAsked = { notAsked: 'not here' }
const ended = (runs: ProtectionRuns): Promise<void> =>
  vi.waitFor(() => expect(runs.describe().running).toBeNull(), { timeout: 10_000, interval: 20 })

describe('a check of the protection', () => {
  it('tells how far it is, and keeps what it found for the next start, for this account of the system only', async () => {
    const told = untilAsked(`${say({ kind: 'progress', done: 3, total: 9 })}${untilEnded('')}`)
    const { runs } = open(told)
    runs.start(notAsked, () => undefined)
    expect(runs.describe().running).toEqual({ done: 0, total: 0 })
    await vi.waitFor(() => expect(runs.describe().running).toEqual({ done: 3, total: 9 }), { timeout: 10_000 })

    const other = open(untilAsked(say({ kind: 'report', report: report('1') }) + last))
    const found = await new Promise<ProtectionReport>((resolve) => other.runs.start(notAsked, resolve))
    expect(found).toEqual(report('1'))
    expect(other.runs.describe()).toEqual({ running: null, report: report('1'), problem: null })
    expect(statSync(other.file).mode & 0o077).toBe(0)
    expect(open('', { folder: other.folder }).runs.describe().report).toEqual(report('1'))
  })

  it('is told what to ask in one line, and nothing of the secrets', async () => {
    const { runs, folder } = open(
      `process.stdin.once('data', (line) => { require('fs').writeFileSync(__dirname + '/asked', line); ${last} })`,
    )
    runs.start({ port: 8190 }, () => undefined)
    await ended(runs)
    const asked: unknown = JSON.parse(readFileSync(join(folder, 'asked'), 'utf8'))
    expect(asked).toEqual({ paths: unbuiltPaths(folder), running: { port: 8190 } })
  })

  it('runs once at a time', async () => {
    const { runs } = open(untilAsked(untilEnded('')))
    runs.start(notAsked, () => undefined)
    expect(() => runs.start(notAsked, () => undefined)).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }))
    runs.close()
    await ended(runs)
    expect(() => runs.start(notAsked, () => undefined)).not.toThrow()
  })

  it('that ends without a report says nothing, keeps the one before, and may be begun again', async () => {
    const { runs, folder } = open(untilAsked(say({ kind: 'report', report: report('1') }) + last))
    await new Promise((resolve) => runs.start(notAsked, resolve))
    writeFileSync(join(folder, 'check.cjs'), 'process.stderr.write("no port is free"); process.exit(1)')
    const onEnd = vi.fn()
    runs.start(notAsked, onEnd)
    expect(runs.describe().problem).toBeNull()
    await ended(runs)
    expect(runs.describe()).toMatchObject({ report: report('1'), problem: expect.stringMatching(/no end/) })
    expect(onEnd).not.toHaveBeenCalled()

    writeFileSync(join(folder, 'check.cjs'), untilAsked(say({ kind: 'report', report: report('2') }) + last))
    await new Promise((resolve) => runs.start(notAsked, resolve))
    expect(runs.describe()).toEqual({ running: null, report: report('2'), problem: null })
  })

  it('that hangs is ended', async () => {
    const { runs } = open('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', { limitMs: 200 })
    runs.start(notAsked, () => undefined)
    await ended(runs)
    expect(runs.describe().problem).toMatch(/no end/)
  })

  it('whose program is missing does not end the gate', async () => {
    const folder = makeTemporaryFolder()
    folders.push(folder)
    const runs = new ProtectionRuns({
      ...{ dataDirectory: folder, logger: silentLogger, paths: unbuiltPaths(folder), entry: join(folder, 'none') },
      nodeCommand: { file: join(folder, 'no-such-program'), args: [], env: {} },
    })
    runs.start(notAsked, () => undefined)
    await ended(runs)
    expect(runs.describe().problem).toMatch(/no end/)
  })

  it('that cannot be begun at all may be begun again', () => {
    const folder = makeTemporaryFolder()
    folders.push(folder)
    // What Node refuses at once, before there is a process.
    const nodeCommand = { file: 'node\0', args: [], env: {} }
    const entry = join(folder, 'check.cjs')
    const common = { dataDirectory: folder, logger: silentLogger, paths: unbuiltPaths(folder) }
    const runs = new ProtectionRuns({ ...common, entry, nodeCommand })
    expect(() => runs.start(notAsked, () => undefined)).toThrow(/null bytes/)
    expect(runs.describe().running).toBeNull()
    expect(() => runs.start(notAsked, () => undefined)).toThrow(/null bytes/)
  })

  it('that ends with the gate leaves the last whole report, and nobody hears of the rest', async () => {
    const { runs, folder, file } = open(untilAsked(say({ kind: 'report', report: report('1') }) + last))
    await new Promise((resolve) => runs.start(notAsked, resolve))
    const partial = untilEnded(say({ kind: 'report', report: report('cut short') }))
    writeFileSync(join(folder, 'check.cjs'), untilAsked(say({ kind: 'progress', done: 1, total: 2 }) + partial))
    const onEnd = vi.fn()
    runs.start(notAsked, onEnd)
    await vi.waitFor(() => expect(runs.describe().running?.done).toBe(1), { timeout: 10_000 })
    runs.close()
    await ended(runs)
    expect(onEnd).not.toHaveBeenCalled()
    expect(runs.describe()).toEqual({ running: null, report: report('1'), problem: null })
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(report('1'))
  })

  it('is not offered by a program that came without it', () => {
    const { runs, file } = open(undefined)
    expect(() => runs.start(notAsked, () => undefined)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(runs.describe()).toEqual({ running: null, report: null, problem: null })
    expect(existsSync(file)).toBe(false)
  })

  it.each(['', '{', '{"cases":[]}'])('whose kept report is %j begins without one', (text) => {
    const folder = makeTemporaryFolder()
    writeFileSync(join(folder, 'protection.json'), text)
    expect(open('', { folder }).runs.describe().report).toBeNull()
  })
})
