import type { Logger } from '../core/logger.ts'
import { parseCatalog } from './catalog.ts'
import type { Catalog } from './catalog.ts'

/** What the catalog asks of the engine, in nobody's name. Nothing here throws. */
export interface EngineFacts {
  /** Of the start that can be asked now. */
  bootId(): string | undefined
  /** undefined: no answer. */
  ask(path: string): Promise<EngineAnswer | undefined>
  /** The same in somebody's name. */
  askFor(accountId: string, path: string): Promise<EngineAnswer | undefined>
}

interface EngineAnswer {
  readonly status: number
  readonly body: Buffer
}

const RETRY_MS = 5_000
/** An engine of before has no such route. */
const MISSING = [404, 405]

export interface CatalogReaderParts {
  readonly logger: Logger
  /** Before a catalog counts. What it throws is as if the engine had not answered. */
  readonly prepare: (catalog: Catalog) => Promise<void>
  readonly changed: () => void
  readonly retryMs?: number
}

const nothing: EngineFacts = {
  bootId: () => undefined,
  ask: () => Promise.resolve(undefined),
  askFor: () => Promise.resolve(undefined),
}

type Reading =
  | { readonly bootId: string; readonly kind: 'known'; readonly catalog: Catalog }
  | { readonly bootId: string; readonly kind: 'underWay'; readonly done: Promise<Catalog | undefined> }
  | { readonly bootId: string; readonly kind: 'failed'; readonly problem: string }

/** Asks each start of the engine once what it has, and again after a while when it did not say. */
export class CatalogReader {
  readonly #parts: CatalogReaderParts
  #facts = nothing
  #reading: Reading | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: CatalogReaderParts) {
    this.#parts = parts
  }

  attach(facts: EngineFacts): void {
    this.#facts = facts
    this.follow()
  }

  /** A question of somebody's, not remembered. */
  askFor(accountId: string, path: string): Promise<EngineAnswer | undefined> {
    return this.#facts.askFor(accountId, path)
  }

  /** Whether an engine is there that can be asked. */
  get hasEngine(): boolean {
    return this.#facts.bootId() !== undefined
  }

  /** Why nothing is known of the engine that is there, in words. */
  get problem(): string | undefined {
    const reading = this.#current()
    return reading?.kind === 'failed' ? reading.problem : undefined
  }

  /** What is known without waiting. */
  peek(): Catalog | undefined {
    const reading = this.#current()
    return reading?.kind === 'known' ? reading.catalog : undefined
  }

  /** Waits while the engine is being asked. undefined: it is not there, or did not say. */
  read(): Promise<Catalog | undefined> {
    const reading = this.#current()
    if (reading === undefined) return this.#begin()
    return reading.kind === 'underWay' ? reading.done : Promise.resolve(this.peek())
  }

  /** The engine came or went. */
  follow(): void {
    if (this.#current() === undefined) void this.#begin()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
  }

  /** Of another start nothing counts. */
  #current(): Reading | undefined {
    return this.#reading?.bootId === this.#facts.bootId() ? this.#reading : undefined
  }

  #begin(): Promise<Catalog | undefined> {
    clearTimeout(this.#retry)
    const bootId = this.#facts.bootId()
    if (bootId === undefined || this.#closed) return Promise.resolve(undefined)
    const done = this.#ask(bootId)
    this.#reading = { bootId, kind: 'underWay', done }
    return done
  }

  async #ask(bootId: string): Promise<Catalog | undefined> {
    let next: Reading
    try {
      const catalog = await this.#fetch(bootId)
      await this.#parts.prepare(catalog)
      next = { bootId, kind: 'known', catalog }
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the engine did not say which nodes it has')
      const problem = error instanceof OldEngine ? OLD : SILENT
      next = { bootId, kind: 'failed', problem }
    }
    // Another start may have begun meanwhile.
    if (this.#facts.bootId() !== bootId || this.#closed) return undefined
    this.#reading = next
    if (next.kind === 'failed') this.#tryLater()
    this.#parts.changed()
    return this.peek()
  }

  async #fetch(bootId: string): Promise<Catalog> {
    const [nodes, routes, replacements] = await Promise.all(
      ['/gatehouse/companion/nodes', '/gatehouse/companion/routes', '/node_replacements'].map((path) =>
        this.#facts.ask(path),
      ),
    )
    const isOlder = replacements !== undefined && MISSING.includes(replacements.status)
    return parseCatalog(bootId, {
      nodes: textOf(nodes),
      routes: textOf(routes),
      replacements: isOlder ? undefined : textOf(replacements),
    })
  }

  #tryLater(): void {
    this.#retry = setTimeout(() => void this.#begin(), this.#parts.retryMs ?? RETRY_MS)
    this.#retry.unref()
  }
}

class OldEngine extends Error {}

function textOf(answer: EngineAnswer | undefined): string {
  if (answer?.status === 200) return answer.body.toString('utf8')
  if (answer !== undefined && MISSING.includes(answer.status)) throw new OldEngine('the engine is of before')
  throw new Error(`the engine answered ${answer?.status ?? 'nothing'}`)
}

const SILENT = 'ComfyUI has not said yet which nodes it has.'
const OLD =
  'ComfyUI was started by an earlier version of Gatehouse and does not say which nodes it has. Restart ComfyUI.'
