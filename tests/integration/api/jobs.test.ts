import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import type { Account } from '../../../proxy/accounts/account.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { JsonValue } from '../../../proxy/comfyui/losslessJson.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import {
  defaultJobLimits,
  holdReasons,
  holdWords,
  jobSchema,
  jobUseSchema,
  queueStateSchema,
  releasableBy,
} from '../../../proxy/contract/jobs.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { TestApplication } from '../../support/ownApplicationFixture.ts'
import { until } from '../../support/tabClient.ts'

const api = '/gatehouse/api/v1'

const addPerson = (stores: Stores, name: string, role: Role = 'creator'): Promise<Account> =>
  stores.accounts.create({ name, role }, commandLine)

const makeKey = async (stores: Stores, account: Account, scopes: readonly Scope[] = ['run', 'read']): Promise<string> =>
  (await stores.keys.create({ accountId: account.id, name: 'tool', scopes, expiresAtMs: null }, commandLine)).text

async function openOwner(stores: Stores) {
  const { token, accountId } = await stores.ownerSessions.openOwnerSession('Anna')
  return { listener: 'owner' as const, session: token, accountId }
}

const send = async ({ queue }: TestApplication, { id }: Account): Promise<string> => {
  const place = { front: false, number: undefined }
  const rest = { wantedId: undefined, clientId: undefined, extraData: new Map(), targets: undefined, outputs: '[]' }
  const node = new Map<string, JsonValue>([
    ['class_type', 'A'],
    ['inputs', new Map()],
  ])
  const nodes = new Map([['1', node]])
  return (await queue.jobs.accept({ ...rest, accountId: id, role: 'creator', nodes, place })).id
}

/** As if it had run and stood in the history. */
async function end({ queue }: TestApplication, id: string, endedAtMs: number, more: object = {}): Promise<void> {
  const summary = JSON.stringify({ id, outputs_count: 3 })
  const change = { state: 'succeeded', ended_at_ms: endedAtMs, run_ms: 2500, summary, in_history: 1, ...more }
  await queue.database.kysely.updateTable('jobs').set(change).where('id', '=', id).execute()
}

