import { describe, expect } from 'vitest'
import { judgedNodeSchema, modelFilesSchema, nodeListSchema } from '../../../proxy/contract/nodeAnswers.ts'
import type { EngineNode } from '../../../proxy/contract/nodes.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { makeNode } from '../../support/nodesFixture.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { AskOptions, TestApplication } from '../../support/ownApplicationFixture.ts'
import { until } from '../../support/tabClient.ts'

const shell = makeNode('RunShell', { pack: 'terminal', risks: ['startsPrograms'] })
const exact = ({ name, packPath, sourceHash }: EngineNode) => ({ name, packPath, sourceHash })

/** A start of the engine with these classes besides. */
function start({ facts, nodes }: TestApplication, ...more: EngineNode[]): void {
  facts.boot = String((Number(facts.boot?.[0] ?? '0') + 1) % 10).repeat(32)
  facts.nodes = [...facts.nodes.filter(({ name }) => !more.some((node) => node.name === name)), ...more]
  nodes.followEngine()
}

async function verdictOf(application: TestApplication, owner: AskOptions, name: string, role = 'creator') {
  const answer = await application.ask('GET', `${api}/nodes?role=${role}&search=${name}`, owner)
  return nodeListSchema.parse(answer.json).items.find((node) => node.name === name)
}

