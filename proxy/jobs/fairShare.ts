/**
 * Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queuing", 1996) over people. A person's job starts at
 * the later of the time of the system and the end of that person's job before; the earliest start is served next. What
 * a job costs is guessed when it is served and set right when it has run. Whoever was away gets no credit for it.
 */
export interface FairShare {
  /** Start of the job served last, in seconds of a person of weight 1. */
  readonly nowSeconds: number
  /** Where each person's next job may start. Those that are not ahead of `nowSeconds` are left out. */
  readonly nextStartSeconds: ReadonlyMap<string, number>
}

export interface WaitingPerson {
  readonly accountId: string
  /** What decides between equals: the number of the person's first waiting job. */
  readonly order: number
}

export interface ServedJob {
  readonly accountId: string
  readonly seconds: number
  readonly weight: number
}

export const emptyFairShare: FairShare = { nowSeconds: 0, nextStartSeconds: new Map() }

const startOf = ({ nowSeconds, nextStartSeconds }: FairShare, accountId: string): number =>
  Math.max(nowSeconds, nextStartSeconds.get(accountId) ?? 0)

/** Whose job is served next; undefined when nobody waits. */
export function chooseNext(share: FairShare, waiting: readonly WaitingPerson[]): string | undefined {
  let best: { start: number; person: WaitingPerson } | undefined
  for (const person of waiting) {
    const start = startOf(share, person.accountId)
    if (best === undefined || start < best.start || (start === best.start && isBefore(person, best.person))) {
      best = { start, person }
    }
  }
  return best?.person.accountId
}

const isBefore = (one: WaitingPerson, other: WaitingPerson): boolean =>
  one.order < other.order || (one.order === other.order && one.accountId < other.accountId)

/** After a job was handed over: its person's next one starts later by what it is expected to cost. */
export function charge(share: FairShare, { accountId, seconds, weight }: ServedJob): FairShare {
  const start = startOf(share, accountId)
  return settle(start, share.nextStartSeconds, accountId, start + seconds / weight)
}

/** After a job has run, or was taken back: `seconds` is what it took more (or, below zero, less) than charged. */
export function correct(share: FairShare, { accountId, seconds, weight }: ServedJob): FairShare {
  const next = startOf(share, accountId) + seconds / weight
  return settle(share.nowSeconds, share.nextStartSeconds, accountId, next)
}

function settle(
  nowSeconds: number,
  before: ReadonlyMap<string, number>,
  accountId: string,
  nextStart: number,
): FairShare {
  const ahead = [...before].filter(([id, start]) => id !== accountId && start > nowSeconds)
  if (nextStart > nowSeconds) ahead.push([accountId, nextStart])
  return { nowSeconds, nextStartSeconds: new Map(ahead) }
}
