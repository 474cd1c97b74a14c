import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isObject, parseLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../../../proxy/comfyui/losslessJson.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import { defaultJobLimits } from '../../../proxy/contract/jobs.ts'
import type { Job } from '../../../proxy/jobs/job.ts'
import { ANSWER_BYTES, HISTORY_BYTES_PER_PERSON, RESULT_BYTES } from '../../../proxy/jobs/jobBounds.ts'
import type { JobOrder } from '../../../proxy/jobs/jobQueueTypes.ts'
import { FakeSettings } from '../../support/gateFixture.ts'
import { openJobQueueFixture, runRights } from '../../support/jobQueueFixture.ts'
import type { JobQueueFixture } from '../../support/jobQueueFixture.ts'
import { ScriptedEngine } from '../../support/scriptedEngine.ts'
import { until } from '../../support/tabClient.ts'

const ANNA = 'annaannaannaanna'
const BERT = 'bertbertbertbert'
const MIB = 1024 * 1024

let directory: string
let settings: FakeSettings
let engine: ScriptedEngine
let fixture: JobQueueFixture
let role: { role: Role; mayRun: boolean }
let tellRights: () => void

async function open(): Promise<void> {
  fixture = await openJobQueueFixture({
    directory,
    settings,
    timings: { stopGraceMs: 20, compareMs: 60_000, settleMs: 1000 },
    rights: {
      find: () => Promise.resolve(runRights(role.role, role.mayRun)),
      onChange: (listener) => {
        tellRights = listener
        return () => undefined
      },
    },
  })
  engine.attachTo(fixture.jobs)
  await fixture.jobs.engineReady()
}
async function openAgain(): Promise<void> {
  await fixture.close()
  engine = new ScriptedEngine()
  await open()
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-bounds-'))
  settings = new FakeSettings()
  engine = new ScriptedEngine()
  role = { role: 'creator', mayRun: true }
  await open()
})
afterEach(async () => {
  await fixture.close()
  rmSync(directory, { recursive: true, force: true })
})

function toNodes(text: string): JsonObject {
  const parsed = parseLosslessJson(JSON.stringify({ '1': { class_type: 'A', inputs: { text } } }))
  if (!isObject(parsed)) throw new Error('not an object')
  return parsed
}

const order = (accountId: string, bytes = 10): JobOrder => ({
  accountId,
  role: 'creator',
  wantedId: undefined,
  clientId: 'tab',
  nodes: toNodes('x'.repeat(bytes)),
  extraData: new Map(),
  targets: undefined,
  place: { front: false, number: undefined },
  outputs: '["1"]',
})
const send = async (accountId: string, bytes?: number): Promise<string> =>
  (await fixture.jobs.accept(order(accountId, bytes))).id
const jobOf = (id: string): Job => {
  const job = fixture.jobs.find(id)
  if (job === undefined) throw new Error('no such job')
  return job
}
const pause = (): void => settings.set('jobs.paused', { untilMs: null })
const resume = (): void => settings.set('jobs.paused', null)
const atEngine = (count: number) => until(() => engine.pending.length === count, `${count} jobs at the engine`)
const over = (id: string) => until(() => fixture.jobs.find(id) === undefined, 'the job is over')
const rowOf = (id: string) =>
  fixture.database.kysely.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
async function answerOf(accountId: string): Promise<string[]> {
  const { running, pending } = await fixture.jobs.listQueue(accountId)
  const items: string[] = []
  for await (const item of fixture.jobs.readItems([...running, ...pending])) items.push(item)
  return items
}

describe('one person who fills the disk with jobs', () => {
  it('has 64 MB of jobs that wait, also when they are sent at the same time', async () => {
    pause()
    const sent = await Promise.allSettled(Array.from({ length: 10 }, () => send(ANNA, 9 * MIB)))
    const refused = sent.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(refused).toHaveLength(3)
    expect(refused[0]).toMatchObject({ code: 'QUOTA_EXCEEDED', status: 429 })
    expect(String(refused[0])).toContain('64 MB together')
    await expect(send(BERT, 9 * MIB)).resolves.toBeDefined()
    // What is over counts no more.
    for (const job of fixture.jobs.list(ANNA)) await fixture.jobs.cancel(job)
    await expect(send(ANNA, 9 * MIB)).resolves.toBeDefined()
  })

  it('gets an answer of bounded size that still lists every job', async () => {
    pause()
    for (let sent = 0; sent < 6; sent += 1) await send(ANNA, 9 * MIB)
    const items = await answerOf(ANNA)
    expect(items).toHaveLength(6)
    expect(items.reduce((sum, item) => sum + item.length, 0)).toBeLessThanOrEqual(ANSWER_BYTES)
    const last = JSON.parse(items.at(-1) ?? '')
    expect(last).toEqual([5, fixture.jobs.list(ANNA)[5]?.id, {}, { client_id: 'tab' }, []])
  })

  it('has a history of bounded size: a huge result loses its workflow, and old ones go', async () => {
    const id = await send(ANNA, 9 * MIB)
    await atEngine(1)
    engine.begin()
    engine.emit(id, 'executed', { node: '1', output: { images: [{ filename: 'a.png' }] } })
    engine.emit(id, 'execution_success', {})
    engine.readHistory = () => Promise.resolve('{}')
    engine.emit(id, 'executing', { node: null })
    await over(id)
    const row = await rowOf(id)
    expect(row.result_bytes).toBeLessThanOrEqual(RESULT_BYTES)
    expect(JSON.parse(row.result ?? '').outputs).toEqual({ '1': { images: [{ filename: 'a.png' }] } })

    const { kysely } = fixture.database
    await kysely.updateTable('jobs').set({ result_bytes: HISTORY_BYTES_PER_PERSON }).execute()
    const next = await send(ANNA)
    await atEngine(1)
    engine.begin()
    engine.emit(next, 'execution_success', {})
    engine.emit(next, 'executing', { node: null })
    await over(next)
    await until(async () => (await fixture.jobs.listHistory(ANNA, {})).length === 1, 'the old one has gone')
    expect(await fixture.jobs.listHistory(ANNA, {})).toEqual([next])
  })
})

