import { checkPublishedNodes } from '../comfyui/prompt.ts'
import { JsonNumber, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import type { Random } from '../core/random.ts'
import { isGranted } from './grants.ts'
import type { WorkflowAsker } from './grants.ts'
import { checkInputValue } from './inputValue.ts'
import { matchWorkflow, withValues } from './matchWorkflow.ts'
import type { Difference, MatchResult } from './matchWorkflow.ts'
import { classOf, findNodeInputs, nodeKeyOf, splitInputKey } from './publishedGraph.ts'
import type { PublishedVersion } from './publishedGraph.ts'
import type { WorkflowStore } from './workflowStore.ts'

/** A published workflow about to run: the stored graph with somebody's values in it. */
export interface PublishedRun {
  readonly workflow: { readonly id: string; readonly name: string; readonly version: number }
  readonly nodes: JsonObject
  /** Everything that goes beside the graph; nothing of it was sent. */
  readonly extraData: JsonObject
}

export interface PreparedRun extends PublishedRun {
  /** What it runs with, by key; seeds as text. */
  readonly inputs: Readonly<Record<string, string | number | boolean>>
}

export interface PublishedRunsOptions {
  readonly store: WorkflowStore
  readonly random: Random
  readonly maxNodes: () => number
}

/** Companion and gate: the rule for nodes does not count for a job that carries this. Clients cannot send it. */
const PUBLISHED_MARK = 'gatehouse_published'

const ROOM_FOR_TEXTS_BYTES = 1024 * 1024

/** Makes runs of published workflows: of a sent prompt, or of values by key. */
export class PublishedRuns {
  readonly #options: PublishedRunsOptions

  constructor(options: PublishedRunsOptions) {
    this.#options = options
  }

  isGranted(workflowId: string, person: WorkflowAsker): Promise<boolean> {
    return this.#options.store.isGranted(workflowId, person)
  }

  /** How much somebody may send who only runs what was published: the largest of it, with room for their texts. */
  async findBodyLimit(): Promise<number> {
    return 2 * (await this.#options.store.findLargestBytes()) + ROOM_FOR_TEXTS_BYTES
  }

  /** The classes of nodes of all that was made ready for somebody. */
  async listClasses(asker: WorkflowAsker): Promise<readonly string[]> {
    const { store } = this.#options
    const classes = new Set<string>()
    for (const { id, grants } of await store.list()) {
      const version = isGranted(grants, asker) ? await store.findVersion(id) : undefined
      for (const node of version?.nodes.values() ?? []) classes.add(classOf(node))
    }
    return [...classes]
  }

  /**
   * The workflow that a sent graph is. It is never run as it was sent.
   * @throws GateError BAD_REQUEST as `POST /prompt` answers it, naming node and input
   */
  async match(asker: WorkflowAsker, sent: JsonObject): Promise<PublishedRun> {
    const { store } = this.#options
    const granted = (await store.list()).filter(({ grants }) => isGranted(grants, asker))
    const ids = new Set(granted.map(({ id }) => id))
    const found = matchWorkflow(sent, await store.findByNodes(nodeKeyOf(sent), ids))
    const result = found.kind === 'unknown' ? await this.#nameNearest(sent, [...ids]) : found
    if (result.kind !== 'matched') throw toRefusal(result, sent)
    return this.#toRun(result.version, result.nodes)
  }

  /**
   * A run with these values; what is not named is as published, and seeds are drawn.
   * @throws GateError NOT_FOUND, also for a workflow that was not granted; VALIDATION_FAILED naming each input
   */
  async prepare(asker: WorkflowAsker, id: string, given: JsonObject): Promise<PreparedRun> {
    const { store } = this.#options
    const record = await store.find(id)
    const version = record !== undefined && isGranted(record.grants, asker) ? await store.findVersion(id) : undefined
    if (version === undefined) throw new GateError('NOT_FOUND', 'There is no such workflow.')
    const values = this.#withSeeds(version, readValues(version, given))
    const run = this.#toRun(version, withValues(version, values))
    return { ...run, inputs: describeValues(version, values) }
  }

  #toRun({ workflowId, name, version, canvas }: PublishedVersion, nodes: JsonObject): PublishedRun {
    const pngInfo = canvas === null ? undefined : parseLosslessJson(canvas)
    const extraData: JsonObject = new Map<string, JsonValue>([[PUBLISHED_MARK, true]])
    if (pngInfo !== undefined) extraData.set('extra_pnginfo', new Map([['workflow', pngInfo]]))
    // Somebody's own text may have come in: the same checks as for a graph that is sent.
    const checked = checkPublishedNodes(nodes, { maxNodes: this.#options.maxNodes() })
    return { workflow: { id: workflowId, name, version }, nodes: checked, extraData }
  }

  /** Which of the granted ones somebody added nodes to, or took some from. */
  async #nameNearest(sent: JsonObject, ids: readonly string[]): Promise<MatchResult> {
    const versions: PublishedVersion[] = []
    for (const id of ids) {
      const version = await this.#options.store.findVersion(id)
      if (version !== undefined) versions.push(version)
    }
    return matchWorkflow(sent, versions)
  }

  #withSeeds(version: PublishedVersion, values: Map<string, JsonValue>): ReadonlyMap<string, JsonValue> {
    for (const [key, input] of version.inputs) {
      if (input.kind !== 'seed' || values.has(key)) continue
      values.set(key, new JsonNumber(String(draw(this.#options.random, BigInt(input.min), BigInt(input.max)))))
    }
    return values
  }
}

/** Each from `min` to `max` equally likely. */
export function draw(random: Random, min: bigint, max: bigint): bigint {
  const count = max - min + 1n
  const bytes = Math.ceil(count.toString(16).length / 2)
  const all = 1n << BigInt(bytes * 8)
  // Beyond the last whole multiple some would come more often.
  const limit = all - (all % count)
  for (;;) {
    const value = BigInt(`0x${random.bytes(bytes).toString('hex')}`)
    if (value < limit) return min + (value % count)
  }
}

function readValues({ inputs }: PublishedVersion, given: JsonObject): Map<string, JsonValue> {
  const values = new Map<string, JsonValue>()
  const errors: { path: string; message: string }[] = []
  for (const [key, value] of given) {
    const input = inputs.get(key)
    const checked = input === undefined ? undefined : checkInputValue(input, toNumber(input, value))
    if (checked?.kind === 'right') values.set(key, checked.value)
    else errors.push({ path: `inputs.${key}`, message: describeWrong(key, input, checked?.why) })
  }
  const [first] = errors
  if (first !== undefined) throw new GateError('VALIDATION_FAILED', first.message, { details: { errors } })
  return values
}

const describeWrong = (key: string, input: WorkflowInput | undefined, why: string | undefined): string =>
  input === undefined || why === undefined ? `“${key}” of this workflow cannot be changed.` : `“${input.label}” ${why}.`

/** Beyond 2^53 a program in a browser can only write a seed as text. */
const toNumber = (input: WorkflowInput, value: JsonValue): JsonValue =>
  input.kind === 'seed' && typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? new JsonNumber(value) : value

function describeValues(
  { nodes, inputs }: PublishedVersion,
  values: ReadonlyMap<string, JsonValue>,
): Record<string, string | number | boolean> {
  const described: [string, string | number | boolean][] = []
  for (const [key, { kind }] of inputs) {
    const { nodeId, input } = splitInputKey(key)
    const value = values.get(key) ?? findNodeInputs(nodes.get(nodeId))?.get(input)
    if (value instanceof JsonNumber) described.push([key, kind === 'seed' ? value.text : Number(value.text)])
    else if (typeof value === 'string' || typeof value === 'boolean') described.push([key, value])
  }
  return Object.fromEntries(described)
}

const MAX_NAMED = 20
/** Also for whoever changed nothing: ComfyUI's page may have begun with a workflow of its own that looks alike. */
const openAnew = 'In ComfyUI’s page, open it anew: your name, then “Ready to run”.'

/** In ComfyUI's shape, so that its page marks the nodes. */
function toRefusal(result: Exclude<MatchResult, { kind: 'matched' }>, sent: JsonObject): GateError {
  switch (result.kind) {
    case 'unknown':
      return refused(
        'This is none of the workflows that were made ready for you',
        'Open one of them, and run it as it is.',
      )
    case 'outdated':
      return refused(`There is a newer version of “${result.version.name}”`, 'Open it again, then run it.')
    case 'changed': {
      const [first] = result.differences
      const nodeErrors = toNodeErrors(result.differences.slice(0, MAX_NAMED), sent)
      return refused(
        `“${result.version.name}” can only be run as it was made ready`,
        `${first?.words ?? ''} ${openAnew}`,
        nodeErrors,
      )
    }
  }
}

const refused = (message: string, promptDetails: string, nodeErrors: object = {}): GateError =>
  new GateError('BAD_REQUEST', `${message}.`, { details: { promptError: 'not_allowed', promptDetails, nodeErrors } })

function toNodeErrors(differences: readonly Difference[], sent: JsonObject): Record<string, unknown> {
  const ids = [...new Set(differences.map(({ nodeId }) => nodeId))].filter((id) => sent.has(id))
  const entries = ids.map((id): [string, unknown] => {
    const errors = differences
      .filter(({ nodeId }) => nodeId === id)
      .map(({ input, words }) => ({
        type: 'not_allowed',
        message: words,
        details: input ?? '',
        extra_info: input === undefined ? {} : { input_name: input },
      }))
    return [id, { errors, dependent_outputs: [], class_type: classOf(sent.get(id)) }]
  })
  return Object.fromEntries(entries)
}
