import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPrompt } from '../../../proxy/comfyui/prompt.ts'
import { formatLosslessJson, isObject, JsonNumber } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../../../proxy/comfyui/losslessJson.ts'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { matchWorkflow } from '../../../proxy/workflows/matchWorkflow.ts'
import { input, publishedVersion } from '../../support/publishedWorkflow.ts'

/*
 * What runs differs from the stored graph in editable inputs only, and there within their kinds and ranges; or it is
 * refused. The judge below shares nothing with the matcher: it compares JSON texts and looks at values by itself.
 */

const RUNS = { changed: 60_000, values: 30_000, same: 10_000 }

const ids = ['1', '2', '10', '57:3', '3', 'é', 'e\u0301', '1 ', '００1', 'constructor']
const names = ['seed', 'steps', 'cfg', 'text', 'mode', 'flag', 'image', 'model', 'a.b', 'toString']
const classes = ['KSampler', 'LoadImage', 'SaveImage', 'Note', 'ksampler']

/** Inputs as JSON text: what each may be in a stored graph. */
const scalars = [
  '0',
  '7',
  '20',
  '-3',
  '1.5',
  '0.1',
  '18446744073709551615',
  'true',
  'false',
  '"a"',
  '""',
  '"cat.png"',
  '"euler"',
]
const others = ['["1",0]', '["2",1]', '[]', '{}', '{"__value__":7}', 'null', '[1,2]', '["1",0.0]']

interface Graph {
  readonly nodes: Map<string, { readonly className: string; readonly inputs: Map<string, string> }>
}

const oneOf = <Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values)

const graphs: fc.Arbitrary<Graph> = fc
  .uniqueArray(oneOf(...ids), { minLength: 1, maxLength: 4 })
  .chain((chosen) =>
    fc.tuple(
      fc.constant(chosen),
      fc.array(
        fc.tuple(
          oneOf(...classes),
          fc.uniqueArray(
            fc.tuple(oneOf(...names), fc.oneof({ weight: 4, arbitrary: oneOf(...scalars) }, oneOf(...others))),
            {
              minLength: 0,
              maxLength: 4,
              selector: ([name]) => name,
            },
          ),
        ),
        { minLength: chosen.length, maxLength: chosen.length },
      ),
    ),
  )
  .map(([chosen, nodes]) => ({
    nodes: new Map(
      chosen.map((id, at) => {
        const [className = '', inputs = []] = nodes[at] ?? []
        return [id, { className, inputs: new Map(inputs) }]
      }),
    ),
  }))

const toText = ({ nodes }: Graph): string =>
  `{${[...nodes]
    .map(([id, { className, inputs }]) => {
      const members = [...inputs].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
      return `${JSON.stringify(id)}:{"class_type":${JSON.stringify(className)},"inputs":{${members.join(',')}}}`
    })
    .join(',')}}`

const choices = ['euler', 'ddim']

/** How each kind of stored value could be marked; also wrongly, as a damaged database might. */
function mark(key: string, value: string, which: number): WorkflowInput | undefined {
  if (/^-?\d+$/.test(value)) {
    return which % 2 === 0
      ? input({ key, kind: 'integer', min: -5, max: 64, step: (which % 3) + 1, default: 0 })
      : input({ key, kind: 'seed', min: '0', max: '18446744073709551615', default: '0' })
  }
  if (/^-?\d/.test(value)) return input({ key, kind: 'number', min: -1, max: 8, step: 0.1, default: 0 })
  if (value === 'true' || value === 'false') return input({ key, kind: 'boolean', default: true })
  if (value.startsWith('"')) {
    if (which % 3 === 0) return input({ key, kind: 'choice', choices, default: 'euler' })
    if (which % 3 === 1) return input({ key, kind: 'image', default: 'cat.png' })
    return input({ key, kind: 'text', multiline: false, maxLength: 12, default: '' })
  }
  return which % 4 === 0 ? input({ key, kind: 'text', multiline: false, maxLength: 12, default: '' }) : undefined
}

function markSome({ nodes }: Graph, dice: readonly number[]): WorkflowInput[] {
  let at = 0
  const marked: WorkflowInput[] = []
  for (const [id, { inputs }] of nodes) {
    for (const [name, value] of inputs) {
      const which = dice[at++ % dice.length] ?? 0
      const found = which % 3 === 2 ? undefined : mark(`${id}.${name}`, value, which)
      if (found !== undefined) marked.push(found)
    }
  }
  return marked
}

