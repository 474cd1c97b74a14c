import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../support/desktopCli.ts'
import { ask } from '../support/httpClient.ts'
import { serveGatehouse } from '../support/servedGatehouse.ts'
import type { ServedGatehouse } from '../support/servedGatehouse.ts'

/*
 * People who run what was made ready: the whole product with the practice engine, or with ComfyUI
 * (GATEHOUSE_TEST_ENGINE=comfyui). Two nodes that both have; the colour may be changed, nothing else.
 */

const graph = (color = '255', more = ''): string =>
  `{"1":{"class_type":"EmptyImage","inputs":{"width":32,"height":32,"batch_size":1,"color":${color}}},` +
  `"2":{"class_type":"SaveImage","inputs":{"images":["1",0],"filename_prefix":"ready"}}${more}}`

const color = { key: '1.color', label: 'Colour', kind: 'integer', min: 0, max: 0xffffff, step: 1, default: 255 }
const api = '/gatehouse/api/v1'

type Headers = Record<string, string>
type Who = 'anna' | 'uma' | 'gus' | 'vera' | 'key'

let served: ServedGatehouse
let port: number
let workflowId: string
const headers = new Map<Who, Headers>()

async function send(who: Who, method: string, path: string, body?: string) {
  const type: Headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await ask(port, path, {
    method,
    headers: { ...headers.get(who), ...type },
    ...(body === undefined ? {} : { body }),
  })
  return { status: answer.status, json: answer.text === '' ? undefined : parse(answer.text), body: answer.body }
}

