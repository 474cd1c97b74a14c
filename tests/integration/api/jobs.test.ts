import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import type { Account } from '../../../proxy/accounts/accountStore.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { JsonValue } from '../../../proxy/comfyui/losslessJson.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import { defaultJobLimits, jobSchema, jobUseSchema, queueStateSchema } from '../../../proxy/contract/jobs.ts'
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

const send = async ({ queue }: TestApplication, { id, role }: Account): Promise<string> => {
  const place = { front: false, number: undefined }
  const rest = { wantedId: undefined, clientId: undefined, extraData: new Map(), targets: undefined, outputs: '[]' }
  const node = new Map<string, JsonValue>([
    ['class_type', 'A'],
    ['inputs', new Map()],
  ])
  const nodes = new Map([['1', node]])
  return (await queue.jobs.accept({ ...rest, accountId: id, role, nodes, place })).id
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
    expect(queueStateSchema.parse(paused.json)).toEqual({ paused: true, pausedUntil: until, waiting: 1, running: 0 })
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
