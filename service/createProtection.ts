import type { ProtectionControl } from '../proxy/api/dependencies.ts'
import type { JobQueue } from '../proxy/jobs/jobQueue.ts'
import { ProtectionRuns } from './protectionRuns.ts'
import type { RunningGate } from './protection/runningGate.ts'
import type { ServiceOptions } from './serviceTypes.ts'

export interface ProtectionSurroundings {
  readonly jobs: Pick<JobQueue, 'list'>
  /** Of people who use ComfyUI now. */
  readonly connected: () => number
  readonly publicPort: () => number | undefined
}

/** "Check my protection" of this very gate: it is asked only while nobody works with it. */
export function createProtection(
  { dataDirectory, paths, nodeCommand, logger }: ServiceOptions,
  surroundings: ProtectionSurroundings,
): ProtectionControl & { close(): void } {
  const { protectionCheck, ...others } = paths
  const runs = new ProtectionRuns({ dataDirectory, entry: protectionCheck, nodeCommand, paths: others, logger })
  return {
    describe: () => runs.describe(),
    start: (asksRunning, onEnd) => runs.start(findRunningGate(asksRunning, surroundings), onEnd),
    close: () => runs.close(),
  }
}

function findRunningGate(asksRunning: boolean, { jobs, connected, publicPort }: ProtectionSurroundings): RunningGate {
  if (!asksRunning) return { notAsked: 'It was left out on request.' }
  const port = publicPort()
  if (port === undefined) return { notAsked: 'The address for people is not open.' }
  if (jobs.list().length > 0) return { notAsked: 'Somebody’s job runs or waits. Check again when nobody works.' }
  if (connected() > 0) return { notAsked: 'Somebody uses ComfyUI now. Check again when nobody works.' }
  return { port }
}
