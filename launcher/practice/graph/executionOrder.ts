import type { NodeClass } from '../nodes/nodeClass.ts'
import type { JsonObject } from '../values/json.ts'
import { classTypeOf, sourcesOf } from './promptGraph.ts'

/** The nodes that still have to run, handed out so that sources come first and pictures as early as possible. */
export class ExecutionOrder {
  readonly #prompt: JsonObject
  readonly #classes: ReadonlyMap<string, NodeClass>
  readonly #blockedBy = new Map<string, Set<string>>()
  readonly #blocking = new Map<string, Set<string>>()
  readonly #ready = new Set<string>()

  /** @param isCached nodes whose results are there already; asked again as results come in */
  constructor(
    prompt: JsonObject,
    outputs: readonly string[],
    classes: ReadonlyMap<string, NodeClass>,
    isCached: (id: string) => boolean,
  ) {
    this.#prompt = prompt
    this.#classes = classes
    const toAdd = [...outputs]
    for (let id = toAdd.pop(); id !== undefined; id = toAdd.pop()) {
      if (this.#blockedBy.has(id)) continue
      const sources = new Set(sourcesOf(prompt, id).filter((source) => !isCached(source)))
      this.#blockedBy.set(id, sources)
      if (sources.size === 0) this.#ready.add(id)
      for (const source of sources) {
        const blocked = this.#blocking.get(source) ?? new Set()
        this.#blocking.set(source, blocked.add(id))
      }
      toAdd.push(...sources)
    }
  }

  get isEmpty(): boolean {
    return this.#blockedBy.size === 0
  }

  /** The node to run next; undefined when what is left waits for itself. */
  findNext(): string | undefined {
    const ready = Array.from(this.#ready)
    return ready.find((id) => this.#isOutput(id)) ?? ready.find((id) => this.#feedsOutput(id)) ?? ready[0]
  }

  complete(id: string): void {
    this.#blockedBy.delete(id)
    this.#ready.delete(id)
    for (const blocked of this.#blocking.get(id) ?? []) {
      const sources = this.#blockedBy.get(blocked)
      sources?.delete(id)
      if (sources?.size === 0) this.#ready.add(blocked)
    }
    this.#blocking.delete(id)
  }

  #isOutput(id: string): boolean {
    return this.#classes.get(classTypeOf(this.#prompt, id))?.outputNode ?? false
  }

  #feedsOutput(id: string): boolean {
    return Array.from(this.#blocking.get(id) ?? []).some((blocked) => this.#isOutput(blocked))
  }
}
