import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultJobLimits } from '../../../proxy/contract/jobs.ts'
import { bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask } from '../../support/httpClient.ts'
import type { HttpAnswer } from '../../support/httpClient.ts'
import { TabClient, until } from '../../support/tabClient.ts'

const VALIDATE = 'POST /gatehouse/companion/validate'
const graph = { '1': { class_type: 'EmptyImage', inputs: { width: 8, height: 8 } } }

const anywhere = { listener: 'public', secure: false, clientAddress: '127.0.0.1' } as const

let fixture: GateFixture

beforeEach(async () => {
  fixture = await openGateFixture({ jobTimings: { compareMs: 60_000, stopGraceMs: 50 } })
})
afterEach(() => fixture.close())

const post = (path: string, body: unknown, token: string = tokens.creator): Promise<HttpAnswer> =>
  ask(fixture.port, path, { method: 'POST', headers: bearer(token), body: JSON.stringify(body) })
const get = async (path: string, token: string = tokens.creator): Promise<any> =>
  (await ask(fixture.port, path, { headers: bearer(token) })).json()
const submit = async (more: object = {}, token: string = tokens.creator): Promise<string> => {
  const answer = await post('/prompt', { prompt: graph, ...more }, token)
  expect(answer.status).toBe(200)
  return answer.json().prompt_id
}
const started = (line: string): number => fixture.upstream.started.filter((seen) => seen === line).length
const sentBodies = (): any[] =>
  fixture.upstream.seen.filter(({ url }) => url === '/prompt').map(({ body }) => JSON.parse(body.toString()))
const emit = async (type: string, data: object): Promise<void> => {
  const collector = await until(() => fixture.upstream.sockets.at(-1), 'the gate’s socket')
  collector.send(JSON.stringify({ type, data }))
}
const stateOf = (id: string): string | undefined => fixture.queue.jobs.find(id)?.status.state
const begin = async (id: string): Promise<void> => {
  await until(() => sentBodies().some((body) => body.prompt_id === id), 'it is handed over')
  await emit('execution_start', { prompt_id: id })
  await until(() => stateOf(id) === 'running', 'it runs')
}

