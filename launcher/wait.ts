/** Resolves after the delay, or at once when the signal aborts; never rejects. */
export function wait(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const finish = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, delayMs)
    signal?.addEventListener('abort', finish, { once: true })
  })
}

/** Reads the flag anew: TypeScript takes `aborted` for constant once it was compared. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
