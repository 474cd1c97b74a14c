import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isObject, parseLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../../../proxy/comfyui/losslessJson.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import { defaultJobLimits } from '../../../proxy/contract/jobs.ts'
import type { Job } from '../../../proxy/jobs/job.ts'
import type { JobQueue } from '../../../proxy/jobs/jobQueue.ts'
import type { JobOrder } from '../../../proxy/jobs/jobQueueTypes.ts'
import { relieveMemory } from '../../../proxy/pipeline/memoryRelief.ts'
import { FakeSettings } from '../../support/gateFixture.ts'
import { openJobQueueFixture, runRights } from '../../support/jobQueueFixture.ts'
import type { JobQueueFixture } from '../../support/jobQueueFixture.ts'
import { ScriptedEngine } from '../../support/scriptedEngine.ts'
import { until } from '../../support/tabClient.ts'

const ANNA = 'annaannaannaanna'
const BERT = 'bertbertbertbert'

let directory: string
let settings: FakeSettings
let rights: Map<string, { role: Role; mayRun: boolean }>
let rightsListeners: Set<() => void>
let engine: ScriptedEngine
let fixture: JobQueueFixture
let jobs: JobQueue

async function open(timings = { stopGraceMs: 20, compareMs: 60_000, settleMs: 1000 }): Promise<void> {
  fixture = await openJobQueueFixture({
    directory,
    settings,
    timings,
    rights: {
      find: (accountId) => {
        const known = rights.get(accountId)
        return Promise.resolve(known && runRights(known.role, known.mayRun))
      },
      onChange: (listener) => {
        rightsListeners.add(listener)
        return () => rightsListeners.delete(listener)
      },
    },
  })
  jobs = fixture.jobs
  engine.attachTo(jobs)
}

/** As after `kill -9` of the app: nothing is written that was not written before, and the engine is a new one. */
async function openAgain(): Promise<void> {
  await fixture.close()
  engine = new ScriptedEngine()
  await open()
  await jobs.engineReady()
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-jobs-'))
  settings = new FakeSettings()
  rights = new Map([
    [ANNA, { role: 'creator', mayRun: true }],
    [BERT, { role: 'creator', mayRun: true }],
  ])
  rightsListeners = new Set()
  engine = new ScriptedEngine()
  await open()
  await jobs.engineReady()
})
afterEach(async () => {
  await fixture.close()
  rmSync(directory, { recursive: true, force: true })
})

function toObject(value: unknown): JsonObject {
  const parsed = parseLosslessJson(JSON.stringify(value))
  if (!isObject(parsed)) throw new Error('not an object')
  return parsed
}

const order = (accountId: string, more: Partial<JobOrder> = {}): JobOrder => ({
  accountId,
  role: 'creator',
  wantedId: undefined,
  clientId: 'tab',
  nodes: toObject({ '1': { class_type: 'EmptyImage', inputs: {} } }),
  extraData: new Map(),
  targets: undefined,
  place: { front: false, number: undefined },
  outputs: '["1"]',
  ...more,
})

const send = async (accountId: string, more: Partial<JobOrder> = {}): Promise<string> =>
  (await jobs.accept(order(accountId, more))).id
const jobOf = (id: string): Job => {
  const job = jobs.find(id)
  if (job === undefined) throw new Error('no such job')
  return job
}
const state = (id: string): string | undefined => jobs.find(id)?.status.state
const rowOf = (id: string) =>
  fixture.database.kysely.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const atEngine = (count: number) => until(() => engine.pending.length === count, `${count} jobs at the engine`)
const over = (id: string) => until(() => jobs.find(id) === undefined, 'the job is over')
/** The next job begins and ends. */
async function runOne(): Promise<string> {
  await until(() => engine.pending.length > 0, 'a job at the engine')
  const id = engine.begin()
  engine.end()
  await over(id)
  return id
}
async function runAll(): Promise<string[]> {
  const done: string[] = []
  while (jobs.list().some(({ status }) => status.state !== 'held')) done.push(await runOne())
  return done
}

