import type { Clock } from '../core/clock.ts'
import { classOf, findNodeInputs, toInputKey } from './publishedGraph.ts'
import type { PublishedVersion } from './publishedGraph.ts'

export interface WorkflowProblemsOptions {
  readonly clock: Clock
  /** ComfyUI's answer of `GET /object_info` for somebody; undefined: it does not answer now. */
  readonly readObjectInfo: (accountId: string) => Promise<Buffer | undefined>
  /** Who sees everything that is there. */
  readonly findOwnerId: () => Promise<string | undefined>
  /** Tells that what somebody may use, or what there is, may have changed. */
  readonly onChange: (listener: () => void) => void
}

/** ComfyUI makes a megabyte for each question, and looks into folders for it. */
const KEPT_MS = 20_000
const MAX_PEOPLE = 50

/** By class the inputs that take one of some texts only. */
type Offers = ReadonlyMap<string, ReadonlyMap<string, readonly unknown[]>>

interface Known {
  readonly atMs: number
  /** undefined: ComfyUI does not answer. */
  readonly offers: Promise<Offers | undefined>
}

/** Tells whether workflows can run now, for somebody: whether their nodes and models are there and allowed. */
export class WorkflowProblems {
  readonly #options: WorkflowProblemsOptions
  readonly #known = new Map<string, Known>()

  constructor(options: WorkflowProblemsOptions) {
    this.#options = options
    options.onChange(() => this.#known.clear())
  }

  /** In words, by the workflow's id, of those that cannot run. While ComfyUI does not answer, of none. */
  async find(accountId: string, versions: readonly PublishedVersion[]): Promise<ReadonlyMap<string, string>> {
    if (versions.length === 0) return new Map()
    const ownerId = await this.#options.findOwnerId()
    const own = await this.#findNeeds(accountId, versions)
    const problems = new Map<string, string>()
    if (own.size === 0) return problems
    const missing = ownerId === undefined || ownerId === accountId ? own : await this.#findNeeds(ownerId, versions)
    for (const [id, need] of own) {
      const isThere = !missing.has(id)
      problems.set(id, `It needs ${need}, which ${isThere ? 'your role may not use' : 'is not there now'}.`)
    }
    return problems
  }

  /** What is not there for somebody. */
  async #findNeeds(accountId: string, list: readonly PublishedVersion[]): Promise<ReadonlyMap<string, string>> {
    const needs = new Map<string, string>()
    const offers = await this.#getOffers(accountId)
    for (const version of offers === undefined ? [] : list) {
      const need = findNeed(version, offers ?? new Map())
      if (need !== undefined) needs.set(version.workflowId, need)
    }
    return needs
  }

  /** Whichever workflows are asked for: ComfyUI is asked once, and also for those who ask meanwhile. */
  #getOffers(accountId: string): Promise<Offers | undefined> {
    const nowMs = this.#options.clock.nowMs()
    const known = this.#known.get(accountId)
    if (known !== undefined && nowMs - known.atMs < KEPT_MS) return known.offers
    const offers = this.#read(accountId)
    this.#known.delete(accountId)
    const [oldest] = this.#known.size >= MAX_PEOPLE ? this.#known.keys() : []
    if (oldest !== undefined) this.#known.delete(oldest)
    const asked: Known = { atMs: nowMs, offers }
    this.#known.set(accountId, asked)
    const forget = (): void => {
      if (this.#known.get(accountId) === asked) this.#known.delete(accountId)
    }
    offers.then((found) => (found === undefined ? forget() : undefined), forget)
    return offers
  }

  async #read(accountId: string): Promise<Offers | undefined> {
    const answer = await this.#options.readObjectInfo(accountId)
    // Only names are looked at, and no number of it goes anywhere.
    return answer === undefined ? undefined : toOffers(JSON.parse(answer.toString('utf8')))
  }
}

function toOffers(objectInfo: unknown): Offers {
  return new Map(
    Object.entries(toRecord(objectInfo)).map(([className, facts]: [string, unknown]) => {
      const input = member(facts, 'input')
      // What is required comes last, and so counts.
      const definitions = ['optional', 'required'].flatMap((group) => Object.entries(toRecord(member(input, group))))
      return [className, new Map(definitions.flatMap(([name, one]) => toOffer(name, one)))]
    }),
  )
}

/** Lists of one's own files are no matter of the workflow, and what is no list of texts takes anything. */
function toOffer(name: string, definition: unknown): readonly [string, readonly unknown[]][] {
  if (!isList(definition)) return []
  const [type, options] = definition
  const choices = isList(type) ? type : type === 'COMBO' ? member(options, 'options') : undefined
  if (!isList(choices) || Object.keys(toRecord(options)).some(isOfFiles)) return []
  return [[name, choices]]
}

/** The first thing that a graph needs and that is not there, to read after "needs". */
function findNeed({ nodes, inputs }: PublishedVersion, offers: Offers): string | undefined {
  for (const [id, node] of nodes) {
    const className = classOf(node)
    const offered = offers.get(className)
    if (offered === undefined) return `the node “${className}”`
    for (const [name, value] of findNodeInputs(node) ?? []) {
      if (typeof value !== 'string' || inputs.has(toInputKey(id, name))) continue
      if (offered.get(name)?.includes(value) === false) return `“${value}”`
    }
  }
  return undefined
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const isOfFiles = (option: string): boolean =>
  option.endsWith('_upload') || option === 'image_folder' || option === 'remote'

const toRecord = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

function member(value: unknown, name: string): unknown {
  const found: unknown = Object.getOwnPropertyDescriptor(toRecord(value), name)?.value
  return found
}