function parse(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const bearer = (key: string): Headers => ({ authorization: `Bearer ${key.trim()}` })

async function publish(name: string, grants: object): Promise<string> {
  const rest = JSON.stringify({ name, grants, inputs: [color] }).slice(1, -1)
  const { status, json } = await send('anna', 'POST', `${api}/workflows`, `{${rest},"prompt":${graph()}}`)
  expect(status).toBe(201)
  return json.id
}

const forUsers = { public: false, roles: ['user'], people: [] }

const jobOf = (who: Who, id: string, isDone: (job: any) => boolean): Promise<any> =>
  vi.waitFor(
    async () => {
      const job = (await send(who, 'GET', `${api}/jobs/${id}`)).json
      if (!isDone(job)) throw new Error(`the job is ${job.state}`)
      return job
    },
    { timeout: 60_000, interval: 100 },
  )

const isOver = ({ state }: { state: string }): boolean => ['succeeded', 'failed', 'cancelled'].includes(state)

/** What the job made, once its files are recorded. */
const filesOf = (who: Who, jobId: string): Promise<any[]> =>
  vi.waitFor(
    async () => {
      const { items } = (await send(who, 'GET', `${api}/outputs?job=${jobId}`)).json
      if (items.length === 0) throw new Error('nothing is recorded yet')
      return items
    },
    { timeout: 20_000, interval: 100 },
  )

beforeAll(async () => {
  const people = { anna: 'administrator', uma: 'user', gus: 'guest', vera: 'viewer' } as const
  served = await serveGatehouse({ people, frontendDirectory: undefined })
  port = Number(new URL(served.url).port)
  for (const name of ['uma', 'gus', 'vera'] as const) headers.set(name, await served.signIn(name))
  const key = ['key', 'create', '--user', 'anna', '--name', 'test', '--scopes', 'run,read,administer']
  headers.set('anna', bearer((await runCli(served.dataDirectory, key)).stdout))
  workflowId = await publish('Ready', forUsers)
}, 180_000)

afterAll(() => served.close())

describe('a workflow that people may run and not change', () => {
  it('gives a picture when it is run over the API', async () => {
    const run = await send('uma', 'POST', `${api}/workflows/${workflowId}/run`, '{"inputs":{"1.color":65280}}')
    expect(run.status).toBe(201)
    expect(run.json).toMatchObject({ workflow: { id: workflowId, version: 1 }, inputs: { '1.color': 65280 } })
    const job = await jobOf('uma', run.json.jobId, isOver)
    expect(job).toMatchObject({ state: 'succeeded', title: 'Ready', workflow: { id: workflowId, version: 1 } })
    const [file] = await filesOf('uma', run.json.jobId)
    const picture = await send('uma', 'GET', `${api}/outputs/${file.id}/file`)
    expect(picture.body.subarray(1, 4).toString()).toBe('PNG')
  })

  it('runs as it was published when ComfyUI’s page sends it, with the value that may be changed', async () => {
    const beside = '"partial_execution_targets":["1"],"extra_data":{"extra_pnginfo":{"workflow":{"mine":1}}}'
    const sent = await send('uma', 'POST', '/prompt', `{"prompt":${graph('16711680')},${beside}}`)
    expect(sent.status, JSON.stringify(sent.json)).toBe(200)
    expect((await jobOf('uma', sent.json.prompt_id, isOver)).state).toBe('succeeded')
    const entry = (await send('uma', 'GET', `/history/${sent.json.prompt_id}`)).json[sent.json.prompt_id]
    expect(entry.prompt[2]).toEqual(JSON.parse(graph('16711680')))
    expect(JSON.stringify(entry.prompt[3])).not.toContain('mine')
    expect(entry.outputs['2'].images).toHaveLength(1)
  })

  // ComfyUI itself takes each of them for a whole number.
  it.each(['"64"', '32.9', 'true', '{"__value__":64}', '["1",0]', 'null', '1e3', '16777216', '-1'])(
    'refuses %s for a whole number and names it, by both ways',
    async (value) => {
      const sent = await send('uma', 'POST', '/prompt', `{"prompt":${graph(value)}}`)
      expect(sent.status).toBe(400)
      expect(sent.json.error.type).toBe('not_allowed')
      expect(sent.json.node_errors['1']).toMatchObject({
        class_type: 'EmptyImage',
        errors: [{ type: 'not_allowed', extra_info: { input_name: 'color' } }],
      })
      const run = await send('uma', 'POST', `${api}/workflows/${workflowId}/run`, `{"inputs":{"1.color":${value}}}`)
      expect([run.status, run.json.errors[0].path]).toEqual([422, 'inputs.1.color'])
    },
  )

  it.each([
    ['another size', graph().replace('"width":32', '"width":64'), '“width”'],
    ['another name of its files', graph().replace('"ready"', '"mine"'), '“filename_prefix”'],
    ['another node in a place', graph().replace('SaveImage', 'PreviewImage'), '#2'],
    ['one more node', graph('255', ',"3":{"class_type":"PreviewImage","inputs":{"images":["1",0]}}'), '#3'],
    ['one more input', graph().replace('"width"', '"extra":1,"width"'), '“extra”'],
    ['another link', graph().replace('["1",0]', '["1",1]'), '“images”'],
  ])('refuses %s and names it', async (_, prompt, name) => {
    const { status, json } = await send('uma', 'POST', '/prompt', `{"prompt":${prompt}}`)
    expect([status, json.error.type]).toEqual([400, 'not_allowed'])
    expect(json.error.details).toContain(name)
  })

  it('is nobody’s to whom it was not granted', async () => {
    for (const who of ['gus', 'vera'] as const) {
      expect([403, 404]).toContain((await send(who, 'GET', `${api}/workflows/${workflowId}`)).status)
      expect([403, 404]).toContain((await send(who, 'POST', `${api}/workflows/${workflowId}/run`, '{}')).status)
    }
    expect((await send('gus', 'GET', `${api}/workflows`)).json.items).toEqual([])
  })

  it('is a guest’s when it is opened to everybody', async () => {
    const id = await publish('For everybody', { public: true, roles: [], people: [] })
    expect((await send('gus', 'GET', `${api}/workflows`)).json.items).toMatchObject([{ id }])
    const run = await send('gus', 'POST', `${api}/workflows/${id}/run`, '{}')
    expect((await jobOf('gus', run.json.jobId, isOver)).state).toBe('succeeded')
    expect((await send('anna', 'DELETE', `${api}/workflows/${id}`)).status).toBe(204)
  })

  it('tells whoever has an old page of it that there is a newer version', async () => {
    const id = await publish('Changing', forUsers)
    const older = graph().replace('"height":32', '"height":48')
    const republish = (prompt: string) =>
      send('anna', 'POST', `${api}/workflows/${id}/versions`, `{"prompt":${prompt},"inputs":[]}`)
    expect((await republish(older)).json.version).toBe(2)
    expect((await republish(graph().replace('"height":32', '"height":16'))).json.version).toBe(3)
    const sent = await send('uma', 'POST', '/prompt', `{"prompt":${older}}`)
    expect(sent.json.error.message).toContain('newer version')
    await send('anna', 'DELETE', `${api}/workflows/${id}`)
  })

  it('holds what waits within a second when the grant is withdrawn, and lets it go on when it comes back', async () => {
    await send('anna', 'PUT', `${api}/jobs/queue`, '{"paused":true}')
    const run = await send('uma', 'POST', `${api}/workflows/${workflowId}/run`, '{}')
    const grant = (grants: object) =>
      send('anna', 'PATCH', `${api}/workflows/${workflowId}`, JSON.stringify({ grants }))
    const begun = Date.now()
    await grant({ public: false, roles: [], people: [] })
    const held = await jobOf('uma', run.json.jobId, ({ state }) => state === 'held')
    expect(held.heldBecause).toBe('rights')
    expect(Date.now() - begun).toBeLessThan(1000)
    expect((await send('uma', 'GET', `${api}/workflows/${workflowId}`)).status).toBe(404)
    expect((await send('uma', 'POST', '/prompt', `{"prompt":${graph()}}`)).status).toBe(400)
    await grant(forUsers)
    await send('anna', 'PUT', `${api}/jobs/queue`, '{"paused":false}')
    expect((await jobOf('uma', run.json.jobId, isOver)).state).toBe('succeeded')
  })
})

describe('a key for one workflow', () => {
  let otherJob: string
  let otherFile: string
  let otherWorkflow: string

  beforeAll(async () => {
    const body = JSON.stringify({ name: 'one', workflowId, userId: await idOf('uma') })
    const made = await send('anna', 'POST', `${api}/keys`, body)
    expect(made.json.workflow).toEqual({ id: workflowId, name: 'Ready' })
    headers.set('key', bearer(made.json.key))
    otherWorkflow = await publish('Other', forUsers)
    // A colour of its own: ComfyUI would give the other workflow's file for the same graph.
    const run = await send('uma', 'POST', `${api}/workflows/${otherWorkflow}/run`, '{"inputs":{"1.color":4660}}')
    otherJob = run.json.jobId
    await jobOf('uma', otherJob, isOver)
    otherFile = (await filesOf('uma', otherJob))[0].id
  })

  it('gives what an earlier run made when nothing was changed', async () => {
    const jobs: string[] = []
    for (let time = 0; time < 2; time += 1) {
      const run = await send('uma', 'POST', `${api}/workflows/${workflowId}/run`, '{"inputs":{"1.color":86}}')
      jobs.push(run.json.jobId)
      await jobOf('uma', run.json.jobId, isOver)
    }
    const [first, second] = await Promise.all(jobs.map((id) => filesOf('uma', id)))
    expect(second?.map(({ id }) => id)).toEqual(first?.map(({ id }) => id))
  })

  it('runs it, and reads what it made', async () => {
    const run = await send('key', 'POST', `${api}/workflows/${workflowId}/run`, '{"inputs":{"1.color":1}}')
    expect(run.status).toBe(201)
    await jobOf('key', run.json.jobId, isOver)
    const [file] = await filesOf('key', run.json.jobId)
    expect((await send('key', 'GET', `${api}/outputs/${file.id}/file`)).status).toBe(200)
    const ended = (await send('key', 'GET', `${api}/jobs?state=ended`)).json.items
    expect(ended.length).toBeGreaterThan(0)
    expect(ended.every(({ workflow }: any) => workflow.id === workflowId)).toBe(true)
    const files = (await send('key', 'GET', `${api}/outputs`)).json.items
    expect(files.map(({ id }: any) => id)).not.toContain(otherFile)
  })

  it.each([
    ['another workflow', 'GET', () => `${api}/workflows/${otherWorkflow}`],
    ['running another workflow', 'POST', () => `${api}/workflows/${otherWorkflow}/run`],
    ['the list of workflows', 'GET', () => `${api}/workflows`],
    ['a job of another workflow', 'GET', () => `${api}/jobs/${otherJob}`],
    ['cancelling a job', 'DELETE', () => `${api}/jobs/${otherJob}`],
    ['a file of another workflow', 'GET', () => `${api}/outputs/${otherFile}`],
    ['its bytes', 'GET', () => `${api}/outputs/${otherFile}/file`],
    ['its preview', 'GET', () => `${api}/outputs/${otherFile}/thumbnail?size=256`],
    ['removing a file', 'DELETE', () => `${api}/outputs/${otherFile}`],
    ['removing files', 'POST', () => `${api}/outputs/remove`],
    ['its account', 'GET', () => `${api}/account`],
    ['keys', 'GET', () => `${api}/keys`],
    ['making keys', 'POST', () => `${api}/keys`],
    ['events', 'GET', () => `${api}/events`],
    ['any prompt', 'POST', () => '/prompt'],
    ['any prompt by its twin', 'POST', () => '/api/prompt'],
    ['the queue', 'GET', () => '/queue'],
    ['the history', 'GET', () => '/history'],
    ['files by name', 'GET', () => '/view?filename=ready_00001_.png&type=output'],
    ['settings', 'GET', () => '/settings'],
    ['the nodes', 'GET', () => '/object_info'],
    ['ComfyUI’s page', 'GET', () => '/'],
    ['publishing', 'POST', () => `${api}/workflows`],
    ['people', 'GET', () => `${api}/users`],
  ])('does not reach %s', async (_, method, path) => {
    const body = method === 'POST' ? JSON.stringify({ prompt: JSON.parse(graph()), ids: [otherFile] }) : undefined
    expect([403, 404]).toContain((await send('key', method, path(), body)).status)
  })

  it('ends with its workflow', async () => {
    await send('anna', 'DELETE', `${api}/workflows/${workflowId}`)
    expect((await send('key', 'GET', `${api}/jobs`)).status).toBe(401)
  })

  async function idOf(name: string): Promise<string> {
    const { json } = await send('anna', 'GET', `${api}/users`)
    return json.items.find((one: any) => one.name === name).id
  }
})
