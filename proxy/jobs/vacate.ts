import type { Dispatcher } from './dispatcher.ts'
import type { JobLedger } from './jobLedger.ts'
import { isUpstream } from './jobState.ts'

/** An answer of the engine may have been missed. */
const LOOK_AGAIN_MS = 1_000

export interface VacateParts {
  readonly ledger: JobLedger
  readonly dispatcher: Pick<Dispatcher, 'takeBack'>
}

/**
 * Resolves when the engine has no job of this person: what has not begun comes back, what runs ends. For who keeps
 * further ones from beginning.
 */
export async function vacate(parts: VacateParts, accountId: string, signal: AbortSignal): Promise<void> {
  const { ledger, dispatcher } = parts
  for (;;) {
    const changed = nextChange(ledger, accountId, signal)
    const jobs = ledger.ofAccount(accountId).filter(({ status }) => isUpstream(status.state))
    if (jobs.length === 0 || signal.aborted) return
    for (const job of jobs) if (job.status.state === 'sent') await dispatcher.takeBack(job)
    await changed
  }
}

/** Resolves at the next change of the person's jobs, or after a while. */
function nextChange(ledger: JobLedger, accountId: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, LOOK_AGAIN_MS)
    const stop = ledger.onChange((changed) => {
      if (changed === accountId) done()
    })
    signal.addEventListener('abort', done)
  })
}