describe('the journal', () => {
  it('has a job on disk before its acceptance is told', async () => {
    await engine.die()
    const id = await send(ANNA)
    expect(await rowOf(id)).toMatchObject({ state: 'waiting', account_id: ANNA, client_id: 'tab', outputs: '["1"]' })
  })

  it('notes that a job is handed over before the engine is asked', async () => {
    const seen: unknown[] = []
    const submit = engine.submit.bind(engine)
    engine.submit = async (job, members) => {
      seen.push((await rowOf(job.id)).state)
      return submit(job, members)
    }
    await send(ANNA)
    await atEngine(1)
    expect(seen).toEqual(['sent'])
  })

  it('case 21: keeps an id that nobody used, and never lets one replace somebody else’s', async () => {
    const wantedId = '12345678-1234-4234-8234-123456789abc'
    expect(await send(ANNA, { wantedId })).toBe(wantedId)
    const second = await send(BERT, { wantedId })
    expect(second).not.toBe(wantedId)
    await runAll()
    expect(await send(BERT, { wantedId })).not.toBe(wantedId)
    expect(await jobs.findHistory(BERT, wantedId)).toBeUndefined()
    expect(await jobs.findHistory(ANNA, wantedId)).toContain(wantedId)
  })

  it('takes no job back that it could not write', async () => {
    await fixture.database.kysely.schema.alterTable('jobs').renameTo('gone').execute()
    await expect(send(ANNA)).rejects.toThrow()
    expect(jobs.list()).toEqual([])
    await fixture.database.kysely.schema.alterTable('gone').renameTo('jobs').execute()
    expect(
      await runOne().then(
        () => 'ran',
        () => 'nothing',
      ),
    ).toBe('nothing')
  })
})

describe('places in the line', () => {
  /** One runs, one is at hand, and three wait. */
  async function fillLine(): Promise<string[]> {
    const ids: string[] = []
    for (const accountId of [ANNA, ANNA, BERT, ANNA, BERT]) ids.push(await send(accountId))
    await atEngine(2)
    engine.begin()
    return ids
  }
  const line = (): string[] => [...jobs.foresee().keys()]

  it('are taken from the job at hand, also when that was moved before everybody’s itself', async () => {
    await fillLine()
    for (const last of [3, 2, 3]) {
      const [atHand = '', , , moved = ''] = last === 3 ? line() : [line()[0], '', '', line()[2]]
      expect(await jobs.move(jobOf(moved), { before: atHand })).toBe(true)
      await until(() => engine.pending[0] === moved && engine.pending.length === 1, 'it is at hand now')
      expect(line().slice(0, 2)).toEqual([moved, atHand])
    }
  })

  it('stay as they were moved when the program starts again, and jobs run in that order', async () => {
    await fillLine()
    const [a = '', b = '', c = '', d = ''] = line()
    expect(await jobs.move(jobOf(d), { before: b })).toBe(true)
    expect(await jobs.move(jobOf(a), { after: c })).toBe(true)
    const wanted = [d, b, c, a]
    await until(() => line().join() === wanted.join(), 'the new order')
    await openAgain()
    const order = await runAll()
    expect(order.filter((id) => wanted.includes(id))).toEqual(wanted)
  })

  it('are as before when they could not be written', async () => {
    settings.set('jobs.paused', { untilMs: null })
    for (const accountId of [ANNA, BERT, ANNA]) await send(accountId)
    const before = line()
    const [first = '', , last = ''] = before
    await fixture.database.kysely.schema.alterTable('jobs').renameTo('gone').execute()
    await expect(jobs.move(jobOf(last), { before: first })).rejects.toThrow()
    expect(line()).toEqual(before)
    await fixture.database.kysely.schema.alterTable('gone').renameTo('jobs').execute()
  })

  it('of one’s own are changed before the own one at hand, and nobody else is passed by it', async () => {
    const ids = await fillLine()
    const own = (): string[] => line().filter((id) => jobOf(id).accountId === ANNA)
    const others = (): number[] => line().flatMap((id, place) => (jobOf(id).accountId === BERT ? [place] : []))
    const [atHand = '', last = ''] = own()
    const before = others()
    expect(ids).toContain(atHand)
    expect(await jobs.moveAmongOwn(jobOf(last), { before: atHand })).toBe(true)
    expect(own()).toEqual([last, atHand])
    for (const [index, place] of others().entries()) expect(place).toBeLessThanOrEqual(before[index] ?? -1)
  })

  it('are not given to a job that has begun, nor beside one', async () => {
    const [running = ''] = await fillLine()
    const [, other = ''] = line()
    expect(await jobs.move(jobOf(running), 'first')).toBe(false)
    expect(await jobs.move(jobOf(other), { before: running })).toBe(false)
    expect(state(other)).toBe('waiting')
  })
})

