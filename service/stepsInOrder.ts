import type { Logger } from '../proxy/core/logger.ts'

export interface Step {
  /** For the log: "the gate", "the engine". */
  readonly name: string
  readonly deadlineMs: number
  run(): Promise<void>
}

/** Runs every step, whatever the ones before did; each has a deadline and one line in the log. Never rejects. */
export async function stepsInOrder(steps: readonly Step[], logger: Logger): Promise<void> {
  for (const step of steps) {
    try {
      await withDeadline(step.run(), step.deadlineMs)
      logger.info({}, `closed: ${step.name}`)
    } catch (error) {
      logger.error({ err: error }, `not closed in order: ${step.name}`)
    }
  }
}

async function withDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