describe('one person whose jobs bring the engine down again and again', () => {
  async function crash(): Promise<string> {
    const id = await send(ANNA)
    await until(() => engine.pending.includes(id), 'handed over')
    engine.begin()
    expect(fixture.jobs.explains(() => 'sure')).toBe(true)
    await engine.die(true)
    await engine.start(`boot-${id}`)
    return id
  }

  it('pays for it: others go on, and after two nobody but an administrator lets theirs run, over a restart too', async () => {
    await crash()
    expect(fixture.jobs.isLocked(ANNA)).toBe(false)
    await crash()
    expect(fixture.jobs.isLocked(ANNA)).toBe(true)
    const held = await send(ANNA)
    const bert = await send(BERT)
    await atEngine(1)
    expect(engine.pending).toEqual([bert])
    expect(jobOf(held).status).toMatchObject({ state: 'held', heldBecause: 'suspect' })

    await openAgain()
    expect(fixture.jobs.isLocked(ANNA)).toBe(true)
    await fixture.jobs.release(jobOf(held))
    await until(() => jobOf(held).status.state === 'held', 'held again')

    await fixture.jobs.forgive(ANNA)
    await fixture.jobs.release(jobOf(held))
    await until(() => engine.pending.includes(held), 'it runs')
  })
})

describe('an interruption', () => {
  it('meant for the job before stops nobody else’s: the one that it hit runs again', async () => {
    const [first, second] = [await send(ANNA), await send(BERT)]
    await atEngine(2)
    engine.begin()
    // ComfyUI looked while the first one ran, and set its flag when the second one did.
    await fixture.jobs.interrupt(jobOf(first))
    engine.end()
    await over(first)
    engine.begin()
    engine.end('execution_interrupted')
    expect(engine.history.has(second)).toBe(true)
    await until(() => engine.pending.includes(second), 'it is handed over again')
    expect(engine.forgotten).toContain(second)
    engine.begin()
    engine.end()
    await over(second)
    expect(await rowOf(second)).toMatchObject({ state: 'succeeded', attempts: 1 })
  })

  it('of a right that was withdrawn is followed by the end of an engine that goes on', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    role = { role: 'viewer', mayRun: false }
    tellRights()
    await until(() => engine.hungEnds === 1, 'the engine is ended')
    expect(engine.interrupted).toEqual([id])
  })
})

describe('minutes of a day', () => {
  it('that are used up while jobs wait hold them until there are new ones', async () => {
    const minutes = (gpuMinutesPerDay: number | null): void =>
      settings.set('jobs.limits', { ...defaultJobLimits, creator: { ...defaultJobLimits.creator, gpuMinutesPerDay } })
    minutes(1)
    pause()
    const [first, second] = [await send(ANNA), await send(ANNA)]
    await fixture.database.kysely.updateTable('jobs').set({ run_ms: 60_000 }).where('id', '=', first).execute()
    await fixture.jobs.cancel(jobOf(first))
    await fixture.database.kysely.updateTable('jobs').set({ state: 'failed' }).where('id', '=', first).execute()
    resume()
    await until(() => jobOf(second).status.heldBecause === 'quota', 'held')
    expect(engine.submitted).toEqual([])
    minutes(2)
    await atEngine(1)
    expect(engine.pending).toEqual([second])
  })
})

describe('an engine that does not say whether it took a job', () => {
  it('is asked before it gets it again', async () => {
    engine.submitAnswer = { kind: 'unknown' }
    const id = await send(ANNA)
    await until(() => engine.submitted.length === 1, 'it was tried')
    await fixture.jobs.compare()
    // The answer was lost, and the job arrives only now.
    engine.submitAnswer = { kind: 'accepted' }
    engine.pending.push(id)
    await fixture.jobs.compare()
    await until(() => jobOf(id).status.state === 'sent', 'it is followed')
    engine.begin()
    engine.end()
    await over(id)
    expect(engine.begun).toEqual([id])
  })
})

describe('what the engine keeps', () => {
  it('is forgotten there once it stands in the person’s history', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    engine.end()
    await over(id)
    await until(() => engine.forgotten.includes(id), 'forgotten')
    expect(engine.history.size).toBe(0)
    expect(await fixture.jobs.findHistory(ANNA, id)).toContain(id)
  })
})

describe('what everybody got', () => {
  it('is remembered over a restart: nobody is served anew by it', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    jobOf(id).startedAtMs = Date.now() - 500_000
    engine.end()
    await over(id)
    await openAgain()
    pause()
    const [anna, bert] = [await send(ANNA), await send(BERT)]
    const line = [...fixture.jobs.foresee()].sort(([, a], [, b]) => a.position - b.position).map(([job]) => job)
    expect(line).toEqual([bert, anna])
  })
})