describe('nodes', () => {
  it.for([
    ['GET', 'nodes?role=creator', undefined],
    ['GET', 'models', undefined],
    ['GET', 'engine-routes', undefined],
    ['POST', 'nodes/seen', {}],
    ['POST', 'nodes/allow', { role: 'creator', nodes: [exact(shell)] }],
    ['POST', 'nodes/forbid', { role: 'creator', nodes: ['KSampler'] }],
  ] as const)('%s %s is for administrators only', async ([method, path, body], { stores, application }) => {
    await addPerson(stores, 'Mia')
    const admin = await addPerson(stores, 'Ada', 'administrator')
    const narrow = await makeKey(stores, admin, ['run', 'read', 'keys'])
    const send = (who: AskOptions) => application.ask(method, `${api}/${path}`, { ...who, body })
    expect((await send({})).status).toBe(401)
    expect((await send({ session: await signIn(stores, 'Mia') })).status).toBe(403)
    expect((await send({ key: narrow })).status).toBe(403)
    expect((await stores.roles.get('creator')).nodes).toMatchObject({ allowed: [], denied: [] })
  })

  it('are listed as a role meets them, by search and verdict', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    start(application, shell)
    const list = async (query: string) =>
      nodeListSchema.parse((await application.ask('GET', `${api}/nodes?${query}`, owner)).json)
    expect((await list('role=creator')).items.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['KSampler', 'allowed'],
      ['SaveImage', 'allowed'],
      ['RunShell', 'risky'],
    ])
    expect((await list('role=administrator')).items.every(({ verdict }) => verdict === 'allowed')).toBe(true)
    expect((await list('role=creator&search=TERMINAL')).items.map(({ name }) => name)).toEqual(['RunShell'])
    expect((await list('role=creator&verdict=allowed')).items).toHaveLength(2)
    expect((await application.ask('GET', `${api}/nodes?role=nobody`, owner)).status).toBe(404)
    expect((await application.ask('GET', `${api}/nodes?role=creator&verdict=nice`, owner)).status).toBe(422)
  })

  it('nothing is known while the engine has not said it', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    application.facts.status = 404
    start(application)
    const answer = await application.ask('GET', `${api}/nodes?role=creator`, owner)
    expect(answer.json).toMatchObject({
      known: false,
      items: [],
      problem: expect.stringContaining('Restart') as string,
    })
    expect((await application.ask('GET', `${api}/models`, owner)).json.code).toBe('ENGINE_UNAVAILABLE')
    expect((await application.ask('GET', `${api}/engine-routes`, owner)).json).toEqual({ known: false, items: [] })
  })

  it('a risky class is allowed exactly, for that role alone, and taken back', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    start(application, shell)
    const allow = { ...owner, body: { role: 'creator', nodes: [exact(shell)] } }
    expect((await application.ask('POST', `${api}/nodes/allow`, allow)).status).toBe(204)
    expect(await verdictOf(application, owner, 'RunShell')).toMatchObject({ verdict: 'allowed', allowedByOwner: true })
    expect(await verdictOf(application, owner, 'RunShell', 'user')).toMatchObject({ verdict: 'risky' })
    const forbid = { ...owner, body: { role: 'creator', nodes: ['RunShell', 'KSampler'] } }
    expect((await application.ask('POST', `${api}/nodes/forbid`, forbid)).status).toBe(204)
    expect(await verdictOf(application, owner, 'RunShell')).toMatchObject({ verdict: 'risky', allowedByOwner: false })
    expect(await verdictOf(application, owner, 'KSampler')).toMatchObject({ verdict: 'denied' })
    await stores.audit.flush()
    const written = stores.database.kysely.selectFrom('audit').select('event').where('event', '=', 'role.changed')
    expect(await written.execute()).toHaveLength(2)
  })

  it.for([
    ['another pack', { packPath: '/elsewhere' }],
    ['another version', { sourceHash: '9'.repeat(64) }],
    ['a class that is not there', { name: 'Nothing' }],
    ['no hash', { sourceHash: '' }],
  ] as const)('allowance taken over: %s than is there is refused', async ([, change], { stores, application }) => {
    const owner = await openOwner(stores)
    start(application, shell, makeNode('Compiled', { sourceHash: '', risks: ['unknownSource'] }))
    const body = { role: 'creator', nodes: [{ ...exact(shell), ...change }] }
    expect((await application.ask('POST', `${api}/nodes/allow`, { ...owner, body })).status).toBe(422)
    const unreadable = { ...body, nodes: [exact(makeNode('Compiled', { sourceHash: '' }))] }
    expect((await application.ask('POST', `${api}/nodes/allow`, { ...owner, body: unreadable })).status).toBe(422)
    expect((await stores.roles.get('creator')).nodes.allowed).toEqual([])
  })

  it.for(['allow', 'forbid'])(
    '%s changes nothing for administrators, or for no role',
    async (what, { stores, application }) => {
      start(application)
      const owner = await openOwner(stores)
      const nodes = what === 'allow' ? [exact(makeNode('KSampler'))] : ['KSampler']
      const send = (role: string) =>
        application.ask('POST', `${api}/nodes/${what}`, { ...owner, body: { role, nodes } })
      expect([(await send('administrator')).status, (await send('nobody')).status]).toEqual([422, 404])
    },
  )

  it('are new until they were looked at exactly so, and pages hear of it', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    start(application)
    await verdictOf(application, owner, 'KSampler')
    const events = await application.openEvents(owner)
    const sharpen = makeNode('Sharpen', { pack: 'filters' })
    application.facts.routes.push({ method: 'POST', path: '/filters/run', pack: 'filters' })
    start(application, sharpen)
    await until(() => events.events.some(({ resource }) => resource === 'nodes'), 'the page hears of new classes')
    expect(await verdictOf(application, owner, 'Sharpen')).toMatchObject({ verdict: 'new', unseen: 'new' })
    const seen = (nodes: object[], routes: object[] = []) =>
      application.ask('POST', `${api}/nodes/seen`, { ...owner, body: { nodes, routes } })
    expect((await seen([{ ...exact(sharpen), sourceHash: '7'.repeat(64) }])).status).toBe(204)
    expect(await verdictOf(application, owner, 'Sharpen')).toMatchObject({ verdict: 'new' })
    expect((await seen([exact(sharpen)], [{ method: 'POST', path: '/filters/run' }])).status).toBe(204)
    expect(await verdictOf(application, owner, 'Sharpen')).toMatchObject({ verdict: 'allowed', unseen: null })
    const routes = (await application.ask('GET', `${api}/engine-routes`, owner)).json
    expect(routes.items.some(({ isNew }: { isNew: boolean }) => isNew)).toBe(false)
    events.close()
  })

  it('every class has the members of the contract and no more', async ({ stores, application }) => {
    start(application)
    const found = await verdictOf(application, await openOwner(stores), 'KSampler')
    expect(Object.keys(found ?? {}).sort()).toEqual(Object.keys(judgedNodeSchema.shape).sort())
  })
})

describe('models', () => {
  it('are every file that the engine lists, asked as whoever asks', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { facts } = application
    const answers: Record<string, unknown> = {
      '/models': ['checkpoints', 'loras', 'custom_nodes', 'configs'],
      '/models/checkpoints': ['sub\\a.safetensors', 'b.ckpt'],
      '/models/loras': [],
    }
    facts.askFor = (accountId, path) => {
      expect(accountId).toBe(owner.accountId)
      return Promise.resolve({ status: 200, body: Buffer.from(JSON.stringify(answers[path])) })
    }
    const { items } = modelFilesSchema.parse((await application.ask('GET', `${api}/models`, owner)).json)
    expect(items).toEqual([
      { folder: 'checkpoints', names: ['sub/a.safetensors', 'b.ckpt'] },
      { folder: 'loras', names: [] },
    ])
  })
})
