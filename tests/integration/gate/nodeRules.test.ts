import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { accountIdOf, bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask } from '../../support/httpClient.ts'
import type { HttpAnswer } from '../../support/httpClient.ts'
import { creatorRules, harmless, makeNode, openNodesFixture } from '../../support/nodesFixture.ts'
import type { NodesFixture, FakeFacts } from '../../support/nodesFixture.ts'
import { until } from '../../support/tabClient.ts'

const CLEO = accountIdOf('cleo')
const ADA = accountIdOf('ada')
const VALIDATE = 'POST /gatehouse/companion/validate'
const shell = makeNode('RunShell', { pack: 'terminal', risks: ['startsPrograms'] })
const promptOf = (...classes: string[]): string =>
  JSON.stringify({
    prompt: Object.fromEntries(classes.map((name, at) => [String(at + 1), { class_type: name, inputs: {} }])),
  })

let fixture: GateFixture
let nodes: NodesFixture
beforeEach(async () => {
  nodes = await openNodesFixture((facts) => facts.nodes.push(shell))
  nodes.people.set(CLEO, creatorRules)
  nodes.people.set(ADA, { ...creatorRules, isAdministrator: true })
  fixture = await openGateFixture({ nodes: nodes.rights })
  serve(nodes.facts)
  fixture.upstream.on(VALIDATE, (_request, response) => response.end('{"node_errors":{},"outputs":["1"]}'))
})
afterEach(async () => {
  await fixture.close()
  await nodes.close()
})

/** The recording engine answers what the gate asks it about nodes. */
function serve(facts: FakeFacts): void {
  for (const path of ['/gatehouse/companion/nodes', '/gatehouse/companion/routes', '/node_replacements']) {
    fixture.upstream.on(`GET ${path}`, (_request, response) => {
      void facts.ask(path).then((answer) => {
        response.writeHead(answer?.status ?? 500, { 'content-type': 'application/json' }).end(answer?.body)
      })
    })
  }
}

const send = (body: string, token: string = tokens.creator): Promise<HttpAnswer> =>
  ask(fixture.port, '/prompt', { method: 'POST', headers: bearer(token), body })
const get = (path: string, token: string = tokens.creator): Promise<HttpAnswer> =>
  ask(fixture.port, path, { headers: bearer(token) })
const toldOf = (id: string): unknown => JSON.parse(fixture.upstream.introduced.get(id) ?? '{}')
const posts = (): string[] => fixture.upstream.started.filter((line) => line.startsWith('POST'))

describe('POST /prompt and the rules for nodes', () => {
  it('risky class by default: is refused in ComfyUI’s shape, and nothing of it reaches the engine', async () => {
    const answer = await send(promptOf('KSampler', 'RunShell'))
    expect([answer.status, answer.json()]).toEqual([
      400,
      {
        error: {
          type: 'not_allowed',
          message: 'Node #2 (RunShell) is not allowed to you',
          details: 'It can start programs on this computer. The owner of this computer can allow it.',
          extra_info: {},
        },
        node_errors: {
          '2': {
            errors: [
              {
                type: 'not_allowed',
                message: 'This node is not allowed to you',
                details: 'It can start programs on this computer. The owner of this computer can allow it.',
                extra_info: {},
              },
            ],
            dependent_outputs: [],
            class_type: 'RunShell',
          },
        },
      },
    ])
    expect(posts()).toEqual([])
    expect(fixture.queue.jobs.countActive(CLEO)).toBe(0)
  })

  it('lets harmless ones through, and an administrator’s whatever they are', async () => {
    expect((await send(promptOf('KSampler'))).status).toBe(200)
    expect((await send(promptOf('RunShell'), tokens.admin)).status).toBe(200)
  })

  it.each(['/api/prompt', '/%70rompt', '/api/%70rompt'])('has no side door: %s', async (path) => {
    const answer = await ask(fixture.port, path, {
      method: 'POST',
      headers: bearer(tokens.creator),
      body: promptOf('RunShell'),
    })
    expect([answer.status, posts()]).toEqual([400, []])
  })

  it('engine without catalog fails closed: nobody but administrators runs anything', async () => {
    nodes.facts.status = 404
    fixture.engine.set({ port: fixture.upstream.port, secret: 'a'.repeat(64), bootId: '7'.repeat(32) })
    const answer = await send(promptOf('KSampler'))
    expect([answer.status, answer.json().error.type]).toEqual([503, 'engine_unavailable'])
    expect(`${answer.json().error.message} ${answer.json().error.details}`).toMatch(/Restart ComfyUI.*administrators/)
    expect(answer.headers['retry-after']).toBeDefined()
    expect(posts()).toEqual([])
    expect((await send(promptOf('RunShell'), tokens.admin)).status).toBe(200)
    expect(toldOf(CLEO)).not.toHaveProperty('rules.nodes.0')
  })

  it('a fault while rules are read refuses', async () => {
    nodes.people.get = () => {
      throw new GateError('INTERNAL_ERROR', 'The disk is gone.')
    }
    expect((await send(promptOf('KSampler'))).status).toBe(500)
    expect(posts()).toEqual([])
  })
})

