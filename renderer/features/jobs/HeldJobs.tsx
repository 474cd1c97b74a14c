import { Button } from '@mantine/core'
import { useState } from 'react'
import { canRelease } from '../../../proxy/contract/jobs.ts'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { CancelJobDialog } from './CancelJobDialog.tsx'
import { useChangeJob } from './jobQueries.ts'
import { ownerHoldWords } from './jobWords.ts'
import styles from './JobList.module.css'

interface HeldJobsProps {
  readonly jobs: readonly JobAnswer[]
  readonly isOwn: boolean
}

/** Jobs that stand nowhere until somebody releases them: why, and what to do. */
export function HeldJobs({ jobs, isOwn }: HeldJobsProps) {
  return (
    <ul className={styles.list}>
      {jobs.map((job) => (
        <HeldJob key={job.id} job={job} isOwn={isOwn} />
      ))}
    </ul>
  )
}

function HeldJob({ job, isOwn }: { readonly job: JobAnswer; readonly isOwn: boolean }) {
  const change = useChangeJob()
  const [cancelling, setCancelling] = useState(false)
  const whose = isOwn ? 'your job' : `${job.user.name}’s job`
  const reason = isOwn || job.heldBecause === null ? job.reason : ownerHoldWords(job.heldBecause, job.user.name)
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <p className={styles.name}>{isOwn ? toTitle(job) : job.user.name}</p>
        {!isOwn && <p className="quiet small">{toTitle(job)}</p>}
        <p className="small">{reason}</p>
        <Refusal error={change.error} />
      </div>
      <div className={styles.actions}>
        {job.heldBecause !== null && canRelease(job.heldBecause, !isOwn) && (
          <Button
            variant="default"
            aria-label={`Release ${whose}`}
            loading={change.isPending}
            onClick={() => change.mutate({ id: job.id, held: false })}
          >
            Release
          </Button>
        )}
        <Button variant="subtle" color="red" aria-label={`Cancel ${whose}`} onClick={() => setCancelling(true)}>
          Cancel
        </Button>
      </div>
      {cancelling && <CancelJobDialog job={job} isOwn={isOwn} onClose={() => setCancelling(false)} />}
    </li>
  )
}

const toTitle = ({ title, nodes }: JobAnswer): string => (title === '' ? `${nodes} nodes` : title)
