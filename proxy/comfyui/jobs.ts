/** A prompt that the engine got from the gate in this start. */
export interface RoutedJob {
  readonly promptId: string
  readonly accountId: string
  /** The tab that wants the events; undefined: ComfyUI would tell every tab, so all of this account's. */
  readonly clientId: string | undefined
  /** The node that is executed now, for a tab that comes back in the middle. */
  currentNode: string | undefined
}

/** For late events of jobs that have ended. */
const REMEMBERED_JOBS = 20_000

/** Whose events are whose. Only the gate knows: the engine sees one client. */
export class JobRegistry {
  readonly #jobs = new Map<string, RoutedJob>()
  #running: RoutedJob | undefined

  /** Called before the engine gets the prompt, so that no event of a fast job comes too early. */
  expect(job: Omit<RoutedJob, 'currentNode'>): void {
    this.#jobs.delete(job.promptId)
    this.#jobs.set(job.promptId, { ...job, currentNode: undefined })
    const oldest = this.#jobs.keys().next()
    if (this.#jobs.size > REMEMBERED_JOBS && oldest.done !== true) this.#jobs.delete(oldest.value)
  }

  find(promptId: string): RoutedJob | undefined {
    return this.#jobs.get(promptId)
  }

  get running(): RoutedJob | undefined {
    return this.#running
  }

  start(promptId: string): void {
    this.#running = this.#jobs.get(promptId)
  }

  setCurrentNode(promptId: string, node: string | undefined): void {
    const job = this.#jobs.get(promptId)
    if (job !== undefined) job.currentNode = node
  }

  /** The engine is done with it: what comes next belongs to another job. */
  leave(promptId: string): void {
    if (this.#running?.promptId === promptId) this.#running = undefined
  }

  /** The engine's process is gone, or was not heard for a while: what runs now may be somebody else's. */
  forgetRunning(): void {
    this.#running = undefined
  }
}
