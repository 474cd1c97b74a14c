import type { EngineChoice, EngineState, LogLine } from '../contract/comfyui.ts'

/** Where the engine of this start listens on 127.0.0.1, and the secret that only the gate sends. */
export interface EngineConnection {
  readonly port: number
  readonly secret: string
  /** Changes with every start of the engine's process. */
  readonly bootId: string
}

/** The gate's view of the engine's supervisor; the composition root hands it in. */
export interface Engine {
  state(): EngineState
  /** Which engine the next start runs. */
  choice(): EngineChoice
  /** Defined only while the engine is ready and its health proof was right. */
  connection(): EngineConnection | undefined
  onStateChange(listener: (state: EngineState) => void): () => void
  start(): Promise<void>
  stop(): Promise<void>
  restart(): Promise<void>
  /** It does not react any more: everything of it is ended at once, by force, and it is started again. */
  endHung(): Promise<void>
  /** It takes more memory than it may: what it does now should stop, or it is ended as OUT_OF_MEMORY. */
  onMemoryPressure(listener: () => void): () => void
  notices(): readonly string[]
  logLines(afterSequence: number): readonly LogLine[]
  onLogLine(listener: (line: LogLine) => void): () => void
  /** A connection was refused: the supervisor proves the engine's health again before anything more is sent. */
  reportUnreachable(): void
}