describe('secrets of a job', () => {
  const token = `comfyui-${'a'.repeat(40)}`
  const key = `gh_abcdefghij12_${'A'.repeat(86)}_01234567`
  const secret = () =>
    order(ANNA, {
      clientId: key,
      nodes: toObject({
        '1': { class_type: 'A', inputs: { text: `my key ${key}`, api_key: token, auth_token: 'brief' } },
      }),
      targets: [key],
      outputs: JSON.stringify([key]),
      extraData: toObject({ auth_token_comfy_org: 'short', api_key_comfy_org: token, extra_pnginfo: { a: key } }),
    })

  it('case 27: reach the engine and never the disk', async () => {
    const { id } = await jobs.accept(secret())
    await atEngine(1)
    const body = engine.bodies.get(id)
    expect(body?.get('prompt')).toContain(key)
    expect(body?.get('extra_data')).toContain('"auth_token_comfy_org":"short"')
    engine.begin()
    engine.emit(id, 'executed', { node: '1', output: { text: [`${key} ${token}`] } })
    engine.emit(id, 'execution_error', { exception_message: `no such key: ${key}` })
    engine.end('execution_error')
    await over(id)
    await fixture.store.settled()
    expect((await rowOf(id)).failure).toBe('no such key: ')
    for (const name of readdirSync(directory)) {
      if (!name.startsWith('jobs.db')) continue
      const bytes = readFileSync(join(directory, name)).toString('latin1')
      for (const text of [key, token, 'auth_token', '"short"', '"brief"']) expect(bytes).not.toContain(text)
    }
  })

  it('hold the job after a restart, with a reason, and it cannot be released to run without them', async () => {
    settings.set('jobs.paused', { untilMs: null })
    const { id } = await jobs.accept(secret())
    await openAgain()
    settings.set('jobs.paused', null)
    expect(jobOf(id).status).toMatchObject({ state: 'held', heldBecause: 'token' })
    expect(await jobs.release(jobOf(id))).toBe(false)
    const other = await send(ANNA)
    await atEngine(1)
    expect(engine.submitted).toEqual([other])
  })
})

