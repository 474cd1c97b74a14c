import type { JsonObject } from '../comfyui/losslessJson.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ModelFiles } from '../contract/nodeAnswers.ts'
import type { EngineNode, EngineRules, EngineRoute, NodeVerdict } from '../contract/nodes.ts'
import type { ModelRules, NodeAllowance, NodeRules } from '../contract/roleRules.ts'
import type { Logger } from '../core/logger.ts'
import { createNodeJudge, explainVerdict, isAllowanceFor, STOCK_PACK } from '../policy/nodeVerdict.ts'
import type { NodeJudge } from '../policy/nodeVerdict.ts'
import { resolveClass } from './catalog.ts'
import type { Catalog } from './catalog.ts'
import { CatalogReader } from './catalogReader.ts'
import type { EngineFacts } from './catalogReader.ts'
import { readModelFiles } from './modelFiles.ts'
import { refuseNodes, refuseUnknownEngine, refuseUnknownNode } from './nodeRefusal.ts'
import type { RefusedNode } from './nodeRefusal.ts'
import { listPromptNodes } from './promptNodes.ts'
import type { PromptNode } from './promptNodes.ts'
import type { SeenStore } from './seenStore.ts'

/*
 * proxy/nodes/ knows which classes of nodes this start of the engine has, which of them the owner has looked at, and
 * what follows from that and from a role's rules: who may run which class, and see which model. It knows no request and
 * no socket; how the engine is asked it is told.
 */

/** What the rules of somebody's role say. */
export interface PersonRules {
  readonly isAdministrator: boolean
  /** Whether they send workflows of their own; otherwise they also see the classes of what was published to them. */
  readonly mayBuild: boolean
  readonly models: ModelRules
  readonly nodes: NodeRules
}

export interface PersonRuleSource {
  /** undefined: there is no such account any more. */
  find(accountId: string): Promise<PersonRules | undefined>
  /** Classes of the published workflows that somebody may run. */
  findGranted(accountId: string): Promise<readonly string[]>
  /** Tells that somebody's rules or grants may have changed. */
  onChange(listener: () => void): () => void
}

export interface NodeRightsParts {
  readonly seen: SeenStore
  readonly rules: PersonRuleSource
  readonly logger: Logger
  readonly retryMs?: number
}

/** A class as a role meets it. */
export interface JudgedNode extends EngineNode {
  readonly verdict: NodeVerdict
  /** Of what ComfyUI brings along itself only what is new: it changes with each of its updates. */
  readonly unseen: 'new' | 'changed' | null
  readonly allowedByOwner: boolean
}

/** The classes that the rules of a role allow, each by itself. */
interface Judged {
  readonly catalog: Catalog
  readonly allowed: ReadonlySet<string>
  readonly denied: ReadonlySet<string>
}

const noRights: EngineRules = { models: {}, nodes: [] }

/** Which nodes and models people may use. Whatever is not known is not allowed. */
export class NodeRights {
  readonly #seen: SeenStore
  readonly #rules: PersonRuleSource
  readonly #reader: CatalogReader
  readonly #listeners = new Set<() => void>()
  readonly #catalogListeners = new Set<() => void>()
  readonly #unsubscribe: () => void
  /** By the rules of a role: what they make of the classes that there are. */
  #judged = new WeakMap<NodeRules, Judged>()

