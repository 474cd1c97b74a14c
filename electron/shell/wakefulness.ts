import type { Settings } from '../../proxy/contract/settings.ts'

export interface WakeState {
  readonly keepAwake: Settings['window.keepAwake']
  /** Whether other devices can reach this computer now. */
  readonly isShared: boolean
  /** Whether ComfyUI has jobs to do. */
  readonly isWorking: boolean
}

/** Whether the computer is to stay awake by itself. Whoever closes the lid or chooses sleep still has their way. */
export function shouldStayAwake({ keepAwake, isShared, isWorking }: WakeState): boolean {
  return keepAwake === 'sharing' ? isShared || isWorking : keepAwake === 'working' && isWorking
}

export interface WakefulnessParts {
  readonly state: () => WakeState
  /** Asks the system not to fall asleep by itself. Returns how to end that. */
  readonly hold: () => () => void
}

/** Holds the computer awake as long as it should be, once at a time. */
export class Wakefulness {
  readonly #parts: WakefulnessParts
  #release: (() => void) | undefined

  constructor(parts: WakefulnessParts) {
    this.#parts = parts
  }

  /** Called whenever anything of it changed. */
  look(): void {
    if (shouldStayAwake(this.#parts.state())) this.#release ??= this.#parts.hold()
    else this.close()
  }

  /** May be called more than once. */
  close(): void {
    this.#release?.()
    this.#release = undefined
  }
}
