import { assertNever } from '../proxy/core/assertNever.ts'
import type { EngineName } from './engineName.ts'
import type { RunOutcome } from './engineRunTypes.ts'
import { toFailure } from './knownFailures.ts'
import type { Failure } from './supervisorState.ts'

/** Why one run after the other ends, for people. */
export function toLoopFailure(outcome: Exclude<RunOutcome, { kind: 'stopped' | 'stuck' }>, name: EngineName): Failure {
  switch (outcome.kind) {
    case 'crashed':
      return toFailure(outcome.code, outcome.message, outcome.logLines)
    case 'restartedInside':
      return toFailure('EXITED', `${name.start} restarts itself again and again.`, [])
    default:
      return assertNever(outcome)
  }
}

/** What of it could not be ended. */
export function stuckFailure(whose: string, pids: readonly number[]): Failure {
  const message = `Parts of ${whose} do not end (process ${pids.join(', ')}). Restart the computer, then try again.`
  return toFailure('STILL_RUNNING', message, [])
}
