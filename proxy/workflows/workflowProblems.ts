import type { Clock } from '../core/clock.ts'
import { classOf, findNodeInputs, toInputKey } from './publishedGraph.ts'
import type { PublishedVersion } from './publishedGraph.ts'

export interface WorkflowProblemsOptions {
  readonly clock: Clock
  /** ComfyUI's answer of `GET /object_info` for somebody; undefined: it does not answer now. */
  readonly readObjectInfo: (accountId: string) => Promise<Buffer | undefined>
  /** Who sees everything that is there. */
  readonly findOwnerId: () => Promise<string | undefined>
}

/** ComfyUI makes a megabyte for each question, and looks into folders for it. */
const KEPT_MS = 20_000
const MAX_PEOPLE = 200

interface Known {
  readonly atMs: number
  readonly versions: string
  readonly needs: Promise<ReadonlyMap<string, string>>
}

/** Tells whether workflows can run now, for somebody: whether their nodes and models are there and allowed. */
export class WorkflowProblems {
  readonly #options: WorkflowProblemsOptions
  readonly #known = new Map<string, Known>()

  constructor(options: WorkflowProblemsOptions) {
    this.#options = options
  }

  /** In words, by the workflow's id, of those that cannot run. While ComfyUI does not answer, of none. */
  async find(accountId: string, versions: readonly PublishedVersion[]): Promise<ReadonlyMap<string, string>> {
    if (versions.length === 0) return new Map()
    const ownerId = await this.#options.findOwnerId()
    const own = await this.#needs(accountId, versions)
    const problems = new Map<string, string>()
    if (own.size === 0) return problems
    const missing = ownerId === undefined || ownerId === accountId ? own : await this.#needs(ownerId, versions)
    for (const [id, need] of own) {
      const isThere = !missing.has(id)
      problems.set(id, `It needs ${need}, which ${isThere ? 'your role may not use' : 'is not there now'}.`)
    }
    return problems
  }

  /** What is not there for somebody. */
  #needs(accountId: string, list: readonly PublishedVersion[]): Promise<ReadonlyMap<string, string>> {
    const nowMs = this.#options.clock.nowMs()
    const versions = list.map(({ workflowId, version }) => `${workflowId}:${version}`).join()
    const known = this.#known.get(accountId)
    if (known !== undefined && known.versions === versions && nowMs - known.atMs < KEPT_MS) return known.needs
    const needs = this.#read(accountId, list)
    this.#known.delete(accountId)
    if (this.#known.size >= MAX_PEOPLE) this.#known.clear()
    this.#known.set(accountId, { atMs: nowMs, versions, needs })
    needs.then(
      (found) => found,
      () => this.#known.delete(accountId),
    )
    return needs
  }

  async #read(accountId: string, list: readonly PublishedVersion[]): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#options.readObjectInfo(accountId)
    const needs = new Map<string, string>()
    if (answer === undefined) {
      this.#known.delete(accountId)
      return needs
    }
    // Only names are looked at, and no number of it goes anywhere.
    const objectInfo: unknown = JSON.parse(answer.toString('utf8'))
    for (const version of list) {
      const need = findNeed(version, objectInfo)
      if (need !== undefined) needs.set(version.workflowId, need)
    }
    return needs
  }
}

/** The first thing that a graph needs and that is not there, to read after "needs". */
export function findNeed({ nodes, inputs }: PublishedVersion, objectInfo: unknown): string | undefined {
  for (const [id, node] of nodes) {
    const className = classOf(node)
    const facts = member(objectInfo, className)
    if (facts === undefined) return `the node “${className}”`
    for (const [name, value] of findNodeInputs(node) ?? []) {
      if (typeof value !== 'string' || inputs.has(toInputKey(id, name))) continue
      if (!isOffered(facts, name, value)) return `“${value}”`
    }
  }
  return undefined
}

/** Lists of one's own files are no matter of the workflow, and what is no list of texts takes anything. */
function isOffered(facts: unknown, name: string, value: string): boolean {
  const input = member(facts, 'input')
  const definition = member(member(input, 'required'), name) ?? member(member(input, 'optional'), name)
  if (!isList(definition)) return true
  const [type, options] = definition
  const choices = isList(type) ? type : type === 'COMBO' ? member(options, 'options') : undefined
  if (!isList(choices) || Object.keys(toRecord(options)).some(isOfFiles)) return true
  return choices.includes(value)
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const isOfFiles = (option: string): boolean =>
  option.endsWith('_upload') || option === 'image_folder' || option === 'remote'

const toRecord = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

function member(value: unknown, name: string): unknown {
  const found: unknown = Object.getOwnPropertyDescriptor(toRecord(value), name)?.value
  return found
}
