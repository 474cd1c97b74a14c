import { isFinal, nextStatus } from './jobState.ts'
import type { JobEvent } from './jobState.ts'
import type { Job, JobBody } from './job.ts'
import type { JobStore, LateChange } from './jobStore.ts'

export type JobPatch = Partial<
  Pick<Job, 'number' | 'bootId' | 'startedAtMs' | 'endedAtMs' | 'failure' | 'runLimitSeconds' | 'overdue'>
>

/** All jobs that are not over: in memory to decide, on disk to survive. Every change of a job goes through here. */
export class JobLedger {
  readonly #store: JobStore
  readonly #jobs = new Map<string, Job>()
  readonly #listeners = new Set<(accountId: string) => void>()

  constructor(store: JobStore, active: readonly Job[]) {
    this.#store = store
    for (const job of active) this.#jobs.set(job.id, job)
  }

  find(id: string): Job | undefined {
    return this.#jobs.get(id)
  }

  list(fits: (job: Job) => boolean = () => true): Job[] {
    return [...this.#jobs.values()].filter(fits)
  }

  ofAccount(accountId: string): Job[] {
    return this.list((job) => job.accountId === accountId)
  }

  /** On disk when this resolves; false when its id was used before by anybody. */
  async add(job: Job, body: JobBody): Promise<boolean> {
    if (this.#jobs.has(job.id)) return false
    if (!(await this.#store.insert(job, body))) return false
    this.#jobs.set(job.id, job)
    this.#changed(job)
    return true
  }

  /**
   * Applies an event if it fits; on disk when this resolves. When it cannot be written, the job is as it was, unless
   * another event came after it: that one has then written all.
   * @returns whether the event fitted
   */
  async apply(job: Job, event: JobEvent, patch: JobPatch = {}, more: LateChange = {}): Promise<boolean> {
    const next = nextStatus(job.status, event)
    if (next === undefined || this.#jobs.get(job.id) !== job) return false
    const before = { ...job }
    Object.assign(job, patch)
    job.status = next
    if (isFinal(next.state)) this.#jobs.delete(job.id)
    try {
      await this.#store.update(job, more)
    } catch (error) {
      if (job.status === next) this.#restore(job, before, patch)
      throw error
    }
    this.#changed(job)
    return true
  }

  /** Only what the event had changed: what else was learned in the meantime stays. */
  #restore(job: Job, before: Job, patch: JobPatch): void {
    const changed = Object.keys(patch)
    Object.assign(job, Object.fromEntries(Object.entries(before).filter(([name]) => changed.includes(name))))
    job.status = before.status
    this.#jobs.set(job.id, job)
  }

  /** Gives jobs other places, all or none; on disk when this resolves. Those that are over meanwhile are left out. */
  async renumber(numbers: ReadonlyMap<string, number>): Promise<void> {
    const known = [...numbers.keys()].flatMap((id) => this.#jobs.get(id) ?? [])
    const jobs = known.filter(({ id, number }) => numbers.get(id) !== number)
    const before = new Map(jobs.map((job) => [job, job.number]))
    for (const job of jobs) job.number = numbers.get(job.id) ?? job.number
    try {
      await this.#store.updateNumbers(jobs)
    } catch (error) {
      for (const [job, number] of before) job.number = number
      throw error
    }
    const people = new Map(jobs.map((job) => [job.accountId, job]))
    for (const job of people.values()) this.#changed(job)
  }

  /** Its account is gone, and its row with it. */
  drop(job: Job): void {
    if (this.#jobs.delete(job.id)) this.#changed(job)
  }

  onChange(listener: (accountId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Something that is not written changed for the person's jobs. */
  tell(accountId: string): void {
    for (const listener of [...this.#listeners]) listener(accountId)
  }

  /** The same for all jobs; who administers hears of it also when there are none. */
  tellEverybody(): void {
    for (const accountId of new Set(['', ...this.list().map((job) => job.accountId)])) this.tell(accountId)
  }

  #changed({ accountId }: Job): void {
    this.tell(accountId)
  }
}