describe('handing over', () => {
  it('gives the engine one to run and one to have at hand, and each person their turn', async () => {
    settings.set('jobs.paused', { untilMs: null })
    const ids = [await send(ANNA), await send(ANNA), await send(ANNA), await send(BERT), await send(BERT)]
    settings.set('jobs.paused', null)
    await atEngine(2)
    expect(engine.submitted).toHaveLength(2)
    const ran = await runAll()
    const names = ran.map((id) => (ids.indexOf(id) < 3 ? 'a' : 'b')).join('')
    // Bert's come between Anna's although hers were sent before his.
    expect(names).toBe('ababa')
    expect(ran.filter((id) => ids.indexOf(id) < 3)).toEqual(ids.slice(0, 3))
  })

  it('waits with two people when 150 jobs came before 50: at most a third of first come, first served', async () => {
    settings.set('jobs.limits', { ...defaultJobLimits, creator: { ...defaultJobLimits.creator, queued: null } })
    settings.set('jobs.paused', { untilMs: null })
    const greedy = new Set<string>()
    for (let sent = 0; sent < 150; sent += 1) greedy.add(await send(ANNA))
    const modest: string[] = []
    for (let sent = 0; sent < 50; sent += 1) modest.push(await send(BERT))
    settings.set('jobs.paused', null)
    const ran = await runAll()
    expect(ran).toHaveLength(200)
    expect(ran.filter((id) => !greedy.has(id))).toEqual(modest)
    expect(ran.filter((id) => greedy.has(id))).toEqual([...greedy])
    const median = ran.indexOf(modest[24] ?? '')
    expect(median).toBeLessThanOrEqual((150 + 24) / 3)
  }, 60_000)

  it('lets what goes first pass the one at hand', async () => {
    const [first, second] = [await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    const front = await send(BERT, { place: { front: true, number: undefined } })
    await until(() => engine.pending[0] === front, 'it is at hand')
    expect(state(second)).toBe('waiting')
    engine.end()
    await over(first)
    expect(await runOne()).toBe(front)
    expect(await runOne()).toBe(second)
  })

  it('tells a job that the engine refuses only now as ComfyUI tells of an error', async () => {
    engine.submitAnswer = { kind: 'refused', message: 'the model is gone' }
    const id = await send(ANNA)
    await over(id)
    expect(engine.told.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `${ANNA} execution_start`,
      `${ANNA} execution_error`,
      `${ANNA} executing`,
    ])
    const entry = JSON.parse((await jobs.findHistory(ANNA, id)) ?? '')
    expect(entry.status).toMatchObject({ status_str: 'error', completed: false })
    expect(entry.status.messages[1][1].exception_message).toBe('the model is gone')
    engine.submitAnswer = { kind: 'accepted' }
    expect(await send(ANNA).then(runOne)).toBeDefined()
  })

  it('keeps ComfyUI’s own entry with every digit, without whose it is and without the gate’s own client', async () => {
    const id = await send(ANNA)
    await runOne()
    const entry = (await jobs.findHistory(ANNA, id)) ?? ''
    expect(entry).toContain('"seed":18446744073709551615')
    expect(JSON.parse(entry).prompt).toEqual([0, id, expect.anything(), { client_id: 'tab' }, ['1']])
    expect(entry).not.toContain('gatehouse_user')
    expect(entry).not.toContain('collector')
  })
})

describe('an engine that goes away', () => {
  it('loses nothing that waited, and runs the running job once more', async () => {
    const [first, second, third] = [await send(ANNA), await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    await engine.die()
    expect([state(first), state(second), state(third)]).toEqual(['waiting', 'waiting', 'waiting'])
    await engine.start('boot-2')
    expect(await runAll()).toEqual([first, second, third])
    expect(engine.begun).toEqual([first, first, second, third])
  })

  it('is not tried a third time, and its owner’s other jobs wait until they are released', async () => {
    const [poison, other] = [await send(ANNA), await send(ANNA)]
    const bert = await send(BERT)
    for (const boot of ['boot-2', 'boot-3']) {
      await until(() => engine.pending.includes(poison), 'it is handed over')
      while (engine.running !== poison) {
        engine.begin()
        if (engine.running !== poison) await over(engine.end())
      }
      await engine.die()
      if (boot === 'boot-2') expect(state(poison)).toBe('waiting')
      await engine.start(boot)
    }
    expect(jobs.find(poison)).toBeUndefined()
    expect(await rowOf(poison)).toMatchObject({ state: 'failed', attempts: 2, in_history: 1 })
    expect(jobOf(other).status).toMatchObject({ state: 'held', heldBecause: 'suspect' })
    await runAll()
    expect(engine.begun).toContain(bert)
    expect(await jobs.release(jobOf(other))).toBe(true)
    expect(await runOne()).toBe(other)
    expect(engine.begun.filter((id) => id === poison)).toHaveLength(2)
  })

  it('is not tried even a second time when it was the job that hung it', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    await engine.die(true)
    expect(await rowOf(id)).toMatchObject({ state: 'failed' })
    await engine.start('boot-2')
    expect(engine.begun).toEqual([id])
  })

  it('never runs a job again whose end was seen', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    engine.emit(id, 'executed', { node: '9', output: { images: [{ filename: 'a.png' }] } })
    engine.emit(id, 'execution_success', {})
    await engine.die()
    await over(id)
    const entry = JSON.parse((await jobs.findHistory(ANNA, id)) ?? '')
    expect(entry.outputs).toEqual({ '9': { images: [{ filename: 'a.png' }] } })
    expect(entry.status).toMatchObject({ status_str: 'success', completed: true })
    await engine.start('boot-2')
    expect(engine.begun).toEqual([id])
  })

  it('takes what ended unheard from the history, and what was lost again to the engine', async () => {
    const [first, second] = [await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    engine.endUnheard()
    engine.pending = []
    await jobs.compare()
    expect(await rowOf(first)).toMatchObject({ state: 'succeeded' })
    expect(engine.told.at(-1)).toContain('executing')
    await until(() => engine.submitted.filter((id) => id === second).length === 2, 'the lost one is sent again')
  })

  it('gives a job up that it takes and loses again and again', async () => {
    const id = await send(ANNA)
    for (let times = 1; times <= 5; times += 1) {
      await until(() => engine.submitted.length === times && state(id) === 'sent', 'handed over')
      await jobs.compare().then(() => undefined)
      engine.pending = []
      await jobs.compare()
    }
    await over(id)
    expect(await rowOf(id)).toMatchObject({ state: 'failed', in_history: 1 })
  })
})

