import { charge, chooseNext, correct, emptyFairShare } from '../../proxy/jobs/fairShare.ts'
import type { FairShare } from '../../proxy/jobs/fairShare.ts'

export interface WaitingShare {
  readonly weight: number
  /** What each job really takes, in its order. */
  readonly jobs: readonly number[]
}

export interface Served {
  readonly accountId: string
  readonly at: number
  readonly seconds: number
}

/** Serves everything, one job at a time, all sent at the beginning; `guess` is what the gate expects of a job. */
export function serveAll(people: Readonly<Record<string, WaitingShare>>, guess: (seconds: number) => number): Served[] {
  let share: FairShare = emptyFairShare
  const left = new Map(Object.entries(people).map(([id, { jobs }]) => [id, [...jobs]]))
  const served: Served[] = []
  let at = 0
  for (;;) {
    const waiting = [...left].flatMap(([accountId, jobs], order) => (jobs.length > 0 ? [{ accountId, order }] : []))
    const accountId = chooseNext(share, waiting)
    if (accountId === undefined) return served
    const seconds = left.get(accountId)?.shift() ?? 0
    const weight = people[accountId]?.weight ?? 1
    share = charge(share, { accountId, seconds: guess(seconds), weight })
    share = correct(share, { accountId, seconds: seconds - guess(seconds), weight })
    served.push({ accountId, at, seconds })
    at += seconds
  }
}

/** The one in the middle; of two, the later. */
export const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
