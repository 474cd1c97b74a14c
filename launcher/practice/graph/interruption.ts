import { InterruptedRun } from '../nodes/nodeClass.ts'

/** The wish to stop what runs. It is global, as in ComfyUI, and forgotten when the next run starts. */
export class Interruption {
  #requested = false
  readonly #listeners = new Set<() => void>()

  request(): void {
    this.#requested = true
    for (const listener of this.#listeners) listener()
  }

  clear(): void {
    this.#requested = false
  }

  /** @throws InterruptedRun */
  check(): void {
    if (this.#requested) throw new InterruptedRun()
  }

  /** Resolves after that time or on a request, whichever comes first. */
  delay(milliseconds: number): Promise<void> {
    if (this.#requested) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#listeners.delete(finish)
        resolve()
      }
      const timer = setTimeout(finish, milliseconds)
      this.#listeners.add(finish)
    })
  }
}