describe('sending a prompt', () => {
  it('is validated as this person before it is accepted, and refused in the engine’s own words', async () => {
    const words = { error: { type: 'prompt_outputs_failed_validation', message: 'm' }, node_errors: { '1': {} } }
    fixture.upstream.on(VALIDATE, (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(words))
    })
    const answer = await post('/prompt', { prompt: graph, partial_execution_targets: ['1'], client_id: 'a' })
    expect([answer.status, answer.json()]).toEqual([400, words])
    const [asked] = fixture.upstream.seen.filter(({ url }) => url === '/gatehouse/companion/validate')
    expect(asked?.headers['x-gatehouse-user']).toBe('cleo000000000000')
    expect(JSON.parse(asked?.body.toString() ?? '')).toEqual({ prompt: graph, partial_execution_targets: ['1'] })
    expect(fixture.queue.jobs.list()).toEqual([])
    expect(sentBodies()).toEqual([])
  })

  it('tells a Creator no path and no traceback of this computer when a check fails, an administrator all', async () => {
    const errors = [
      {
        type: 'exception_during_validation',
        details: "'[Errno 2] /home/ada/ComfyUI/nodes/x.py'",
        extra_info: { traceback: ['File "/home/ada/ComfyUI/execution.py", line 1'], received_value: 0 },
      },
    ]
    const words = {
      error: { type: 'prompt_outputs_failed_validation', message: 'm' },
      node_errors: { '1': { errors } },
    }
    const text = JSON.stringify(words)
    fixture.upstream.on(VALIDATE, (_request, response) => response.writeHead(400).end(text))
    const [creators, administrators] = [
      await post('/prompt', { prompt: graph }),
      await post('/prompt', { prompt: graph }, tokens.admin),
    ]
    expect([creators.status, creators.text.includes('ada')]).toEqual([400, false])
    expect(creators.json().node_errors['1'].errors[0]).toMatchObject({
      type: 'exception_during_validation',
      extra_info: { traceback: [], received_value: 0 },
    })
    expect(administrators.json()).toEqual(JSON.parse(text))
  })

  it('answers with what the validation says of nodes that will not run', async () => {
    fixture.upstream.on(VALIDATE, (_request, response) => response.end('{"node_errors":{"7":{"errors":[]}}}'))
    const answer = await post('/prompt', { prompt: graph })
    expect(answer.json()).toEqual({ prompt_id: expect.any(String), number: 0, node_errors: { '7': { errors: [] } } })
  })

  it('is refused while the engine is down, and nothing is kept', async () => {
    fixture.engine.set(undefined)
    const answer = await post('/prompt', { prompt: graph })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(answer.json().error.type).toBe('engine_unavailable')
    expect(fixture.queue.jobs.list()).toEqual([])
  })

  it('is refused when the validation gets no answer, and nothing is kept', async () => {
    fixture.upstream.on(VALIDATE, (request) => request.socket.destroy())
    expect((await post('/prompt', { prompt: graph })).status).toBe(503)
    expect(fixture.queue.jobs.list()).toEqual([])
  })

  it('reaches the engine under the gate’s own client and as this person, and nothing else of the client’s', async () => {
    const id = await submit({ client_id: 'tab', front: true, number: -5, foo: 1 })
    await until(() => sentBodies().length === 1, 'it is handed over')
    const [body] = sentBodies()
    expect(Object.keys(body).sort()).toEqual(['client_id', 'extra_data', 'prompt', 'prompt_id'])
    expect(body).toMatchObject({ prompt: graph, prompt_id: id, client_id: expect.stringMatching(/^gatehouse-/) })
    const [seen] = fixture.upstream.seen.filter(({ url }) => url === '/prompt')
    expect(seen?.headers['x-gatehouse-user']).toBe('cleo000000000000')
  })

  it('is refused to a key that was revoked while it was being validated', async () => {
    fixture.upstream.on(VALIDATE, (_request, response) => {
      fixture.authenticator.revoke(tokens.creator)
      response.end('{"node_errors":{}}')
    })
    // Cut off or refused, whichever comes first.
    const status = await post('/prompt', { prompt: graph }).then(
      (answer) => answer.status,
      () => 401,
    )
    expect(status).toBe(401)
    expect(fixture.queue.jobs.list()).toEqual([])
  })

  it('gives no place in front to an administrator who was demoted while it was being validated', async () => {
    fixture.upstream.on(VALIDATE, (_request, response) => {
      const input = { presented: { kind: 'bearer', token: tokens.admin }, ...anywhere } as const
      void fixture.authenticator.authenticate(input).then((principal) => {
        fixture.authenticator.set(tokens.admin, { ...principal, role: 'creator' })
        response.end('{"node_errors":{}}')
      })
    })
    const answer = await post('/prompt', { prompt: graph, front: true }, tokens.admin)
    expect([answer.status, answer.json().error.type]).toEqual([403, 'not_allowed'])
    expect(fixture.queue.jobs.list()).toEqual([])
  })

  it('is refused with words and the time of the reset when the day is used up', async () => {
    const creator = { ...defaultJobLimits.creator, jobsPerDay: 1 }
    fixture.settings.set('jobs.limits', { ...defaultJobLimits, creator })
    await submit()
    const answer = await post('/prompt', { prompt: graph })
    expect(answer.status).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.json().error).toMatchObject({
      type: 'quota_exceeded',
      message: 'You have sent your 1 jobs of today',
      details: 'There are new ones at 00:00.',
    })
    expect((await post('/prompt', { prompt: graph }, tokens.creator2)).status).toBe(200)
  })

  it('is refused in ComfyUI’s shape when it is too large', async () => {
    const prompt = { '1': { class_type: 'A', inputs: { width: 16384, height: 16384, batch_size: 4096 } } }
    const answer = await post('/prompt', { prompt })
    expect([answer.status, answer.json().error.type]).toEqual([400, 'not_allowed'])
    expect(started(VALIDATE)).toBe(0)
  })
})

