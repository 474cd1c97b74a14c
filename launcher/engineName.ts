import type { EngineKind } from './supervisorState.ts'

/** How an engine is called at the start of a sentence, and inside one. */
export interface EngineName {
  readonly start: string
  readonly inside: string
}

export const engineNames: Readonly<Record<EngineKind, EngineName>> = {
  comfyui: { start: 'ComfyUI', inside: 'ComfyUI' },
  practice: { start: 'The practice engine', inside: 'the practice engine' },
}
