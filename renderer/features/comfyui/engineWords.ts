import type { EngineChoice, EngineState } from '../../../proxy/contract/comfyui.ts'
import type { GateMarkState } from '../../components/GateMark.tsx'
import { toDuration } from '../../words/time.ts'

export type EngineTone = 'quiet' | 'busy' | 'good' | 'attention' | 'problem'

export interface EngineWords {
  /** What the switch says: "Starting 40 %, 12 s". */
  readonly state: string
  readonly detail: string | undefined
  readonly tone: EngineTone
  readonly mark: GateMarkState
}

/** The engine's state in words, at the time `nowMs`. */
export function describeEngine(state: EngineState, nowMs: number): EngineWords {
  switch (state.kind) {
    case 'stopped':
      return { state: 'Stopped', detail: undefined, tone: 'quiet', mark: { kind: 'stopped' } }
    case 'starting': {
      const percent = Math.round(state.progress.fraction * 100)
      return {
        state: `Starting ${percent} %, ${toDuration(nowMs - state.sinceMs)}`,
        detail: state.attempt > 1 ? `${toOrdinal(state.attempt)} try. ${state.progress.text}` : state.progress.text,
        tone: 'busy',
        mark: { kind: 'starting', fraction: state.progress.fraction },
      }
    }
    case 'ready':
      return {
        state: 'Running',
        detail: `${engineName(state.engine, state.version)}, for ${toDuration(nowMs - state.sinceMs)}`,
        tone: 'good',
        mark: { kind: 'running' },
      }
    case 'stopping':
      return {
        state: `Stopping, ${toDuration(nowMs - state.sinceMs)}`,
        detail: 'Running jobs are ended first.',
        tone: 'busy',
        mark: { kind: 'stopped' },
      }
    case 'backingOff':
      return {
        state: `Starting again in ${toDuration(Math.max(0, state.retryAtMs - nowMs + 999))}`,
        detail: undefined,
        tone: 'attention',
        mark: { kind: 'attention' },
      }
    case 'failed':
      return { state: 'Stopped by a problem', detail: undefined, tone: 'problem', mark: { kind: 'attention' } }
  }
}

/** "ComfyUI 0.3.64" or "Practice engine". */
export function engineName(engine: 'comfyui' | 'practice', version: string | null): string {
  if (engine === 'practice') return 'Practice engine'
  return version === null || version === '' ? 'ComfyUI' : `ComfyUI ${version}`
}

/** The engine that was chosen, at the start of a sentence and inside one. */
export function chosenEngine(choice: Pick<EngineChoice, 'kind'>): { readonly start: string; readonly inside: string } {
  return choice.kind === 'practice'
    ? { start: 'The practice engine', inside: 'the practice engine' }
    : { start: 'ComfyUI', inside: 'ComfyUI' }
}

export function describeChoice(choice: EngineChoice): string {
  switch (choice.kind) {
    case 'none':
      return 'Nothing chosen yet'
    case 'practice':
      return 'Practice engine'
    case 'comfyui':
      return engineName('comfyui', choice.version)
  }
}

/** Whether somebody asked for it to run: what the switch shows. */
export function isEngineWanted(state: EngineState): boolean {
  return state.kind === 'starting' || state.kind === 'ready' || state.kind === 'backingOff'
}

export function isEngineMoving(state: EngineState): boolean {
  return state.kind === 'starting' || state.kind === 'stopping' || state.kind === 'backingOff'
}

/** How often the words about a state change, in ms: seconds are counted in the first minute. `nowMs` may be 30 s old. */
export function engineRhythmMs(state: EngineState, nowMs: number): number {
  if (isEngineMoving(state)) return 500
  return state.kind === 'ready' && nowMs - state.sinceMs < 60_000 ? 1000 : 30_000
}

function toOrdinal(number: number): string {
  const rest = number % 100
  if (rest >= 11 && rest <= 13) return `${number}th`
  return `${number}${['th', 'st', 'nd', 'rd'][number % 10] ?? 'th'}`
}
