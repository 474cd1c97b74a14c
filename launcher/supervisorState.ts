import { assertNever } from '../proxy/core/assertNever.ts'

/** Why the engine is not running. Part of the API: never renamed. */
export type FailureCode =
  | 'PORT_IN_USE'
  | 'PORT_ANSWERED_BY_ANOTHER'
  | 'COMPANION_FAILED'
  | 'MISSING_MODULE'
  | 'NO_GPU'
  | 'TORCH_WITHOUT_CUDA'
  | 'OUT_OF_MEMORY'
  | 'BAD_ARGUMENT'
  | 'MISSING_PATH'
  | 'PROGRAM_NOT_FOUND'
  | 'START_TIMEOUT'
  | 'WORKER_DIED'
  | 'NOT_ANSWERING'
  | 'KILLED'
  | 'STILL_RUNNING'
  | 'EXITED'

export interface Failure {
  code: FailureCode
  /** Plain words, and what to do. */
  message: string
  /** The last lines of the engine's log, redacted. */
  details: string
}

export interface Progress {
  /** 0 to 1; never goes back within one start. */
  fraction: number
  text: string
}

export type EngineKind = 'comfyui' | 'practice'

export type SupervisorState =
  | { kind: 'stopped' }
  | { kind: 'starting'; sinceMs: number; attempt: number; progress: Progress }
  | {
      kind: 'ready'
      sinceMs: number
      pid: number
      port: number
      bootId: string
      engine: EngineKind
      version: string
    }
  | { kind: 'stopping'; sinceMs: number }
  | { kind: 'backingOff'; retryAtMs: number; attempt: number; failure: Failure }
  | { kind: 'failed'; failure: Failure }

export type SupervisorEvent =
  | { kind: 'startRequested'; attempt: number }
  | { kind: 'progressed'; progress: Progress }
  | { kind: 'proved'; pid: number; port: number; bootId: string; engine: EngineKind; version: string }
  | { kind: 'stopRequested' }
  | { kind: 'treeGone' }
  | { kind: 'retryPlanned'; retryAtMs: number; attempt: number; failure: Failure }
  | { kind: 'gaveUp'; failure: Failure }

/** The state after an event. An event that does not fit (a late answer, say) leaves the very same state. */
export function nextState(state: SupervisorState, event: SupervisorEvent, nowMs: number): SupervisorState {
  switch (event.kind) {
    case 'startRequested':
      if (state.kind === 'stopping') return state
      return { kind: 'starting', sinceMs: nowMs, attempt: event.attempt, progress: { fraction: 0, text: 'Starting' } }
    case 'progressed':
      return state.kind === 'starting' ? withProgress(state, event.progress) : state
    case 'proved': {
      if (state.kind !== 'starting') return state
      const { pid, port, bootId, engine, version } = event
      return { kind: 'ready', sinceMs: nowMs, pid, port, bootId, engine, version }
    }
    case 'stopRequested':
      return state.kind === 'stopped' || state.kind === 'stopping' ? state : { kind: 'stopping', sinceMs: nowMs }
    case 'treeGone':
      return state.kind === 'stopping' ? { kind: 'stopped' } : state
    case 'retryPlanned': {
      if (state.kind !== 'starting' && state.kind !== 'ready') return state
      const { retryAtMs, attempt, failure } = event
      return { kind: 'backingOff', retryAtMs, attempt, failure }
    }
    case 'gaveUp':
      return state.kind === 'starting' || state.kind === 'ready' || state.kind === 'stopping'
        ? { kind: 'failed', failure: event.failure }
        : state
    default:
      return assertNever(event)
  }
}

function withProgress(state: Extract<SupervisorState, { kind: 'starting' }>, progress: Progress): SupervisorState {
  const fraction = Math.max(state.progress.fraction, progress.fraction)
  if (fraction === state.progress.fraction && progress.text === state.progress.text) return state
  return { ...state, progress: { fraction, text: progress.text } }
}
