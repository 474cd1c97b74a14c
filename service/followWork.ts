import type { Job } from '../proxy/jobs/job.ts'
import type { JobQueue } from '../proxy/jobs/jobQueue.ts'
import type { GatehouseService } from './serviceTypes.ts'

const isUnderWay = new Set(['sent', 'running', 'ended'])

interface Jobs extends Pick<JobQueue, 'onChange'> {
  list(): readonly Pick<Job, 'status'>[]
}

/** Whether anything is being made, and when that may have changed. Whatever waits because the line is paused is not. */
export function followWork(jobs: Jobs): GatehouseService['work'] {
  return {
    isUnderWay: () => jobs.list().some(({ status }) => isUnderWay.has(status.state)),
    onChange: (listener) => jobs.onChange(listener),
  }
}
