import { afterEach, describe, expect, it } from 'vitest'
import { formatLosslessJson, parseLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../../../proxy/comfyui/losslessJson.ts'
import type { EngineNode } from '../../../proxy/contract/nodes.ts'
import { creatorRules, harmless, makeNode, openNodesFixture } from '../../support/nodesFixture.ts'
import type { NodesFixture, FakeFacts } from '../../support/nodesFixture.ts'
import { until } from '../../support/tabClient.ts'

let fixture: NodesFixture | undefined
afterEach(async () => {
  await fixture?.close()
  fixture = undefined
})

async function open(nodes: readonly EngineNode[] = [], prepare: (facts: FakeFacts) => void = () => undefined) {
  fixture = await openNodesFixture((facts) => {
    facts.nodes.push(...nodes)
    prepare(facts)
  })
  return fixture
}

const promptOf = (...classes: string[]): JsonObject =>
  parseLosslessJson(
    JSON.stringify(Object.fromEntries(classes.map((name, at) => [String(at + 1), { class_type: name, inputs: {} }]))),
  ) as JsonObject
const allowanceOf = ({ name, packPath, sourceHash }: EngineNode) => ({ name, packPath, sourceHash })
/** Another start of the engine, with these classes besides, after one that was ready. */
async function restart({ facts, rights }: NodesFixture, ...nodes: EngineNode[]): Promise<void> {
  await rights.list(harmless, false)
  facts.boot = String(facts.asked.length).repeat(32)
  const names = nodes.map(({ name }) => name)
  facts.nodes = [...facts.nodes.filter(({ name }) => !names.includes(name)), ...nodes]
  rights.followEngine()
}

const regex = makeNode('RegexMatch', { risks: ['canHang'] })
const shell = makeNode('RunShell', { pack: 'terminal', risks: ['startsPrograms'] })

describe('a workflow of one’s own', () => {
  it('may have harmless nodes', async () => {
    const { rights } = await open()
    expect(await rights.findRefusal('cleo', promptOf('KSampler', 'SaveImage'))).toBeUndefined()
  })

  it('Regex for a Creator: is refused, naming node, title, class, why, and who can allow it', async () => {
    const { rights } = await open([regex])
    const prompt = parseLosslessJson(
      '{"7":{"class_type":"RegexMatch","inputs":{},"_meta":{"title":"Find\\u0007 words"}},"8":{"class_type":"KSampler","inputs":{}}}',
    ) as JsonObject
    const refusal = await rights.findRefusal('cleo', prompt)
    expect([refusal?.status, refusal?.message]).toEqual([
      400,
      'Node #7 “Find  words” (RegexMatch) is not allowed to you',
    ])
    expect(refusal?.details).toMatchObject({
      promptError: 'not_allowed',
      promptDetails: 'It can make ComfyUI stand still until it is ended. The owner of this computer can allow it.',
      nodeErrors: { '7': { class_type: 'RegexMatch', errors: [{ type: 'not_allowed' }] } },
    })
    expect(Object.keys(refusal?.details['nodeErrors'] as object)).toEqual(['7'])
  })

  it('is an administrator’s to run whatever is in it, also while nothing is known', async () => {
    const { rights, facts } = await open([shell], (facts) => {
      facts.status = 404
    })
    expect(await rights.findRefusal('ada', promptOf('RunShell', 'Whatever'))).toBeUndefined()
    expect(await rights.find('ada')).toBeUndefined()
    expect(facts.status).toBe(404)
  })

  it('with a class that is not there is refused in ComfyUI’s own words', async () => {
    const { rights } = await open()
    const refusal = await rights.findRefusal('cleo', promptOf('KSampler', 'Nope'))
    expect(refusal?.message).toBe('Cannot execute because node Nope does not exist.')
    expect(refusal?.details).toMatchObject({ promptError: 'invalid_prompt', promptDetails: "Node ID '#2'" })
  })

  it('of somebody who is gone is refused', async () => {
    const { rights } = await open()
    expect((await rights.findRefusal('nobody', promptOf('KSampler')))?.code).toBe('PERMISSION_DENIED')
    expect(await rights.find('nobody')).toEqual({ models: {}, nodes: [] })
  })

  it('follows an allowance, and its end, at once', async () => {
    const { rights, people } = await open([shell])
    people.set('cleo', { ...creatorRules, nodes: { ...harmless, allowed: [allowanceOf(shell)] } })
    expect(await rights.findRefusal('cleo', promptOf('RunShell'))).toBeUndefined()
    expect((await rights.find('cleo'))?.nodes).toContain('RunShell')
    people.set('cleo', creatorRules)
    expect(await rights.findRefusal('cleo', promptOf('RunShell'))).toBeDefined()
  })

  it('allowance taken over: the same name of another pack is refused again, and flagged', async () => {
    const opened = await open([shell])
    opened.people.set('cleo', { ...creatorRules, nodes: { ...harmless, allowed: [allowanceOf(shell)] } })
    await restart(opened, { ...shell, pack: 'evil', packPath: '/engine/custom_nodes/evil', risks: [] })
    expect((await opened.rights.findRefusal('cleo', promptOf('RunShell')))?.details['promptDetails']).toContain(
      'came or changed',
    )
    const listed = await opened.rights.list(harmless, false)
    expect(listed?.find(({ name }) => name === 'RunShell')).toMatchObject({ verdict: 'new', unseen: 'new' })
  })

  it('pack updated after the allowance: is refused again, and flagged as changed', async () => {
    const opened = await open([shell])
    opened.people.set('cleo', { ...creatorRules, nodes: { ...harmless, allowed: [allowanceOf(shell)] } })
    await restart(opened, { ...shell, sourceHash: '2'.repeat(64) })
    expect(await opened.rights.findRefusal('cleo', promptOf('RunShell'))).toBeDefined()
    const listed = await opened.rights.list(harmless, false)
    expect(listed?.find(({ name }) => name === 'RunShell')).toMatchObject({ verdict: 'new', unseen: 'changed' })
  })

  it.each([
    ['the new class', 'OldName', [{ new_node_id: 'RunShell' }]],
    ['one of the new classes', 'OldName', [{ new_node_id: 'KSampler' }, { new_node_id: 'RunShell' }]],
    ['a class that is there itself', 'KSampler', [{ new_node_id: 'RunShell' }]],
  ])('class hidden by node replacement: refused when %s is not allowed', async (_which, name, list) => {
    const { rights } = await open([shell], (facts) => {
      facts.replacements = { [name]: list }
    })
    expect((await rights.findRefusal('cleo', promptOf(name)))?.details['promptError']).toBe('not_allowed')
    expect((await rights.find('cleo'))?.nodes).not.toContain(name)
    expect(await rights.mayRun('cleo', [name])).toBe(false)
  })

  it('a name of before that becomes a harmless class runs, unless it is forbidden by that name', async () => {
    const { rights, people } = await open([], (facts) => {
      facts.replacements = { OldSampler: [{ new_node_id: 'KSampler' }] }
    })
    expect(await rights.findRefusal('cleo', promptOf('OldSampler'))).toBeUndefined()
    expect((await rights.find('cleo'))?.nodes).toEqual(['KSampler', 'OldSampler', 'SaveImage'])
    people.set('cleo', { ...creatorRules, nodes: { ...harmless, denied: ['OldSampler'] } })
    expect((await rights.findRefusal('cleo', promptOf('OldSampler')))?.details['promptError']).toBe('not_allowed')
  })

  it.each(['__proto__', 'constructor', 'toString', ''])('no name of JavaScript’s own is a class: %j', async (name) => {
    const { rights } = await open([], (facts) => {
      facts.replacements = {}
    })
    expect(await rights.findRefusal('cleo', promptOf(name))).toBeDefined()
    expect(await rights.mayRun('cleo', [name])).toBe(false)
  })
})

describe('what the engine is told', () => {
  it('are the models of the role, and the classes that are allowed', async () => {
    const { rights, people } = await open([regex, shell])
    people.set('cleo', { ...creatorRules, models: { checkpoints: ['a.safetensors'] } })
    expect(await rights.find('cleo')).toEqual({
      models: { checkpoints: ['a.safetensors'] },
      nodes: ['KSampler', 'SaveImage'],
    })
  })

  it('are also the classes of what was published to people who build nothing', async () => {
    const { rights, people, granted } = await open([regex])
    people.set('uma', { ...creatorRules, mayBuild: false })
    granted.set('uma', ['RegexMatch'])
    granted.set('cleo', ['RegexMatch'])
    expect((await rights.find('uma'))?.nodes).toContain('RegexMatch')
    expect((await rights.find('cleo'))?.nodes).not.toContain('RegexMatch')
  })

  it('are only the models when the role may use every class', async () => {
    const { rights, people } = await open([shell])
    people.set('cleo', { ...creatorRules, models: { loras: [] }, nodes: { ...harmless, rule: 'all' } })
    expect(await rights.find('cleo')).toEqual({ models: { loras: [] }, nodes: null })
    expect(await rights.findRefusal('cleo', promptOf('RunShell'))).toBeUndefined()
  })
})

describe('what the owner has looked at', () => {
  it('is at first everything that is there', async () => {
    const { rights } = await open([makeNode('Sharpen', { pack: 'filters' })])
    expect(await rights.findRefusal('cleo', promptOf('Sharpen'))).toBeUndefined()
    expect((await rights.list(harmless, false))?.every(({ unseen }) => unseen === null)).toBe(true)
    expect((await rights.listRoutes())?.every(({ isNew }) => !isNew)).toBe(true)
  })

  it('new pack since the last look: refused and flagged until looked at, over a restart of Gatehouse too', async () => {
    const opened = await open()
    const sharpen = makeNode('Sharpen', { pack: 'filters' })
    await restart(opened, sharpen)
    opened.facts.routes.push({ method: 'GET', path: '/filters/run', pack: 'filters' })
    expect(await opened.rights.findRefusal('cleo', promptOf('Sharpen'))).toBeDefined()
    const again = await opened.reopen()
    expect(await again.findRefusal('cleo', promptOf('Sharpen'))).toBeDefined()
    expect((await again.listRoutes())?.filter(({ isNew }) => isNew).map(({ path }) => path)).toEqual(['/filters/run'])
    expect(await again.markSeen([allowanceOf(sharpen)], [{ method: 'GET', path: '/filters/run' }])).toBe(2)
    expect(await again.findRefusal('cleo', promptOf('Sharpen'))).toBeUndefined()
    const last = await opened.reopen()
    expect(await last.findRefusal('cleo', promptOf('Sharpen'))).toBeUndefined()
    expect((await last.listRoutes())?.some(({ isNew }) => isNew)).toBe(false)
  })

  it('changed while the owner read: what is there now stays new', async () => {
    const opened = await open()
    const sharpen = makeNode('Sharpen', { pack: 'filters' })
    await restart(opened, { ...sharpen, sourceHash: '9'.repeat(64) })
    expect(await opened.rights.markSeen([allowanceOf(sharpen)], [{ method: 'GET', path: '/nowhere' }])).toBe(0)
    expect(await opened.rights.findRefusal('cleo', promptOf('Sharpen'))).toBeDefined()
  })

  it('a pack that calls itself comfyui: its classes are as new as any other pack’s', async () => {
    const opened = await open()
    await restart(opened, makeNode('Backdoor', { packPath: '/engine/custom_nodes/comfyui' }))
    expect(await opened.rights.findRefusal('cleo', promptOf('Backdoor'))).toBeDefined()
    const listed = await opened.rights.list(harmless, false)
    expect(listed?.find(({ name }) => name === 'Backdoor')).toMatchObject({ verdict: 'new', unseen: 'new' })
    expect(listed?.find(({ name }) => name === 'Backdoor')?.pack).not.toBe('comfyui')
  })

  it('a stock class that is new is flagged and runs; one that only changed is neither', async () => {
    const opened = await open()
    await restart(opened, makeNode('NewStock'), makeNode('KSampler', { sourceHash: '3'.repeat(64) }))
    expect(await opened.rights.findRefusal('cleo', promptOf('NewStock', 'KSampler'))).toBeUndefined()
    const unseen = (await opened.rights.list(harmless, false))?.filter((node) => node.unseen !== null)
    expect(unseen?.map(({ name }) => name)).toEqual(['NewStock'])
  })

  it('another installation is the owner’s choice; a pack that both know and that changed is not', async () => {
    const opened = await open([makeNode('Sharpen', { pack: 'filters' })])
    await opened.rights.list(harmless, false)
    opened.facts.nodes = [
      makeNode('KSampler', { packPath: '/other' }),
      makeNode('SaveImage', { packPath: '/other' }),
      makeNode('Blur', { pack: 'blur' }),
      makeNode('Sharpen', { pack: 'filters', sourceHash: '4'.repeat(64) }),
    ]
    await restart(opened)
    expect(await opened.rights.findRefusal('cleo', promptOf('KSampler', 'Blur'))).toBeUndefined()
    expect(await opened.rights.findRefusal('cleo', promptOf('Sharpen'))).toBeDefined()
  })
})

describe('an engine that does not say what it has', () => {
  it.each([
    ['engine without catalog', (facts: FakeFacts) => void (facts.status = 404), /Restart ComfyUI/],
    ['that does not answer', (facts: FakeFacts) => void (facts.status = null), /has not said yet/],
    ['that fails', (facts: FakeFacts) => void (facts.status = 500), /has not said yet/],
    [
      'that answers nonsense',
      (facts: FakeFacts) => void (facts.nodes = [{ ...regex, risks: ['nice' as never] }]),
      /has not/,
    ],
  ])('fails closed: %s', async (_name, spoil, words) => {
    const { rights, people } = await open([], spoil)
    people.set('uma', { ...creatorRules, mayBuild: false })
    const refusal = await rights.findRefusal('cleo', promptOf('KSampler'))
    expect([refusal?.status, refusal?.message]).toEqual([503, expect.stringMatching(words)])
    expect(refusal?.message).toContain('only administrators')
    expect((await rights.find('cleo'))?.nodes).toEqual([])
    expect((await rights.find('uma'))?.nodes).toEqual([])
    expect(await rights.mayRun('cleo', ['KSampler'])).toBe(false)
    expect(await rights.list(harmless, false)).toBeUndefined()
  })

  it('is asked again, and everybody hears when it has said it', async () => {
    const { rights, facts } = await open([], (facts) => {
      facts.status = 500
    })
    let changes = 0
    rights.onChange(() => (changes += 1))
    expect(await rights.findRefusal('cleo', promptOf('KSampler'))).toBeDefined()
    facts.status = 200
    await until(() => changes > 0 && facts.asked.length > 3, 'the engine is asked again')
    expect(await rights.findRefusal('cleo', promptOf('KSampler'))).toBeUndefined()
  })

  it('is asked once a start, however many ask', async () => {
    const { rights, facts } = await open()
    await Promise.all(Array.from({ length: 20 }, () => rights.findRefusal('cleo', promptOf('KSampler'))))
    expect(facts.asked.filter((path) => path.endsWith('/nodes'))).toHaveLength(1)
  })

  it('what an earlier start said does not count for the next', async () => {
    const opened = await open([makeNode('Gone')])
    expect(await opened.rights.findRefusal('cleo', promptOf('Gone'))).toBeUndefined()
    opened.facts.boot = '5'.repeat(32)
    opened.facts.status = 404
    expect((await opened.rights.findRefusal('cleo', promptOf('Gone')))?.status).toBe(503)
  })

  it('an engine that is not there holds no job', async () => {
    const { rights, facts } = await open([regex])
    facts.boot = undefined
    expect(await rights.mayRun('cleo', ['RegexMatch'])).toBe(true)
    expect(await rights.mayRun('nobody', ['KSampler'])).toBe(false)
    expect((await rights.findRefusal('cleo', promptOf('KSampler')))?.status).toBe(503)
  })
})

describe('what it costs', () => {
  it('judges a prompt of 2,000 nodes against 4,000 classes in a few milliseconds', async () => {
    const many = Array.from({ length: 4000 }, (_, at) => makeNode(`Class${at}`, { pack: `pack${at % 60}` }))
    const { rights } = await open(many)
    const prompt = promptOf(...Array.from({ length: 2000 }, (_, at) => `Class${at * 2}`))
    const startedAt = performance.now()
    await rights.findRefusal('cleo', prompt)
    const first = performance.now() - startedAt
    const times = []
    for (let at = 0; at < 20; at += 1) {
      const begin = performance.now()
      expect(await rights.findRefusal('cleo', prompt)).toBeUndefined()
      times.push(performance.now() - begin)
    }
    const median = times.sort((a, b) => a - b)[10] ?? 0
    if (process.env['GATEHOUSE_PRINT_TIMES'] !== undefined) console.log({ first, median })
    // Generous: other tests run beside it.
    expect(median).toBeLessThan(25)
    expect(formatLosslessJson(prompt).length).toBeGreaterThan(50_000)
  })
})