describe('what the engine is told of a person', () => {
  it('are their rules beside their folders; nothing of the kind for an administrator', async () => {
    nodes.people.set(CLEO, { ...creatorRules, models: { checkpoints: ['a/b.safetensors'] } })
    await get('/settings')
    await get('/settings', tokens.admin)
    const rules = { models: { checkpoints: ['a/b.safetensors'] }, nodes: ['KSampler', 'SaveImage'] }
    expect(toldOf(CLEO)).toMatchObject({ inputDirectory: null, rules })
    expect(toldOf(ADA)).not.toHaveProperty('rules')
  })

  it('changes before their next request', async () => {
    await get('/settings')
    nodes.people.set(CLEO, { ...creatorRules, nodes: { ...harmless, denied: ['KSampler'] } })
    nodes.changed()
    await get('/settings')
    expect(toldOf(CLEO)).toMatchObject({ rules: { nodes: ['SaveImage'] } })
  })

  it('changes also while they ask for nothing: a job of theirs may be running', async () => {
    await get('/settings')
    nodes.people.set(CLEO, { ...creatorRules, models: { loras: [] } })
    nodes.changed()
    await until(() => JSON.stringify(toldOf(CLEO)).includes('loras'), 'the engine is told')
  })

  it('is not told again when nothing of theirs changed', async () => {
    await get('/settings')
    fixture.upstream.introduced.clear()
    nodes.changed()
    await get('/settings')
    expect(fixture.upstream.introduced.size).toBe(0)
  })

  it('told too late: no request goes on before a change is told, also none that waited for the old rules to be told', async () => {
    const bodies: string[] = []
    const waiting: (() => void)[] = []
    fixture.upstream.on('PUT users', () => undefined)
    fixture.upstream.on(`PUT /gatehouse/companion/users/${CLEO}`, (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        bodies.push(body)
        waiting.push(() => response.writeHead(204).end())
      })
    })
    const first = get('/settings')
    await until(() => waiting.length === 1, 'the old rules are being told')
    nodes.people.set(CLEO, { ...creatorRules, nodes: { ...harmless, denied: ['KSampler'] } })
    nodes.changed()
    const second = get('/settings')
    waiting[0]?.()
    await until(() => waiting.length === 2, 'the new rules are being told')
    expect(fixture.upstream.started.filter((line) => line === 'GET /settings')).toEqual([])
    waiting[1]?.()
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200])
    expect(bodies[1]).not.toContain('KSampler')
  })

  it('nothing is sent for somebody whose new rules the engine does not take', async () => {
    await get('/settings')
    fixture.upstream.on('PUT users', () => undefined)
    fixture.upstream.on(`PUT /gatehouse/companion/users/${CLEO}`, (_request, response) => {
      response.writeHead(400).end('{}')
    })
    nodes.people.set(CLEO, { ...creatorRules, nodes: { ...harmless, denied: ['KSampler'] } })
    nodes.changed()
    expect((await get('/settings')).status).toBe(503)
    expect(fixture.upstream.started.filter((line) => line === 'GET /settings')).toHaveLength(1)
  })
})