/** JSON values as an attacker writes them. */
const hostile = oneOf(
  ...[...scalars, ...others],
  ...[
    '1e2',
    '64.0',
    '64',
    '65',
    '-5',
    '-6',
    '1e1',
    '0.30000000000000004',
    '0.3',
    '8.0',
    '8.01',
    '-0',
    '0e5',
    '1e-400',
    '7e0',
  ],
  ...[
    '1e308',
    '-1e308',
    '0e99999999',
    '1e-99999999',
    '12345678901234567890123',
    '18446744073709551616',
    '9007199254740993',
  ],
  ...[
    '"64"',
    '"32.9"',
    '"true"',
    '"ddim"',
    '"DDIM"',
    '"ddim\\u0000"',
    '"ｄｄｉｍ"',
    '"dog.png [output]"',
    '"../x.png"',
    '"a/b.png"',
  ],
  ...[
    '"x.png[input]"',
    '"CON.png"',
    '"C:\\\\x.png"',
    '".gatehouse"',
    '"this text is far too long"',
    '{"__value__":"ddim"}',
  ],
  ...[
    '["1"]',
    '["1",0,0]',
    '["1","0"]',
    '["1",false]',
    '[["1",0]]',
    '{"a":{"__value__":1}}',
    '[true]',
    '"\\ud83d\\ude00"',
  ],
)

type Change = (graph: Graph, pick: number, value: string) => void

const nodeAt = ({ nodes }: Graph, pick: number) => [...nodes][pick % nodes.size]

/** Ways to change a graph. Each may hit what is editable, or nothing at all: the judge does not care. */
const changes: Readonly<Record<string, Change>> = {
  value: (graph, pick, value) => {
    const inputs = nodeAt(graph, pick)?.[1].inputs
    const name = [...(inputs?.keys() ?? [])][(pick >> 4) % Math.max(1, inputs?.size ?? 1)]
    if (name !== undefined) inputs?.set(name, value)
  },
  extraInput: (graph, pick, value) =>
    void nodeAt(graph, pick)?.[1].inputs.set(names[pick % names.length] ?? 'x', value),
  missingInput: (graph, pick) => {
    const inputs = nodeAt(graph, pick)?.[1].inputs
    const name = [...(inputs?.keys() ?? [])][0]
    if (name !== undefined) inputs?.delete(name)
  },
  extraNode: ({ nodes }, pick, value) =>
    void nodes.set(ids[pick % ids.length] ?? 'x', { className: 'SaveImage', inputs: new Map([['images', value]]) }),
  missingNode: (graph, pick) => void graph.nodes.delete(nodeAt(graph, pick)?.[0] ?? ''),
  otherClass: (graph, pick) => {
    const [id, node] = nodeAt(graph, pick) ?? []
    if (id !== undefined && node !== undefined)
      graph.nodes.set(id, { ...node, className: classes[pick % classes.length] ?? '' })
  },
  likeId: (graph, pick) => {
    const [id, node] = nodeAt(graph, pick) ?? []
    if (id === undefined || node === undefined) return
    graph.nodes.delete(id)
    graph.nodes.set(id.normalize('NFKC').trim() + (pick % 2 === 0 ? '' : '\u200b'), node)
  },
  turned: (graph) => {
    const nodes = [...graph.nodes].reverse()
    graph.nodes.clear()
    for (const [id, { className, inputs }] of nodes)
      graph.nodes.set(id, { className, inputs: new Map([...inputs].reverse()) })
  },
}

/** Around the graph, and in its text. */
const wrappers: readonly ((text: string) => string)[] = [
  (text) => `{"prompt":${text}}`,
  (text) =>
    `{"prompt":${text},"partial_execution_targets":["1"],"extra_data":{"extra_pnginfo":{"workflow":{}},"gatehouse_published":true}}`,
  (text) => `{"prompt":${text},"prompt_id":"x","number":-1,"front":true}`,
  (text) => `{"prompt":${text.replace('"inputs":{', '"is_changed":["x"],"_meta":{"title":"KSampler"},"inputs":{')}}`,
  (text) => `{"prompt":${text.replace('"inputs":{', '"inputs":{"__proto__":{"seed":1},')}}`,
  (text) => `{"prompt":${text.replace('"class_type"', '"class_type":"Evil","class_type"')}}`,
  (text) => `{"prompt":${text},"prompt":{}}`,
  (text) => `{"prompt":${text.replace(/"(\w)/, (_, sign: string) => `"\\u00${sign.charCodeAt(0).toString(16)}`)}}`,
]

const read = (text: string): JsonObject =>
  checkPrompt(Buffer.from(text), { administrator: false }, { maxNodes: 100 }).nodes

/** The nodes that would run; undefined: refused. */
function ask(body: string, stored: string, inputs: readonly WorkflowInput[]) {
  const version = publishedVersion(stored, inputs)
  let sent: JsonObject
  try {
    sent = read(body)
  } catch (error) {
    if (error instanceof GateError) return { version, nodes: undefined }
    throw error
  }
  const result = matchWorkflow(sent, [version])
  return { version, nodes: result.kind === 'matched' ? result.nodes : undefined }
}

const memberOf = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isObject(value) ? value.get(name) : undefined