describe('a restart of the program', () => {
  it('just after the end of a job was seen keeps what the job gave', async () => {
    engine.readHistory = () => new Promise(() => undefined)
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    engine.emit(id, 'executed', { node: '9', output: { images: [{ filename: 'a.png' }] } })
    engine.emit(id, 'execution_success', {})
    await until(() => state(id) === 'ended', 'its end was seen')
    for (;;) if ((await rowOf(id)).result !== null) break
    await openAgain()
    expect(engine.submitted).toEqual([])
    const entry = JSON.parse((await jobs.findHistory(ANNA, id)) ?? '')
    expect(entry.outputs).toEqual({ '9': { images: [{ filename: 'a.png' }] } })
    expect(entry.prompt[2]).toEqual({ '1': { class_type: 'EmptyImage', inputs: {} } })
    expect(await rowOf(id)).toMatchObject({ state: 'succeeded', attempts: 0 })
  })

  it('case 53: runs what waited, repeats what ran once, and ends every job exactly once', async () => {
    const ids = [await send(ANNA), await send(BERT), await send(ANNA), await send(BERT)]
    await atEngine(2)
    const first = engine.begin()
    engine.end()
    await over(first)
    await until(() => engine.pending.length === 2, 'two at the engine')
    const running = engine.begin()
    await openAgain()
    const ran = await runAll()
    expect(ran).toContain(running)
    expect([first, ...ran].sort()).toEqual([...ids].sort())
    for (const id of ids) expect(await rowOf(id)).toMatchObject({ state: 'succeeded', in_history: 1 })
  })

  it('case 53: keeps everybody’s own history, and shows nobody another’s', async () => {
    const [anna, bert] = [await send(ANNA), await send(BERT)]
    await runAll()
    await openAgain()
    expect(await jobs.listHistory(ANNA, {})).toEqual([anna])
    expect(await jobs.listHistory(BERT, {})).toEqual([bert])
    expect(await jobs.findHistory(BERT, anna)).toBeUndefined()
    await jobs.forgetHistory(BERT, 'all')
    await jobs.forgetHistory(BERT, [anna])
    expect(await jobs.listHistory(ANNA, {})).toEqual([anna])
    expect(await jobs.listHistory(BERT, {})).toEqual([])
  })

  it('forgets the jobs of an account that was removed', async () => {
    await fixture.database.kysely
      .insertInto('accounts')
      .values({ id: ANNA, name: 'a', name_key: 'a', role: 'creator', disabled: 0, created_at_ms: 0 })
      .execute()
    const id = await send(ANNA)
    await runOne()
    await fixture.database.kysely.deleteFrom('accounts').where('id', '=', ANNA).execute()
    expect(await jobs.findHistory(ANNA, id)).toBeUndefined()
  })
})

describe('history pages', () => {
  it.each([
    [{}, [0, 1, 2, 3]],
    [{ maxItems: 2 }, [2, 3]],
    [{ maxItems: 2, offset: 0 }, [0, 1]],
    [{ maxItems: 2, offset: 1 }, [1, 2]],
    [{ offset: 3 }, [3]],
    [{ offset: -5 }, [0, 1, 2, 3]],
    [{ maxItems: 9, offset: 2 }, [2, 3]],
    [{ maxItems: 0 }, []],
    [{ maxItems: -1 }, []],
  ])('%j of four are these', async (page, expected) => {
    const ids = [await send(ANNA), await send(ANNA), await send(ANNA), await send(ANNA)]
    await send(BERT)
    await runAll()
    expect((await jobs.listHistory(ANNA, page)).map((id) => ids.indexOf(id))).toEqual(expected)
  })
})