describe('jobs', () => {
  it('are one’s own for a person, and everybody’s for the owner', async ({ stores, application, clock }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const ofMia = await send(application, mia)
    clock.advance(1)
    const ofBen = await send(application, ben)
    const list = async (who: object): Promise<unknown[]> =>
      (await application.ask('GET', `${api}/jobs`, who)).json.items.map((job: unknown) => jobSchema.parse(job))

    expect(await list({ key: await makeKey(stores, mia) })).toMatchObject([
      { id: ofMia, user: { id: mia.id, name: 'Mia' }, state: 'waiting', position: 0, nodes: 1 },
    ])
    expect(await list({ key: await makeKey(stores, ben, ['read']) })).toMatchObject([{ id: ofBen, position: 1 }])
    expect(await list(await openOwner(stores))).toMatchObject([{ id: ofMia }, { id: ofBen }])
  })

  it('of somebody else look as if they were not there', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const id = await send(application, mia)
    const key = await makeKey(stores, ben)
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { held: true }],
    ] as const) {
      const answer = await application.ask(method, `${api}/jobs/${id}`, { key, body })
      const unknown = await application.ask(method, `${api}/jobs/00000000-0000-4000-8000-000000000000`, { key, body })
      expect([answer.status, answer.json]).toEqual([404, unknown.json])
    }
    expect(application.queue.jobs.find(id)?.status.state).toBe('waiting')
  })

  it('are held, released and cancelled by their person', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia)
    const id = await send(application, mia)
    const path = `${api}/jobs/${id}`

    const held = await application.ask('PATCH', path, { key, body: { held: true } })
    expect(jobSchema.parse(held.json)).toMatchObject({ state: 'held', heldBecause: 'person', position: null })
    const released = await application.ask('PATCH', path, { key, body: { held: false } })
    expect(released.json).toMatchObject({ state: 'waiting', heldBecause: null, reason: null })
    expect((await application.ask('DELETE', path, { key })).status).toBe(204)
    expect(application.queue.jobs.list()).toEqual([])
    expect((await application.ask('DELETE', path, { key })).status).toBe(404)
  })

  it('that the owner holds are the owner’s to release', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const id = await send(application, mia)
    const owner = await openOwner(stores)
    const change = async (who: object, held: boolean) =>
      application.ask('PATCH', `${api}/jobs/${id}`, { ...who, body: { held } })

    expect((await change(owner, true)).json).toMatchObject({ state: 'held', heldBecause: 'owner' })
    expect((await change({ key: await makeKey(stores, mia) }, false)).status).toBe(403)
    expect(application.queue.jobs.find(id)?.status.state).toBe('held')
    expect((await change(owner, false)).json).toMatchObject({ state: 'waiting' })
  })

  it('on hold are released by whom the table names, and by nobody else', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const people = { person: { key: await makeKey(stores, mia) }, administrator: await openOwner(stores) }
    const id = await send(application, mia)
    for (const reason of holdReasons) {
      for (const [who, credential] of Object.entries(people)) {
        const job = application.queue.jobs.find(id)!
        job.status = { ...job.status, state: 'held', heldBecause: reason }
        const answer = await application.ask('PATCH', `${api}/jobs/${id}`, { ...credential, body: { held: false } })
        const may = releasableBy[reason] === 'person' || releasableBy[reason] === who
        expect([reason, who, answer.status, answer.json.detail]).toEqual(
          may ? [reason, who, 200, undefined] : [reason, who, 403, holdWords[reason]],
        )
        expect(job.status.state).toBe(may ? 'waiting' : 'held')
      }
    }
  })

  it('are moved by the owner only', async ({ stores, application, clock }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    await send(application, mia)
    clock.advance(1)
    const ofBen = await send(application, ben)
    const path = `${api}/jobs/${ofBen}`
    const key = await makeKey(stores, ben)
    expect((await application.ask('PATCH', path, { key, body: { place: 'first' } })).status).toBe(403)
    expect(application.queue.jobs.foresee().get(ofBen)?.position).toBe(1)

    const moved = await application.ask('PATCH', path, { ...(await openOwner(stores)), body: { place: 'first' } })
    expect(moved.json).toMatchObject({ id: ofBen, position: 0 })
  })

  it('are moved before another job of the line, and everything before that stays', async ({
    stores,
    application,
    clock,
  }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const ids: string[] = []
    for (const person of [mia, mia, ben, mia]) {
      ids.push(await send(application, person))
      clock.advance(1)
    }
    const owner = await openOwner(stores)
    const line = async (): Promise<string[]> =>
      (await application.ask('GET', `${api}/jobs?state=waiting`, owner)).json.items.map((job: any) => job.id)
    const [first, second, ofBen, last] = ids
    expect(await line()).toEqual([first, ofBen, second, last])

    const moved = await application.ask('PATCH', `${api}/jobs/${last}`, {
      ...owner,
      body: { place: { before: second } },
    })
    expect(moved.json).toMatchObject({ id: last, position: 2 })
    expect(await line()).toEqual([first, ofBen, last, second])
    // Pinned: whoever comes now comes behind them.
    await send(application, await addPerson(stores, 'Zoe'))
    expect((await line()).slice(0, 3)).toEqual([first, ofBen, last])

    const rows = await application.queue.database.kysely.selectFrom('jobs').select(['id', 'number']).execute()
    expect(rows.find(({ id }) => id === second)?.number).toBe(1)
    const nowhere = '00000000-0000-4000-8000-000000000000'
    const refused = await application.ask('PATCH', `${api}/jobs/${first}`, {
      ...owner,
      body: { place: { before: nowhere } },
    })
    expect(refused.status).toBe(404)
    expect((await line()).slice(0, 3)).toEqual([first, ofBen, last])
  })

  it('are put in order by their person among their own only (passing others by one’s own order)', async ({
    stores,
    application,
    clock,
  }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const ids: string[] = []
    for (const person of [ben, mia, mia, ben]) {
      ids.push(await send(application, person))
      clock.advance(1)
    }
    const [ofBen, first, second] = ids
    const [ofMia, keyOfBen] = [await makeKey(stores, mia), await makeKey(stores, ben)]
    const change = (key: string, id: string | undefined, body: unknown) =>
      application.ask('PATCH', `${api}/jobs/${id ?? ''}`, { key, body })
    const places = (): unknown => [...application.queue.jobs.foresee()].map(([id, { position }]) => [position, id])
    const before = places()

    // In everybody's line, before another's job, another's job, and without the scope to run.
    expect((await change(ofMia, second, { place: { before: ofBen } })).status).toBe(403)
    expect((await change(ofMia, second, { ownPlace: { before: ofBen } })).status).toBe(404)
    expect((await change(keyOfBen, second, { ownPlace: 'first' })).status).toBe(404)
    expect((await change(await makeKey(stores, mia, ['read']), second, { ownPlace: 'first' })).status).toBe(403)
    expect((await change(ofMia, second, { ownPlace: { before: ofBen, place: 'first' } })).status).toBe(422)
    expect(places()).toEqual(before)

    // To where it is already, over and over: that fills no log.
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await change(ofMia, second, { ownPlace: { before: first } })).json).toMatchObject({ position: 1 })
    }
    await stores.audit.flush()
    const rows = await stores.database.kysely.selectFrom('audit').select('event').execute()
    expect(rows.filter(({ event }) => event === 'job.moved')).toHaveLength(1)
    const order = [...application.queue.jobs.foresee().keys()]
    expect(order.indexOf(second ?? '')).toBeLessThan(order.indexOf(first ?? ''))
    expect(order.indexOf(ofBen ?? '')).toBe(0)
  })

  it('say how far they are while they run, to their person and the owner only (watching others work)', async ({
    stores,
    application,
  }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const keyOfBen = await makeKey(stores, ben, ['run', 'read', 'keys'])
    const ofMia = await application.openEvents({ key: await makeKey(stores, mia, ['run', 'read', 'keys']) })
    const ofBen = await application.openEvents({ key: keyOfBen })
    const { jobs } = application.queue
    const id = await send(application, mia)
    const tell = (type: string, data: object): void => {
      const { node } = { node: '1', ...data }
      jobs.onEvent(id, type, node, Buffer.from(JSON.stringify({ type, data: { prompt_id: id, node, ...data } })))
    }
    tell('execution_start', {})
    tell('executing', {})
    tell('progress', { value: 5, max: 20 })

    const progress = { done: 0, of: 1, step: { value: 5, max: 20 }, fraction: 0.25 }
    for (const who of [{ key: await makeKey(stores, mia) }, await openOwner(stores)]) {
      const { json } = await application.ask('GET', `${api}/jobs?state=running`, who)
      expect(json.items).toMatchObject([{ id, state: 'running', progress }])
    }
    expect((await application.ask('GET', `${api}/jobs?state=running`, { key: keyOfBen })).json.items).toEqual([])
    await until(() => ofMia.events.some((event: any) => event.resource === 'progress'), 'she hears of it')
    expect(ofBen.events).toEqual([])
    for (const stream of [ofMia, ofBen]) stream.close()
  })

  it('that ended are shown newest first, page by page, to their person and to the owner', async ({
    stores,
    application,
    clock,
  }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const ended: string[] = []
    for (const person of [mia, ben, mia, mia]) {
      const id = await send(application, person)
      clock.advance(1000)
      await end(application, id, clock.nowMs())
      ended.unshift(id)
    }
    const [newest, next, ofBen, oldest] = ended
    const list = async (who: object, query = '') =>
      (await application.ask('GET', `${api}/jobs?state=ended${query}`, who)).json
    const key = await makeKey(stores, mia)

    const own = await list({ key })
    expect(own.items.map((job: unknown) => jobSchema.parse(job).id)).toEqual([newest, next, oldest])
    expect(own.items[0]).toMatchObject({
      state: 'succeeded',
      runSeconds: 2.5,
      files: 3,
      reason: null,
      user: { name: 'Mia' },
    })
    const first = await list({ key }, '&limit=2')
    expect(first.items).toHaveLength(2)
    expect((await list({ key }, `&limit=2&cursor=${String(first.nextCursor)}`)).items).toMatchObject([{ id: oldest }])
    expect((await list(await openOwner(stores))).items.map((job: any) => job.id)).toEqual(ended)
    expect((await list({ key: await makeKey(stores, ben) })).items).toMatchObject([{ id: ofBen }])
  })

  it('of somebody else are not reached by a cursor (another’s history)', async ({ stores, application, clock }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const id = await send(application, mia)
    await end(application, id, clock.nowMs())
    const key = await makeKey(stores, ben)
    const cursor = `e${(clock.nowMs() + 1).toString(36)}.${id}`
    expect((await application.ask('GET', `${api}/jobs?state=ended&cursor=${cursor}`, { key })).json.items).toEqual([])
    for (const wrong of ['c1', 'e1', `e1.${"'".repeat(36)}`, 'x'.repeat(65)]) {
      const answer = await application.ask('GET', `${api}/jobs?state=ended&cursor=${encodeURIComponent(wrong)}`, {
        key,
      })
      expect(answer.status).toBe(422)
    }
  })

  it('that their person cleared from the history are gone for the owner, too', async ({
    stores,
    application,
    clock,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    await end(application, await send(application, mia), clock.nowMs())
    await application.queue.jobs.forgetHistory(mia.id, 'all')
    for (const who of [await openOwner(stores), { key: await makeKey(stores, mia) }]) {
      expect((await application.ask('GET', `${api}/jobs?state=ended`, who)).json.items).toEqual([])
    }
  })

  it('tell people no path of this computer, whether they run or have ended (where things lie)', async ({
    stores,
    application,
    clock,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const [failed, cut, running] = [
      await send(application, mia),
      await send(application, mia),
      await send(application, mia),
    ]
    const words = "[Errno 2] No such file: '/home/anna meyer/ComfyUI/models/x.png'"
    await end(application, failed, clock.nowMs(), { state: 'failed', failure: words })
    const long = `${'x'.repeat(480)} "/home/anna meyer/m`.padEnd(500, 'y')
    await end(application, cut, clock.nowMs(), { state: 'failed', failure: long })
    const job = application.queue.jobs.find(running)
    if (job !== undefined) job.failure = words
    const ask = async (who: object): Promise<string> => {
      const [now, ended] = [
        await application.ask('GET', `${api}/jobs`, who),
        await application.ask('GET', `${api}/jobs?state=ended`, who),
      ]
      expect([now.status, ended.status]).toEqual([200, 200])
      return now.text + ended.text
    }
    const shown = await ask({ key: await makeKey(stores, mia) })
    expect(shown).toContain('…/x.png')
    expect(shown).not.toMatch(/anna|home|ComfyUI\/models/)
    expect(await ask(await openOwner(stores))).toContain('/home/anna meyer/ComfyUI/models/x.png')
  })

  it('are counted for their person, beside what may be used', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    await send(application, mia)
    const use = async (key: string) =>
      jobUseSchema.parse((await application.ask('GET', `${api}/jobs/use`, { key })).json)
    expect(await use(await makeKey(stores, mia))).toMatchObject({
      limits: defaultJobLimits.creator,
      queued: 1,
      jobsToday: 1,
      gpuMinutesToday: 0,
    })
    expect(await use(await makeKey(stores, ben))).toMatchObject({ queued: 0, jobsToday: 0 })
  })

  it('need the scope for it', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const id = await send(application, mia)
    const [reader, keeper] = [await makeKey(stores, mia, ['read']), await makeKey(stores, mia, ['keys'])]
    expect((await application.ask('DELETE', `${api}/jobs/${id}`, { key: reader })).status).toBe(403)
    expect((await application.ask('GET', `${api}/jobs`, { key: keeper })).status).toBe(403)
    expect((await application.ask('GET', `${api}/jobs`)).status).toBe(401)
    expect(application.queue.jobs.list()).toHaveLength(1)
  })
})

