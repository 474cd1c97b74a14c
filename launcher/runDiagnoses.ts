import type { EngineName } from './engineName.ts'
import type { Diagnosis } from './knownFailures.ts'
import type { EngineKind } from './supervisorState.ts'

/** What a run finds out by itself, apart from an exit (knownFailures). */
export const startTimedOut = (name: EngineName): Diagnosis => ({
  code: 'START_TIMEOUT',
  isWorthARetry: true,
  message: `${name.start} started, but did not become ready and said nothing more. The log shows how far it came.`,
})

export const companionMissing: Diagnosis = {
  code: 'COMPANION_FAILED',
  isWorthARetry: false,
  message:
    'ComfyUI started without the part that protects it, so Gatehouse ended it. The log says why; reinstalling Gatehouse may help.',
}

export function endedBecause(code: 'WORKER_DIED' | 'NOT_ANSWERING', name: EngineName): Diagnosis {
  const message =
    code === 'WORKER_DIED'
      ? `The part of ${name.inside} that runs jobs ended, so Gatehouse starts it again.`
      : `${name.start} has not answered for minutes, so Gatehouse starts it again. The running job may have been too much for it.`
  return { code, isWorthARetry: true, message }
}

export const outOfMemory = (name: EngineName): Diagnosis => ({
  code: 'OUT_OF_MEMORY',
  isWorthARetry: true,
  message: `${name.start} took more of this computer's memory than it may and did not give it back, so Gatehouse ended it and starts it again. Use a smaller model or picture.`,
})

export function answeredByAnother(port: number, name: EngineName): Diagnosis {
  return {
    code: 'PORT_ANSWERED_BY_ANOTHER',
    isWorthARetry: true,
    message: `Another program answered on port ${port} in place of ${name.inside}. Nothing was sent to it; Gatehouse tries again.`,
  }
}

export function portTaken(port: number | undefined, name: EngineName): Diagnosis {
  return {
    code: 'PORT_IN_USE',
    isWorthARetry: false,
    message: `Port ${port ?? 0} is used by another program. Close it, or choose another port for ${name.inside}.`,
  }
}

export function notStarted(file: string, error: unknown, engine: EngineKind): Diagnosis {
  const reason = error instanceof Error ? error.message : String(error)
  const advice = engine === 'comfyui' ? 'Choose the ComfyUI folder again.' : 'Reinstalling Gatehouse may help.'
  return {
    code: 'PROGRAM_NOT_FOUND',
    isWorthARetry: false,
    message: `${file} could not be started (${reason}). ${advice}`,
  }
}
