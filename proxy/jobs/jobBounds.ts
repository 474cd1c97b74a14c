import { GateError } from '../contract/errorCodes.ts'

/*
 * How many bytes of jobs are kept, for one person and for all. Why these numbers: docs/decisions/0011-bounds.md.
 */

const MIB = 1024 * 1024

/** Texts of one person's jobs that are not over, on disk and in memory together. */
export const WAITING_BYTES_PER_PERSON = 64 * MIB
/** The same of everybody. */
export const WAITING_BYTES = 512 * MIB
/** Of one result in the history; what is larger loses its workflow first. */
export const RESULT_BYTES = 4 * MIB
/** Of one result in its short form. */
export const SUMMARY_BYTES = 64 * 1024
/** Of one person's history; the oldest go first. */
export const HISTORY_BYTES_PER_PERSON = 256 * MIB
/** As many as ComfyUI keeps (execution.py 0.3.64, MAXIMUM_HISTORY_SIZE). */
export const HISTORY_ENTRIES_PER_PERSON = 10_000
/** Of one answer that lists jobs or results. */
export const ANSWER_BYTES = 32 * MIB
/** What a run said of itself while it ran, until its result is kept. */
export const RECORD_BYTES = 4 * MIB

/** @throws GateError QUOTA_EXCEEDED in words, when the texts of one more job do not fit */
export function checkBytes({ asked, own, all }: { asked: number; own: number; all: number }): void {
  if (own + asked > WAITING_BYTES_PER_PERSON) {
    refuse(`Your jobs that wait may have ${WAITING_BYTES_PER_PERSON / MIB} MB together, and this one does not fit.`)
  }
  if (all + asked > WAITING_BYTES) {
    refuse(`The jobs of everybody that wait may have ${WAITING_BYTES / MIB} MB together, and this one does not fit.`)
  }
}

function refuse(message: string): never {
  throw new GateError('QUOTA_EXCEEDED', `${message} Send it when some are done.`, {
    details: { retryAfterSeconds: 30 },
  })
}
