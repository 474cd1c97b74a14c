import type { Engine } from '../comfyui/engine.ts'
import type { Logger } from '../core/logger.ts'
import { Upstream } from '../forward/upstream.ts'

/** The engine's connections of the start that runs now; those of an earlier start are ended. */
export class CurrentUpstream {
  readonly #engine: Engine
  readonly #logger: Logger
  readonly #unsubscribe: () => void
  #current: Upstream | undefined

  constructor(engine: Engine, logger: Logger) {
    this.#engine = engine
    this.#logger = logger
    this.#unsubscribe = engine.onStateChange(() => void this.get())
  }

  /** undefined while the engine is not ready: nothing that carries the secret may be sent then. */
  get(): Upstream | undefined {
    const connection = this.#engine.connection()
    if (this.#current !== undefined && (connection === undefined || !this.#current.isFor(connection))) this.#drop()
    if (connection !== undefined) this.#current ??= new Upstream(connection)
    return this.#current
  }

  close(): void {
    this.#unsubscribe()
    this.#drop()
  }

  #drop(): void {
    const old = this.#current
    this.#current = undefined
    old
      ?.close()
      .catch((error: unknown) => this.#logger.warn({ err: error }, 'the connections to the engine did not end'))
  }
}
