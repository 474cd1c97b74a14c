import type { Diagnosis } from './knownFailures.ts'

/** What a run finds out by itself, apart from an exit (knownFailures). */
export const startTimedOut: Diagnosis = {
  code: 'START_TIMEOUT',
  isWorthARetry: true,
  message: 'ComfyUI started, but did not become ready and said nothing more. The log shows how far it came.',
}

export const companionMissing: Diagnosis = {
  code: 'COMPANION_FAILED',
  isWorthARetry: false,
  message:
    'ComfyUI started without the part that protects it, so Gatehouse ended it. The log says why; reinstalling Gatehouse may help.',
}

export const endedBecause: Readonly<Record<'WORKER_DIED' | 'NOT_ANSWERING', Diagnosis>> = {
  WORKER_DIED: {
    code: 'WORKER_DIED',
    isWorthARetry: true,
    message: 'The part of ComfyUI that runs jobs ended, so Gatehouse starts ComfyUI again.',
  },
  NOT_ANSWERING: {
    code: 'NOT_ANSWERING',
    isWorthARetry: true,
    message:
      'ComfyUI has not answered for minutes, so Gatehouse starts it again. The running job may have been too much for it.',
  },
}

export function answeredByAnother(port: number): Diagnosis {
  return {
    code: 'PORT_ANSWERED_BY_ANOTHER',
    isWorthARetry: true,
    message: `Another program answered on port ${port} in ComfyUI's place. Nothing was sent to it; Gatehouse tries again.`,
  }
}

export function portTaken(port: number | undefined): Diagnosis {
  return {
    code: 'PORT_IN_USE',
    isWorthARetry: false,
    message: `Port ${port ?? 0} is used by another program. Close it, or choose another port for ComfyUI.`,
  }
}

export function notStarted(file: string, error: unknown): Diagnosis {
  const reason = error instanceof Error ? error.message : String(error)
  return {
    code: 'PROGRAM_NOT_FOUND',
    isWorthARetry: false,
    message: `${file} could not be started (${reason}). Choose the ComfyUI folder again.`,
  }
}
