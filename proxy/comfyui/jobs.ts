import type { Random } from '../core/random.ts'

/** A prompt that somebody sent through the gate in this start of the engine. */
export interface Job {
  readonly promptId: string
  readonly accountId: string
  /** The tab that wants the events; undefined: ComfyUI would tell every tab, so all of this account's. */
  readonly clientId: string | undefined
  state: 'submitting' | 'waiting' | 'running' | 'ended'
  /** The node that is executed now, for a tab that comes back in the middle. */
  currentNode: string | undefined
}

/** Ended jobs are remembered for late events and so that no id is used twice; ComfyUI keeps 10,000 in its history. */
const REMEMBERED_JOBS = 20_000

/** Whose prompt is whose. Only the gate knows: the engine sees one client. */
export class JobRegistry {
  readonly #random: Random
  readonly #jobs = new Map<string, Job>()
  readonly #active = new Set<Job>()
  #running: Job | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** The wanted id if no job ever had it, otherwise a new one: with a used id, one person's history entry replaces another's. */
  claimId(wanted: string | undefined): string {
    return wanted !== undefined && !this.#jobs.has(wanted) ? wanted : this.#random.uuid()
  }

  /** Called before the engine gets the prompt, so that no event of a fast job comes too early. */
  submit(job: Pick<Job, 'promptId' | 'accountId' | 'clientId'>): void {
    const submitted: Job = { ...job, state: 'submitting', currentNode: undefined }
    this.#jobs.set(job.promptId, submitted)
    this.#active.add(submitted)
    for (const [promptId, oldest] of this.#jobs) {
      if (this.#jobs.size <= REMEMBERED_JOBS) break
      if (oldest.state === 'ended') this.#jobs.delete(promptId)
    }
  }

  accept(promptId: string): void {
    const job = this.#jobs.get(promptId)
    if (job?.state === 'submitting') job.state = 'waiting'
  }

  find(promptId: string): Job | undefined {
    return this.#jobs.get(promptId)
  }

  get running(): Job | undefined {
    return this.#running
  }

  start(promptId: string): void {
    const job = this.#jobs.get(promptId)
    this.#running = job
    if (job !== undefined && this.#active.has(job)) job.state = 'running'
  }

  setCurrentNode(promptId: string, node: string | undefined): void {
    const job = this.#jobs.get(promptId)
    if (job !== undefined) job.currentNode = node
  }

  /** The job counts no longer, though its last events may still come. */
  end(promptId: string): void {
    const job = this.#jobs.get(promptId)
    if (job === undefined) return
    job.state = 'ended'
    this.#active.delete(job)
  }

  /** The engine is done with it: what comes next belongs to another job. */
  leave(promptId: string): void {
    this.end(promptId)
    if (this.#running?.promptId === promptId) this.#running = undefined
  }

  /** Waiting and running jobs of one account, or of everybody. */
  countActive(accountId?: string): number {
    if (accountId === undefined) return this.#active.size
    let count = 0
    for (const job of this.#active) if (job.accountId === accountId) count += 1
    return count
  }

  /** Ids of jobs that the engine took and should know of. */
  acceptedIds(): readonly string[] {
    return [...this.#active].flatMap(({ state, promptId }) => (state === 'submitting' ? [] : promptId))
  }

  /** Everything the engine had is gone with its process. */
  forgetAll(): void {
    this.#running = undefined
    for (const job of [...this.#active]) this.end(job.promptId)
  }
}