describe('pause, hold, cancel and move', () => {
  it('pause after the running job: the one at hand comes back, and goes on where it was', async () => {
    const ids = [await send(ANNA), await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    settings.set('jobs.paused', { untilMs: null })
    await until(() => engine.pending.length === 0 && state(ids[1] ?? '') === 'waiting', 'it came back')
    engine.end()
    await over(ids[0] ?? '')
    expect(engine.pending).toEqual([])
    settings.set('jobs.paused', null)
    expect(await runAll()).toEqual([ids[1], ids[2]])
  })

  it('pause until a time, and go on by themselves', async () => {
    settings.set('jobs.paused', { untilMs: Date.now() + 50 })
    const id = await send(ANNA)
    expect(engine.submitted).toEqual([])
    expect(await runOne()).toBe(id)
  })

  it('count a job that begins just then as running', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.beginsBeforeWithdrawal = true
    expect(await jobs.hold(jobOf(id), 'person')).toBe(false)
    expect(state(id)).toBe('running')
    engine.end()
    await over(id)
  })

  it('cancel what waits, wherever it is, as if it had never been', async () => {
    const [running, atHand, waiting] = [await send(ANNA), await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    expect(await jobs.cancel(jobOf(atHand))).toBe(true)
    expect(await jobs.cancel(jobOf(waiting))).toBe(true)
    expect(await jobs.cancel(jobOf(running))).toBe(false)
    engine.end()
    await over(running)
    expect(engine.begun).toEqual([running])
    expect(await jobs.listHistory(ANNA, {})).toEqual([running])
    expect(await rowOf(atHand)).toMatchObject({ state: 'cancelled', prompt: '{}', result: null })
  })

  it('cancel a job while the engine does not answer, and it does not run when it does', async () => {
    const id = await send(ANNA)
    await atEngine(1)
    engine.boot = undefined
    expect(await jobs.cancel(jobOf(id))).toBe(true)
    await engine.start('boot-1')
    expect(engine.pending).toEqual([])
    expect(engine.begun).toEqual([])
  })

  it('hold one and release it; the others go on meanwhile', async () => {
    settings.set('jobs.paused', { untilMs: null })
    const [first, second] = [await send(ANNA), await send(ANNA)]
    expect(await jobs.hold(jobOf(first), 'owner')).toBe(true)
    settings.set('jobs.paused', null)
    expect(await runOne()).toBe(second)
    expect(await jobs.release(jobOf(first))).toBe(true)
    expect(await runOne()).toBe(first)
  })

  it('move one before everybody’s, and one behind one’s own', async () => {
    settings.set('jobs.paused', { untilMs: null })
    const ids = [await send(ANNA), await send(ANNA), await send(BERT)]
    const [first = '', second = '', bert = ''] = ids
    expect(await jobs.move(jobOf(first), 'last')).toBe(true)
    expect(await jobs.move(jobOf(bert), 'first')).toBe(true)
    expect([...jobs.foresee()].sort(([, a], [, b]) => a.position - b.position).map(([id]) => id)).toEqual([
      bert,
      second,
      first,
    ])
    settings.set('jobs.paused', null)
    expect(await runAll()).toEqual([bert, second, first])
  })
})

describe('rights', () => {
  const change = (accountId: string, right: { role: Role; mayRun: boolean } | undefined): void => {
    if (right === undefined) rights.delete(accountId)
    else rights.set(accountId, right)
    for (const listener of rightsListeners) listener()
  }

  it('that are lost stop what runs and hold what waits; that come back release it', async () => {
    const [running, atHand] = [await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    change(ANNA, { role: 'viewer', mayRun: false })
    await until(() => engine.interrupted.includes(running) && state(atHand) === 'held', 'stopped and held')
    engine.end('execution_interrupted')
    await over(running)
    change(ANNA, { role: 'creator', mayRun: true })
    expect(await runOne()).toBe(atHand)
  })

  it('are looked up again when a job is handed over, also when nobody told of the change', async () => {
    settings.set('jobs.paused', { untilMs: null })
    const id = await send(ANNA)
    rights.set(ANNA, { role: 'viewer', mayRun: false })
    settings.set('jobs.paused', null)
    await until(() => state(id) === 'held', 'held')
    expect(engine.submitted).toEqual([])
  })

  it('of an account that is gone leave nothing behind', async () => {
    const [running, atHand] = [await send(ANNA), await send(ANNA)]
    await atEngine(2)
    engine.begin()
    change(ANNA, undefined)
    await until(() => engine.interrupted.includes(running) && jobs.find(atHand) === undefined, 'gone')
    expect(engine.pending).toEqual([])
  })
})

describe('limits', () => {
  const limit = (more: Partial<(typeof defaultJobLimits)['creator']>): void =>
    settings.set('jobs.limits', { ...defaultJobLimits, creator: { ...defaultJobLimits.creator, ...more } })

  it('case 50: cannot be passed by sending many at the same time', async () => {
    limit({ queued: 3 })
    const sent = await Promise.allSettled(Array.from({ length: 20 }, () => jobs.accept(order(ANNA))))
    expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(jobs.list(ANNA)).toHaveLength(3)
    await expect(jobs.accept(order(BERT))).resolves.toBeDefined()
  })

  it('of a day count what is over, and not what was cancelled', async () => {
    limit({ jobsPerDay: 2 })
    await send(ANNA)
    await runOne()
    await jobs.forgetHistory(ANNA, 'all')
    const second = await send(ANNA)
    await expect(send(ANNA)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await jobs.cancel(jobOf(second))
    await expect(send(ANNA)).resolves.toBeDefined()
  })

  it('case 50: of time interrupt a job, and end an engine that does not stop it; it is not tried again', async () => {
    limit({ runSeconds: 1 })
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    await until(() => engine.interrupted.includes(id), 'it is interrupted')
    await until(() => engine.hungEnds === 1, 'the engine is ended')
    await engine.die()
    expect((await rowOf(id)).failure).toContain('It could not be stopped')
    await engine.start('boot-2')
    expect(engine.begun).toEqual([id])
  })

  it('of time say so in the history when the job did stop', async () => {
    limit({ runSeconds: 1 })
    const id = await send(ANNA)
    await atEngine(1)
    engine.begin()
    await until(() => engine.interrupted.includes(id), 'it is interrupted')
    engine.end('execution_interrupted')
    await over(id)
    expect((await rowOf(id)).failure).toContain('longer than the 1 seconds')
    expect(engine.hungEnds).toBe(0)
  })

  it('case 50: of memory stop what runs, and it says why, when the engine takes more memory than there is', async () => {
    const first = await send(ANNA)
    const second = await send(BERT)
    await atEngine(2)
    const freed: string[] = []
    const errands = { freeMemory: () => Promise.resolve(freed.push('free') > 0) }
    const blame = { pressed: () => new Set<Job>() }
    await relieveMemory(jobs, errands, blame)
    expect([engine.interrupted, freed]).toEqual([[], ['free']])
    engine.begin()
    await relieveMemory(jobs, errands, blame)
    expect([engine.interrupted, freed]).toEqual([[first], ['free']])
    engine.end('execution_interrupted')
    await over(first)
    expect((await rowOf(first)).failure).toContain('memory')
    expect(jobs.find(second)?.failure).toBeUndefined()
  })
})

describe('the waiting line', () => {
  it('says how many are before and how long that takes, learned from runs of the same shape', async () => {
    settings.set('jobs.paused', { untilMs: null })
    await fixture.database.kysely.deleteFrom('jobs').execute()
    const [first, second] = [await send(ANNA), await send(ANNA)]
    const bert = await send(BERT)
    for (const id of [first, second, bert]) jobOf(id).expectedSeconds = 30
    const places = jobs.foresee()
    expect(places.get(first)).toEqual({ position: 0, waitSeconds: 0 })
    expect(places.get(bert)).toEqual({ position: 1, waitSeconds: 30 })
    expect(places.get(second)).toEqual({ position: 2, waitSeconds: 60 })
  })
})