  constructor({ seen, rules, logger, retryMs }: NodeRightsParts) {
    this.#seen = seen
    this.#rules = rules
    this.#reader = new CatalogReader({
      logger,
      prepare: (catalog) => this.#lookFirst(catalog),
      changed: () => this.#catalogChanged(),
      ...(retryMs === undefined ? {} : { retryMs }),
    })
    this.#unsubscribe = rules.onChange(() => this.#changed())
  }

  attach(facts: EngineFacts): void {
    this.#reader.attach(facts)
  }

  followEngine(): void {
    this.#reader.follow()
  }

  /** Tells that what somebody may use may have changed. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells that the engine has other classes, or that the owner has looked at some. */
  onCatalogChange(listener: () => void): () => void {
    this.#catalogListeners.add(listener)
    return () => this.#catalogListeners.delete(listener)
  }

  /** May be called more than once. */
  close(): Promise<void> {
    this.#unsubscribe()
    this.#reader.close()
    return Promise.resolve()
  }

  /** What the engine is told to hold somebody to; undefined: nothing. */
  async find(accountId: string): Promise<EngineRules | undefined> {
    const person = await this.#rules.find(accountId)
    if (person === undefined) return noRights
    if (person.isAdministrator) return undefined
    if (person.nodes.rule === 'all') return { models: person.models, nodes: null }
    const catalog = await this.#reader.read()
    const own = catalog === undefined ? [] : listAllowed(this.#judge(catalog, person.nodes))
    const granted = person.mayBuild ? [] : await this.#rules.findGranted(accountId)
    return { models: person.models, nodes: [...new Set([...own, ...granted])].sort() }
  }

  /** Why somebody may not run these nodes as a workflow of their own, in ComfyUI's shape; undefined: they may. */
  async findRefusal(accountId: string, nodes: JsonObject): Promise<GateError | undefined> {
    const person = await this.#rules.find(accountId)
    if (person?.isAdministrator === true || person?.nodes.rule === 'all') return undefined
    const catalog = await this.#reader.read()
    if (catalog === undefined) return refuseUnknownEngine(this.#reader.problem ?? 'ComfyUI is not ready.')
    if (person === undefined) return new GateError('PERMISSION_DENIED', 'There is no such account any more.')
    return this.#judgePrompt(catalog, person.nodes, listPromptNodes(nodes))
  }

  /**
   * The same for what waits or runs, by the names of its classes. While there is no engine nothing is held for it:
   * this is asked again when there is one.
   */
  async mayRun(accountId: string, classNames: Iterable<string>): Promise<boolean> {
    const person = await this.#rules.find(accountId)
    if (person === undefined) return false
    if (person.isAdministrator || person.nodes.rule === 'all' || !this.#reader.hasEngine) return true
    const catalog = await this.#reader.read()
    if (catalog === undefined) return !this.#reader.hasEngine
    const judged = this.#judge(catalog, person.nodes)
    return [...classNames].every((name) => isAllowed(judged, name))
  }

  /** Every class as that role meets it; undefined: the engine has not said which there are. */
  async list(rules: NodeRules, isAdministrator: boolean): Promise<JudgedNode[] | undefined> {
    const catalog = await this.#reader.read()
    const judge = createNodeJudge(isAdministrator ? { ...rules, rule: 'all' } : rules)
    return (
      catalog &&
      [...catalog.nodes.values()].map((node) => ({
        ...node,
        verdict: judge(node, this.#isSeen(node)),
        unseen: this.#findUnseen(node),
        allowedByOwner: rules.allowed.some((allowance) => isAllowanceFor(allowance, node)),
      }))
    )
  }

  /** Every address of the engine, and whether the owner has looked at it; undefined as for `list`. */
  async listRoutes(): Promise<(EngineRoute & { readonly isNew: boolean })[] | undefined> {
    const catalog = await this.#reader.read()
    return catalog?.routes.map((route) => ({ ...route, isNew: !this.#seen.hasRoute(route) }))
  }

  /** Every model file that the engine lists, asked in the name of an administrator; undefined: no answer. */
  listModels(administratorId: string): Promise<ModelFiles['items'] | undefined> {
    return readModelFiles((path) => this.#reader.askFor(administratorId, path))
  }

  /** Whether this start of the engine has the class exactly so. */
  async isThere(allowance: NodeAllowance): Promise<boolean> {
    const node = (await this.#reader.read())?.nodes.get(allowance.name)
    return node !== undefined && isAllowanceFor(allowance, node)
  }

  /** Why nothing is known of an engine that is there, in words. */
  get problem(): string | undefined {
    return this.#reader.problem
  }

  /**
   * The owner has looked at exactly this. What is not there as it was looked at stays new.
   * @returns how many counted
   */
  async markSeen(
    looked: readonly NodeAllowance[],
    routes: readonly Pick<EngineRoute, 'method' | 'path'>[],
  ): Promise<number> {
    const catalog = await this.#reader.read()
    if (catalog === undefined) return 0
    const nodes = looked.flatMap((one) => {
      const node = catalog.nodes.get(one.name)
      return node?.packPath === one.packPath && node.sourceHash === one.sourceHash ? [node] : []
    })
    const there = new Set(catalog.routes.map(({ method, path }) => `${method} ${path}`))
    const known = routes.filter(({ method, path }) => there.has(`${method} ${path}`))
    await this.#seen.add(nodes, known)
    this.#catalogChanged()
    return nodes.length + known.length
  }

  /** What is there when an installation of ComfyUI is first met is what its owner chose: nothing of it is new. */
  async #lookFirst(catalog: Catalog): Promise<void> {
    const all = [...catalog.nodes.values()]
    const root = all.find(({ pack }) => pack === STOCK_PACK)?.packPath
    if (root === undefined || this.#seen.hasAnyOf(root)) return
    await this.#seen.add(all, catalog.routes, { firstOnly: true })
  }

  #findUnseen(node: EngineNode): 'new' | 'changed' | null {
    const unseen = this.#seen.findUnseen(node)
    return unseen === 'changed' && node.pack === STOCK_PACK ? null : unseen
  }

  #isSeen(node: EngineNode): boolean {
    return this.#seen.findUnseen(node) === null
  }

  #judgePrompt(catalog: Catalog, rules: NodeRules, nodes: readonly PromptNode[]): GateError | undefined {
    const judged = this.#judge(catalog, rules)
    const bad = nodes.filter(({ className }) => !isAllowed(judged, className))
    if (bad.length === 0) return undefined
    const unknown = bad.find(({ className }) => resolveClass(catalog, className).length === 0)
    if (unknown !== undefined && !judged.denied.has(unknown.className)) return refuseUnknownNode(unknown)
    const judge = createNodeJudge(rules)
    return refuseNodes(bad.map((node) => this.#explain(catalog, judge, node)))
  }

  #explain(catalog: Catalog, judge: NodeJudge, node: PromptNode): RefusedNode {
    for (const one of resolveClass(catalog, node.className)) {
      const verdict = judge(one, this.#isSeen(one))
      if (verdict !== 'allowed') return { node, why: explainVerdict(verdict, one) }
    }
    return { node, why: explainVerdict('denied', { risks: [] }) }
  }

  #judge(catalog: Catalog, rules: NodeRules): Judged {
    const known = this.#judged.get(rules)
    if (known?.catalog === catalog) return known
    const judge = createNodeJudge(rules)
    const all = [...catalog.nodes.values()]
    const allowed = all.filter((node) => judge(node, this.#isSeen(node)) === 'allowed').map(({ name }) => name)
    const judged = { catalog, allowed: new Set(allowed), denied: new Set(rules.denied) }
    this.#judged.set(rules, judged)
    return judged
  }

  #catalogChanged(): void {
    this.#judged = new WeakMap()
    for (const listener of [...this.#catalogListeners]) listener()
    this.#changed()
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Every class that the name may become must be allowed, and the name itself not be forbidden. */
function isAllowed({ catalog, allowed, denied }: Judged, name: string): boolean {
  if (!catalog.replacements.has(name)) return allowed.has(name)
  const classes = resolveClass(catalog, name)
  return classes.length > 0 && !denied.has(name) && classes.every((one) => allowed.has(one.name))
}

/** Also the names of before that become one of them. */
const listAllowed = (judged: Judged): string[] =>
  [...judged.allowed, ...judged.catalog.replacements.keys()].filter((name) => isAllowed(judged, name))
