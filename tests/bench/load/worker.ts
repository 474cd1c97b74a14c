/** The process that makes the load: what it costs is not the gate's. Takes one job after the other from its parent. */
import { assertNever } from '../../../proxy/core/assertNever.ts'
import type { Job } from './jobs.ts'
import { loadRequests, measureFirstUse } from './requests.ts'
import { floodWithSignIns, measureSignInStall } from './signIns.ts'
import { loadSockets } from './sockets.ts'
import { refusedUpload, transfer } from './transfers.ts'

function run(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'requests':
      return loadRequests(job)
    case 'download':
    case 'upload':
      return transfer(job)
    case 'refusedUpload':
      return refusedUpload(job)
    case 'sockets':
      return loadSockets(job)
    case 'signInStall':
      return measureSignInStall(job)
    case 'signInFlood':
      return floodWithSignIns(job)
    case 'firstUse':
      return measureFirstUse(job)
    default:
      return assertNever(job)
  }
}

process.on('message', ({ id, job }: { id: number; job: Job }) => {
  run(job).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
