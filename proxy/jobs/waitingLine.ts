import { charge, chooseNext } from './fairShare.ts'
import type { FairShare } from './fairShare.ts'
import type { Job } from './job.ts'

/** Where a job stands when everything goes as expected. */
export interface Place {
  /** Jobs of everybody that are served before it. */
  readonly position: number
  readonly waitSeconds: number
}

/** The order among jobs of one person, and among those before everybody's. */
export const compareNumbers = (one: Job, other: Job): number =>
  one.number - other.number || one.createdAtMs - other.createdAtMs

/** The next job to be served: those before everybody first, then the first one of whose turn it is. */
export function chooseJob(share: FairShare, waiting: readonly Job[]): Job | undefined {
  const [front] = waiting.filter((job) => job.number < 0).sort(compareNumbers)
  if (front !== undefined) return front
  const heads = findHeads(waiting)
  const people = [...heads.values()].map((job) => ({ accountId: job.accountId, order: job.createdAtMs }))
  const accountId = chooseNext(share, people)
  return accountId === undefined ? undefined : heads.get(accountId)
}

/** Each person's first job: nobody's own jobs pass each other. */
function findHeads(waiting: readonly Job[]): Map<string, Job> {
  const heads = new Map<string, Job>()
  for (const job of waiting) {
    const head = heads.get(job.accountId)
    if (head === undefined || compareNumbers(job, head) < 0) heads.set(job.accountId, job)
  }
  return heads
}

/** Plays the queue through. Held jobs stand nowhere. `busySeconds`: what is left of the jobs that the engine has. */
export function foresee(
  share: FairShare,
  sent: readonly Job[],
  waiting: readonly Job[],
  weightOf: (accountId: string) => number,
  busySeconds: number,
): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  let seconds = busySeconds
  const place = (job: Job): void => {
    places.set(job.id, { position: places.size, waitSeconds: seconds })
    seconds += job.expectedSeconds
  }
  sent.forEach(place)
  let after = share
  // One person's jobs are sorted once; a queue of hundreds is looked at by everybody's page.
  const lines = new Map<string, Job[]>()
  for (const job of [...waiting].sort(compareNumbers)) {
    if (job.number < 0) {
      place(job)
      continue
    }
    const line = lines.get(job.accountId)
    if (line === undefined) lines.set(job.accountId, [job])
    else line.push(job)
  }
  for (;;) {
    const people = [...lines].flatMap(([accountId, [head]]) =>
      head === undefined ? [] : [{ accountId, order: head.createdAtMs }],
    )
    const accountId = chooseNext(after, people)
    const job = accountId === undefined ? undefined : lines.get(accountId)?.shift()
    if (job === undefined || accountId === undefined) return places
    place(job)
    after = charge(after, { accountId, seconds: job.expectedSeconds, weight: weightOf(accountId) })
  }
}
