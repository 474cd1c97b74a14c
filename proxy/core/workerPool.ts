import { WorkerProcess } from './workerProcess.ts'
import type { WorkerProcessOptions } from './workerProcess.ts'

/** Worker processes that are used again; each is given one task at a time. Who waits for one is its user's to decide. */
export class WorkerPool<Task extends object, Answer extends { readonly id: number }> {
  readonly #options: Omit<WorkerProcessOptions<Answer>, 'onEnd'>
  readonly #idle: WorkerProcess<Task, Answer>[] = []
  readonly #all = new Set<WorkerProcess<Task, Answer>>()
  #isEnded = false

  constructor(options: Omit<WorkerProcessOptions<Answer>, 'onEnd'>) {
    this.#options = options
  }

  /**
   * By an idle process, or else by a new one: nothing here keeps too many from being started.
   * @returns undefined when the process ended over this task, had to be ended, or `end` was called before
   */
  async ask(task: Task, deadlineMs: number): Promise<Answer | undefined> {
    if (this.#isEnded) return undefined
    const process = this.#idle.pop() ?? this.#start()
    const answer = await process.ask(task, deadlineMs)
    if (process.isAlive) this.#idle.push(process)
    return answer
  }

  /** Ends them all, also those at work. May be called more than once. */
  end(): void {
    this.#isEnded = true
    for (const process of this.#all) process.end()
  }

  #start(): WorkerProcess<Task, Answer> {
    const started: WorkerProcess<Task, Answer> = new WorkerProcess({
      ...this.#options,
      onEnd: () => {
        this.#all.delete(started)
        const at = this.#idle.indexOf(started)
        if (at >= 0) this.#idle.splice(at, 1)
      },
    })
    this.#all.add(started)
    return started
  }
}