describe('the queue', () => {
  it('is paused and resumed by the owner, and it is written down who did', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const path = `${api}/jobs/queue`
    await send(application, mia)

    const refused = await application.ask('PUT', path, { key: await makeKey(stores, mia), body: { paused: true } })
    expect(refused.status).toBe(403)
    expect(application.queue.jobs.isPaused()).toBe(false)

    const until = '2999-01-01T00:00:00.000Z'
    const paused = await application.ask('PUT', path, { ...owner, body: { paused: true, until } })
    expect(queueStateSchema.parse(paused.json)).toMatchObject({
      paused: true,
      pausedUntil: until,
      waiting: 1,
      running: 0,
    })
    expect(application.queue.jobs.isPaused()).toBe(true)
    const resumed = await application.ask('PUT', path, { ...owner, body: { paused: false } })
    expect(resumed.json).toMatchObject({ paused: false, pausedUntil: null })

    await stores.audit.flush()
    const rows = await stores.database.kysely.selectFrom('audit').select(['event', 'actor_id']).execute()
    expect(rows.filter(({ event }) => event.startsWith('jobs.'))).toEqual([
      { event: 'jobs.paused', actor_id: owner.accountId },
      { event: 'jobs.resumed', actor_id: owner.accountId },
    ])
  })

  it('tells people whether it is paused, and only their own counts (how busy others are)', async ({
    stores,
    application,
  }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    await send(application, mia)
    const read = async (who: object) =>
      queueStateSchema.parse((await application.ask('GET', `${api}/jobs/queue`, who)).json)
    expect(await read({ key: await makeKey(stores, ben) })).toMatchObject({ paused: false, waiting: 0, ready: false })
    expect(await read({ key: await makeKey(stores, mia) })).toMatchObject({ waiting: 1, held: 0, running: 0 })
    expect(await read(await openOwner(stores))).toMatchObject({ waiting: 1 })
    expect((await application.ask('GET', `${api}/jobs/queue`)).status).toBe(401)
  })

  it('tells everybody that it was paused, and a person that their place changed, but not of a job behind theirs', async ({
    stores,
    application,
    clock,
  }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const ofMia = await application.openEvents({ key: await makeKey(stores, mia, ['run', 'read', 'keys']) })
    const ofBen = await application.openEvents({ key: await makeKey(stores, ben, ['run', 'read', 'keys']) })
    const count = ({ events }: typeof ofMia): number => events.filter((event: any) => event.resource === 'jobs').length
    const first = await send(application, mia)
    clock.advance(1)
    await send(application, ben)
    await until(() => count(ofMia) === 1 && count(ofBen) === 1, 'each hears of their own')
    const owner = await openOwner(stores)

    await application.ask('DELETE', `${api}/jobs/${first}`, owner)
    await until(() => count(ofBen) === 2 && count(ofMia) === 2, 'Ben has moved up')
    clock.advance(1)
    await send(application, mia)
    await until(() => count(ofMia) === 3, 'hers is behind his')
    await application.ask('PUT', `${api}/jobs/queue`, { ...owner, body: { paused: true } })
    await until(() => count(ofBen) === 3 && count(ofMia) === 4, 'both hear of the pause, and Ben of nothing else')
    for (const stream of [ofMia, ofBen]) stream.close()
  })

  it('tells nobody of another’s jobs, and the owner of all', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const [ofMia, ofBen, ofOwner] = await Promise.all([
      application.openEvents({ key: await makeKey(stores, mia, ['run', 'read', 'keys']) }),
      application.openEvents({ key: await makeKey(stores, ben, ['run', 'read', 'keys']) }),
      application.openEvents(await openOwner(stores)),
    ])
    const jobEvents = (stream: typeof ofMia): number =>
      stream.events.filter((event: any) => event.type === 'changed' && event.resource === 'jobs').length
    await send(application, ben)
    await until(() => jobEvents(ofBen) === 1 && jobEvents(ofOwner) === 1, 'both hear of it')
    await send(application, mia)
    await until(() => jobEvents(ofMia) === 1, 'she hears of her own')
    expect(jobEvents(ofMia)).toBe(1)
    expect(jobEvents(ofBen)).toBe(1)
    for (const stream of [ofMia, ofBen, ofOwner]) stream.close()
  })
})
