import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { checkInputValue } from './inputValue.ts'
import { areEqual, classOf, findNodeInputs, isScalar, titleOfNode, toInputKey } from './publishedGraph.ts'
import type { PublishedVersion } from './publishedGraph.ts'

/** Where a sent graph is not as it was published. */
export interface Difference {
  readonly nodeId: string
  readonly input: string | undefined
  /** A sentence. */
  readonly words: string
}

export type MatchResult =
  /** `nodes` is the stored graph with `values`: nothing of what was sent but those. */
  | {
      readonly kind: 'matched'
      readonly version: PublishedVersion
      readonly nodes: JsonObject
      readonly values: ReadonlyMap<string, JsonValue>
    }
  | { readonly kind: 'changed'; readonly version: PublishedVersion; readonly differences: readonly Difference[] }
  /** It is as an earlier version was published. */
  | { readonly kind: 'outdated'; readonly version: PublishedVersion }
  | { readonly kind: 'unknown' }

interface Comparison {
  readonly version: PublishedVersion
  readonly differences: readonly Difference[]
  readonly values: ReadonlyMap<string, JsonValue>
}

/** As many as are named to whoever sent it. What is sent is large at will, and is compared with many versions. */
const MAX_DIFFERENCES = 20
const MAX_SHOWN_NAME = 80

/**
 * Finds the published workflow that a sent graph is, by its node ids. The sent graph itself is never the result: of it
 * only the values of inputs that may be changed are read. Of several candidates the nearest one names what differs;
 * of each at most 20 differences are looked for, however much was sent.
 */
export function matchWorkflow(sent: JsonObject, candidates: readonly PublishedVersion[]): MatchResult {
  let nearest: Comparison | undefined
  for (const version of currentFirst(candidates)) {
    if (!haveSameIds(sent, version.nodes)) continue
    const compared = compare(sent, version)
    if (compared.differences.length === 0) return toEqual(compared)
    if (nearest === undefined || rankOf(compared) < rankOf(nearest)) nearest = compared
  }
  nearest ??= findAlike(sent, candidates)
  return nearest === undefined ? { kind: 'unknown' } : { kind: 'changed', ...pick(nearest) }
}

const currentFirst = (candidates: readonly PublishedVersion[]): readonly PublishedVersion[] => [
  ...candidates.filter(({ isCurrent }) => isCurrent),
  ...candidates.filter(({ isCurrent }) => !isCurrent),
]

const toEqual = ({ version, values }: Comparison): MatchResult =>
  version.isCurrent
    ? { kind: 'matched', version, values, nodes: withValues(version, values) }
    : { kind: 'outdated', version }

const rankOf = ({ version, differences }: Comparison): number => differences.length * 2 + Number(!version.isCurrent)

const pick = ({ version, differences }: Comparison) => ({ version, differences })

/** The stored graph with some of its inputs replaced. What is not editable stays, whatever `values` holds. */
export function withValues({ nodes, inputs }: PublishedVersion, values: ReadonlyMap<string, JsonValue>): JsonObject {
  return new Map(
    [...nodes].map(([id, node]) => {
      const stored = findNodeInputs(node)
      if (stored === undefined || !(node instanceof Map)) return [id, node]
      const replaced = new Map(
        [...stored].map(([name, value]) => {
          const key = toInputKey(id, name)
          return [name, inputs.has(key) && isScalar(value) ? (values.get(key) ?? value) : value] as const
        }),
      )
      return [id, new Map([...node]).set('inputs', replaced)]
    }),
  )
}

const haveSameIds = (sent: JsonObject, stored: JsonObject): boolean =>
  sent.size === stored.size && [...sent.keys()].every((id) => stored.has(id))

function compare(sent: JsonObject, version: PublishedVersion): Comparison {
  const differences: Difference[] = []
  const values = new Map<string, JsonValue>()
  for (const [id, node] of version.nodes) {
    if (differences.length >= MAX_DIFFERENCES) break
    const given = sent.get(id)
    if (classOf(given) === classOf(node)) compareInputs({ id, node, given, version }, differences, values)
    else differences.push({ nodeId: id, input: undefined, words: `Node #${id} is ${classOf(node)}, nothing else.` })
  }
  return { version, differences, values }
}

interface NodePair {
  readonly id: string
  readonly node: JsonValue
  readonly given: JsonValue | undefined
  readonly version: PublishedVersion
}

function compareInputs(
  { id, node, given, version }: NodePair,
  differences: Difference[],
  values: Map<string, JsonValue>,
): void {
  const [stored, sent] = [findNodeInputs(node) ?? new Map<string, JsonValue>(), findNodeInputs(given)]
  const title = titleOfNode(node)
  const differ = (input: string, words: string): void => {
    differences.push({ nodeId: id, input, words })
  }
  for (const [sentName, value] of sent ?? []) {
    if (differences.length >= MAX_DIFFERENCES) return
    if (stored.has(sentName) || isUploadButton(sentName, value)) continue
    const name = sentName.slice(0, MAX_SHOWN_NAME)
    differ(name, `“${name}” of “${title}” (#${id}) is not part of this workflow.`)
  }
  for (const [name, value] of stored) {
    if (differences.length >= MAX_DIFFERENCES) return
    const sentValue = sent?.get(name)
    if (sentValue === undefined) {
      if (!isUploadButton(name, value)) differ(name, `“${name}” of “${title}” (#${id}) is missing.`)
      continue
    }
    if (areEqual(sentValue, value)) continue
    const input = isScalar(value) ? version.inputs.get(toInputKey(id, name)) : undefined
    if (input === undefined) {
      differ(name, `“${name}” of “${title}” (#${id}) cannot be changed.`)
      continue
    }
    const checked = checkInputValue(input, sentValue)
    if (checked.kind === 'right') values.set(toInputKey(id, name), checked.value)
    else differ(name, `“${input.label}” (“${name}” of “${title}”, #${id}) ${checked.why}.`)
  }
}

/** The button beside a list of pictures: pages of some versions send it, ComfyUI reads it nowhere. */
const isUploadButton = (name: string, value: JsonValue | undefined): boolean => name === 'upload' && value === 'image'

/** Which workflow somebody added nodes to, or took some from: one that shares more than half of them. */
function findAlike(sent: JsonObject, candidates: readonly PublishedVersion[]): Comparison | undefined {
  let best: { readonly version: PublishedVersion; readonly share: number } | undefined
  for (const version of candidates) {
    if (!version.isCurrent) continue
    const shared = [...version.nodes].filter(([id, node]) => classOf(sent.get(id)) === classOf(node)).length
    const share = shared / (sent.size + version.nodes.size - shared)
    if (share >= 0.5 && share > (best?.share ?? 0)) best = { version, share }
  }
  return best && { version: best.version, differences: differentNodes(sent, best.version.nodes), values: new Map() }
}

function differentNodes(sent: JsonObject, stored: JsonObject): readonly Difference[] {
  const describe = (id: string, node: JsonValue, words: string): Difference => ({
    nodeId: id,
    input: undefined,
    words: `“${titleOfNode(node)}” (#${id}) ${words}.`,
  })
  const more = [...sent].filter(([id]) => !stored.has(id)).slice(0, MAX_DIFFERENCES)
  const fewer = [...stored].filter(([id]) => !sent.has(id)).slice(0, MAX_DIFFERENCES - more.length)
  return [
    ...more.map(([id, node]) => describe(id, node, 'is not part of this workflow')),
    ...fewer.map(([id, node]) => describe(id, node, 'is missing')),
  ]
}
