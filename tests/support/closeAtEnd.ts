import type { ChildProcess } from 'node:child_process'

type Close = () => Promise<void>

const open = new Set<Close>()
let isOver = false

/** Closes what a test file opened, also when the hook that should do it timed out or never ran. Works once. */
export function closeAtEnd(close: Close): Close {
  let closing: Promise<void> | undefined
  const once = (): Promise<void> => {
    open.delete(once)
    closing ??= close()
    return closing
  }
  if (isOver) void once()
  else open.add(once)
  return once
}

/** Called when the file is over. What is opened after that, by a hook that nobody waits for, is closed at once. */
export async function closeAll(): Promise<void> {
  isOver = true
  const results = await Promise.allSettled([...open].map((close) => close()))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** For the tests of this module. */
export function startOver(): void {
  isOver = false
}

/** Asks, and kills what has not ended within ten seconds. Resolves when it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = new Promise((done) => child.once('close', done))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await closed
  clearTimeout(late)
}