/** Everything of it that was not marked is as it was stored, to the letter; what was marked, is within. */
function judge(stored: JsonObject, ran: JsonObject, inputs: readonly WorkflowInput[]): void {
  expect([...ran.keys()]).toEqual([...stored.keys()])
  for (const [id, node] of stored) {
    const other = ran.get(id)
    expect(isObject(other) && [...other.keys()]).toEqual(isObject(node) && [...node.keys()])
    expect(memberOf(other, 'class_type')).toBe(memberOf(node, 'class_type'))
    const [before, after] = [memberOf(node, 'inputs'), memberOf(other, 'inputs')]
    if (!isObject(before) || !isObject(after)) throw new TypeError('a node has inputs')
    expect([...after.keys()]).toEqual([...before.keys()])
    for (const [name, value] of before) {
      const now = after.get(name) ?? null
      if (formatLosslessJson(now) === formatLosslessJson(value)) continue
      const marked = inputs.find(({ key }) => key === `${id}.${name}`)
      if (marked === undefined || typeof value !== typeof now) throw new Error(`${id}.${name} was changed`)
      judgeValue(marked, now)
    }
  }
}

function judgeValue(marked: WorkflowInput, value: JsonValue): void {
  const text = formatLosslessJson(value)
  switch (marked.kind) {
    case 'integer':
    case 'seed': {
      if (!(value instanceof JsonNumber) || !/^(0|-?[1-9]\d*)$/.test(text)) throw new Error(`${text} is no integer`)
      const [number, min, max] = [BigInt(text), BigInt(marked.min), BigInt(marked.max)]
      expect(number >= min && number <= max).toBe(true)
      if (marked.kind === 'integer') expect((number - min) % BigInt(marked.step)).toBe(0n)
      return
    }
    case 'number':
      if (!(value instanceof JsonNumber)) throw new Error(`${text} is no number`)
      expect(Number(text) >= marked.min && Number(text) <= marked.max).toBe(true)
      expect(Number.isInteger(Math.round(Number(text) * 1e9) / 1e8)).toBe(true)
      return
    case 'boolean':
      expect(['true', 'false']).toContain(text)
      return
    case 'choice':
      expect(choices.map((choice) => JSON.stringify(choice))).toContain(text)
      return
    case 'text':
      expect(typeof value === 'string' && value.length <= marked.maxLength).toBe(true)
      return
    case 'image':
      expect(
        typeof value === 'string' && /^[^/\\:]+$/.test(value) && !/^\.+$|\[(?:input|output|temp)\]\s*$/.test(value),
      ).toBe(true)
  }
}

const dice = fc.array(fc.nat(11), { minLength: 1, maxLength: 8 })

describe('matchWorkflow, whatever is sent', () => {
  it(`runs nothing but the stored graph with allowed values in ${RUNS.changed} changed graphs`, () => {
    let ran = 0
    const names = Object.keys(changes)
    const edits = fc.array(fc.tuple(oneOf(...names), fc.nat(255), hostile), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(graphs, dice, edits, oneOf(...wrappers), (graph, thrown, list, wrap) => {
        const stored = toText(graph)
        const inputs = markSome(graph, thrown)
        for (const [name, pick, value] of list) if (graph.nodes.size > 0) changes[name]?.(graph, pick, value)
        const { version, nodes } = ask(wrap(toText(graph)), stored, inputs)
        if (nodes === undefined) return
        ran += 1
        judge(version.nodes, nodes, inputs)
      }),
      { numRuns: RUNS.changed },
    )
    // Otherwise nothing would have been shown.
    expect(ran).toBeGreaterThan(RUNS.changed / 50)
  }, 120_000)

  it(`reads only values of the right type and range in ${RUNS.values} values of one input`, () => {
    let taken = 0
    const stored = oneOf('20', '7', '1.5', 'true', '"a"', '["1",0]')
    const written = fc.oneof(hostile, fc.double().map(String), fc.bigInt().map(String), fc.json({ maxDepth: 1 }))
    fc.assert(
      fc.property(stored, fc.nat(11), written, (value, which, sent) => {
        const toBody = (text: string): string => `{"1":{"class_type":"KSampler","inputs":{"x":${text}}}}`
        const marked = mark('1.x', value, which)
        const { version, nodes } = ask(
          `{"prompt":${toBody(sent)}}`,
          toBody(value),
          marked === undefined ? [] : [marked],
        )
        if (nodes === undefined) return
        taken += 1
        judge(version.nodes, nodes, marked === undefined ? [] : [marked])
      }),
      { numRuns: RUNS.values },
    )
    expect(taken).toBeGreaterThan(RUNS.values / 50)
  }, 120_000)

  it(`runs a graph that was not changed, in any order, in ${RUNS.same} cases`, () => {
    fc.assert(
      fc.property(graphs, dice, fc.boolean(), (graph, thrown, isTurned) => {
        const stored = toText(graph)
        if (isTurned) changes['turned']?.(graph, 0, '')
        const { version, nodes } = ask(`{"prompt":${toText(graph)}}`, stored, markSome(graph, thrown))
        expect(nodes && formatLosslessJson(nodes)).toBe(formatLosslessJson(version.nodes))
      }),
      { numRuns: RUNS.same },
    )
  }, 120_000)
})
