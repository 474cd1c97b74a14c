import { setFlagsFromString } from 'node:v8'
import type { Dispatcher } from 'undici'
// The package's own entry loads fetch, caches and mocks with it: 12 MB more in memory, and nothing here uses them.
import Pool from 'undici/lib/dispatcher/pool.js'
import type { EngineConnection } from '../comfyui/engine.ts'

/*
 * proxy/forward/ moves bytes between a client and the engine. It is handed finished decisions and knows no role.
 */

/** Connections to the engine at once: every slow upload and download holds one. */
const MAX_CONNECTIONS = 512

/**
 * undici's parser is WebAssembly. Optimizing its largest function takes V8 24 MB and a twentieth of a second on a thread
 * whose memory stays, for 2 % (measured), and by itself V8 does it within the first five answers. Like this it waits until some
 * hundred were parsed: a gate that nobody uses stays small. It counts for WebAssembly that is loaded afterwards.
 */
const optimizeParserLater = (): void => setFlagsFromString('--wasm-tiering-budget=2000000000')

/** The engine of one start: a pool of connections that all carry this start's secret. */
export class Upstream {
  readonly bootId: string
  readonly port: number
  readonly #pool: InstanceType<typeof Pool>
  readonly #secret: string

  constructor(connection: EngineConnection) {
    this.bootId = connection.bootId
    this.port = connection.port
    this.#secret = connection.secret
    optimizeParserLater()
    this.#pool = new Pool(`http://127.0.0.1:${connection.port}`, {
      connections: MAX_CONNECTIONS,
      // Less than aiohttp's 75 s, so that no request meets a connection that is being closed.
      keepAliveTimeout: 20_000,
      connectTimeout: 5_000,
      // A validation, or a first read of a slow disk, may keep ComfyUI busy for long.
      headersTimeout: 600_000,
      bodyTimeout: 600_000,
    })
  }

  isFor(connection: EngineConnection): boolean {
    return connection.bootId === this.bootId && connection.port === this.port && connection.secret === this.#secret
  }

  dispatch(options: Dispatcher.DispatchOptions & { headers: string[] }, handler: Dispatcher.DispatchHandler): void {
    options.headers.push('x-gatehouse-secret', this.#secret)
    this.#pool.dispatch(options, handler)
  }

  /** Ends every request under way. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}