describe('own queue', () => {
  it('shows each person their own jobs and numbers, and nobody how many others there are', async () => {
    const [first, second] = [await submit({ client_id: 'tab' }), await submit()]
    const other = await submit({}, tokens.creator2)
    await begin(first)
    const mine = await get('/queue')
    expect(mine.queue_running).toEqual([[0, first, graph, { client_id: 'tab' }, []]])
    expect(mine.queue_pending.map((item: unknown[]) => item.slice(0, 2))).toEqual([[1, second]])
    const theirs = await get('/queue', tokens.creator2)
    expect(theirs).toEqual({ queue_running: [], queue_pending: [[0, other, graph, {}, []]] })
    expect(await get('/prompt', tokens.creator2)).toEqual({ exec_info: { queue_remaining: 1 } })
    // An administrator's page shows their own, too; everybody's stand in the owner's window.
    expect(await get('/queue', tokens.admin)).toEqual({ queue_running: [], queue_pending: [] })
  })

  it('case 16: is cleared without touching anybody else’s, in the gate and at the engine', async () => {
    const [running, mine] = [await submit(), await submit()]
    const theirs = await submit({}, tokens.creator2)
    await begin(running)
    expect((await post('/queue', { clear: true }, tokens.creator2)).status).toBe(200)
    expect((await post('/queue', { delete: [mine, running] }, tokens.creator2)).status).toBe(200)
    expect(stateOf(theirs)).toBeUndefined()
    expect([stateOf(running), stateOf(mine)]).toEqual(['running', 'sent'])
    const changes = fixture.upstream.seen.filter(({ url, method }) => url === '/queue' && method === 'POST')
    expect(changes.map(({ body }) => body.toString()).join()).not.toContain('clear')
  })

  it('case 18: is never interrupted by somebody else, with or without an id', async () => {
    const id = await submit()
    await begin(id)
    for (const body of [{}, { prompt_id: id }, 'nonsense']) {
      expect((await post('/interrupt', body, tokens.creator2)).status).toBe(200)
    }
    expect(started('POST /interrupt')).toBe(0)
    expect((await post('/interrupt', {})).status).toBe(200)
    const [interrupt] = fixture.upstream.seen.filter(({ url }) => url === '/interrupt')
    expect(JSON.parse(interrupt?.body.toString() ?? '')).toEqual({ prompt_id: id })
  })

  it('waits for the history of a job that has just ended', async () => {
    let answerHistory = (): void => undefined
    const id = await submit()
    const status = { status_str: 'success', completed: true, messages: [] }
    const entry = {
      prompt: [4, id, graph, { client_id: 'gatehouse-1', gatehouse_user: 'x' }, ['1']],
      outputs: {},
      status,
    }
    fixture.upstream.on(`GET /history/${id}`, (_request, response) => {
      answerHistory = () => response.end(JSON.stringify({ [id]: entry }))
    })
    await begin(id)
    await emit('execution_success', { prompt_id: id })
    await emit('executing', { prompt_id: id, node: null })
    await until(() => started(`GET /history/${id}`) === 1, 'the gate asks the engine')
    const asked = get(`/history/${id}`)
    answerHistory()
    expect(await asked).toEqual({ [id]: { ...entry, prompt: [0, id, graph, {}, ['1']] } })
    expect(await get('/history', tokens.creator2)).toEqual({})
    expect(await get(`/history/${id}`, tokens.creator2)).toEqual({})
  })

  it.each(['max_items=x', 'offset=1.5', 'max_items=1&max_items=2'])('is not asked for with %s', async (query) => {
    expect((await ask(fixture.port, `/history?${query}`, { headers: bearer(tokens.creator) })).status).toBe(400)
  })
})

describe('a tab', () => {
  it('is told of a job that the engine refuses only when it is handed over', async () => {
    fixture.upstream.on('POST /prompt', (_request, response) => {
      response.writeHead(400).end('{"error":{"message":"Prompt outputs failed validation","details":""}}')
    })
    const tab = await TabClient.open(fixture.port, '/ws?clientId=t', { headers: bearer(tokens.creator) })
    const other = await TabClient.open(fixture.port, '/ws?clientId=t', { headers: bearer(tokens.creator2) })
    const id = await submit({ client_id: 't' })
    const { data } = await tab.waitFor('execution_error')
    expect(data).toMatchObject({ prompt_id: id, exception_message: 'Prompt outputs failed validation' })
    await tab.waitFor('executing', ({ node }) => node === null)
    expect(tab.order.filter((type) => type !== 'status')).toEqual(['execution_start', 'execution_error', 'executing'])
    await other.settle()
    expect(other.order).toEqual(['status'])
    expect((await get(`/history/${id}`))[id].status).toMatchObject({ status_str: 'error', completed: false })
  })

  it('hears of the second run of a job whose engine went away', async () => {
    const tab = await TabClient.open(fixture.port, '/ws?clientId=t', { headers: bearer(tokens.creator) })
    const id = await submit({ client_id: 't' })
    await begin(id)
    await tab.waitFor('execution_start')
    const connection = fixture.engine.connection()
    fixture.engine.set(undefined)
    expect(await tab.closed()).toBe(1001)
    expect(stateOf(id)).toBe('waiting')
    if (connection !== undefined) fixture.engine.set({ ...connection, bootId: '2'.repeat(32) })
    await until(() => sentBodies().length === 2, 'it is handed over again')
    expect(sentBodies().map((body) => body.prompt_id)).toEqual([id, id])
    const again = await TabClient.open(fixture.port, '/ws?clientId=t', { headers: bearer(tokens.creator) })
    await emit('execution_start', { prompt_id: id })
    await again.waitFor('execution_start')
  })
})

describe('an engine that is asked for its proof again', () => {
  it('keeps its jobs: nothing is handed over twice', async () => {
    const id = await submit()
    await begin(id)
    const connection = fixture.engine.connection()
    const state = fixture.engine.state()
    fixture.engine.state = () => state
    fixture.engine.set(undefined)
    expect(stateOf(id)).toBe('running')
    const names = fixture.upstream.socketUrls.length
    fixture.upstream.on('GET /queue', (_request, response) => {
      response.end(JSON.stringify({ queue_running: [[0, id, {}, {}, []]], queue_pending: [] }))
    })
    fixture.engine.set(connection)
    await until(() => fixture.upstream.socketUrls.length > names, 'the gate listens again')
    // Under the same name: the engine sends the events of what runs to it.
    expect(new Set(fixture.upstream.socketUrls).size).toBe(1)
    await until(() => started('GET /queue') > 0, 'it is compared')
    expect(stateOf(id)).toBe('running')
    expect(sentBodies()).toHaveLength(1)
  })
})
