import { assertNever } from '../proxy/core/assertNever.ts'
import type { HealthAnswer } from './readinessProbe.ts'

/** When a series of health answers means something; times in milliseconds. */
export interface WatchRules {
  /** No answer for so long, with a living process: it hangs. ComfyUI stalls for seconds when a node holds Python's lock. */
  hangAfterMs: number
  /** Nobody listens for so long, with a living process: it restarted itself. */
  refusedAfterMs: number
  /** So many answers without proof in a row; one may be an accident. */
  unprovedAnswers: number
  /** So many answers in a row that say the worker is dead. */
  deadWorkerAnswers: number
}

export const defaultWatchRules: WatchRules = {
  hangAfterMs: 120_000,
  refusedAfterMs: 3_000,
  unprovedAnswers: 2,
  deadWorkerAnswers: 2,
}

export interface Watch {
  silentSinceMs: number | undefined
  refusedSinceMs: number | undefined
  unproved: number
  deadWorker: number
}

export const freshWatch: Watch = { silentSinceMs: undefined, refusedSinceMs: undefined, unproved: 0, deadWorker: 0 }

/** `unsure`: ask again soon, and hand out no connection until the proof is right again. `patient`: only slow. */
export type Verdict =
  | { kind: 'healthy' }
  | { kind: 'patient' }
  | { kind: 'unsure' }
  | { kind: 'restartedInside' }
  | { kind: 'crashed'; code: 'WORKER_DIED' | 'NOT_ANSWERING' }

/** What one more health answer of a living, once proved process means. */
export function judgeHealth(
  watch: Watch,
  answer: HealthAnswer,
  bootId: string,
  nowMs: number,
  rules: WatchRules = defaultWatchRules,
): { watch: Watch; verdict: Verdict } {
  switch (answer.kind) {
    case 'proved': {
      if (answer.health.bootId !== bootId) return { watch: freshWatch, verdict: { kind: 'restartedInside' } }
      const deadWorker = answer.health.workerAlive ? 0 : watch.deadWorker + 1
      const isDead = deadWorker >= rules.deadWorkerAnswers
      return {
        watch: { ...freshWatch, deadWorker },
        verdict: isDead ? { kind: 'crashed', code: 'WORKER_DIED' } : { kind: 'healthy' },
      }
    }
    case 'silent': {
      const silentSinceMs = watch.silentSinceMs ?? nowMs
      const hangs = nowMs - silentSinceMs >= rules.hangAfterMs
      return {
        watch: { ...watch, silentSinceMs, refusedSinceMs: undefined },
        verdict: hangs ? { kind: 'crashed', code: 'NOT_ANSWERING' } : { kind: 'patient' },
      }
    }
    case 'refused': {
      const refusedSinceMs = watch.refusedSinceMs ?? nowMs
      const isGone = nowMs - refusedSinceMs >= rules.refusedAfterMs
      return {
        watch: { ...watch, refusedSinceMs },
        verdict: isGone ? { kind: 'restartedInside' } : { kind: 'unsure' },
      }
    }
    case 'unproved': {
      const unproved = watch.unproved + 1
      const isOther = unproved >= rules.unprovedAnswers
      return { watch: { ...watch, unproved }, verdict: isOther ? { kind: 'restartedInside' } : { kind: 'unsure' } }
    }
    default:
      return assertNever(answer)
  }
}
