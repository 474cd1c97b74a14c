import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { useCancelJob } from './jobQueries.ts'

interface CancelJobDialogProps {
  readonly job: JobAnswer
  readonly isOwn: boolean
  readonly onClose: () => void
}

/** Asks before a job is gone: what has run so far is lost, and one that waits leaves nothing behind. */
export function CancelJobDialog({ job, isOwn, onClose }: CancelJobDialogProps) {
  const cancel = useCancelJob(job.id)
  const runs = job.state === 'running'
  const whose = isOwn ? 'your job' : `${job.user.name}’s job`
  const who = isOwn ? 'You' : job.user.name
  return (
    <ConfirmDialog
      title={runs ? `Stop ${whose}?` : `Cancel ${whose}?`}
      action={runs ? `Stop ${whose}` : `Cancel ${whose}`}
      busy={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {runs
          ? `What it has made so far stays, the rest is lost. The next job begins. ${who} can send it again.`
          : `It leaves the line and is not kept. ${who} can send it again.`}
      </p>
    </ConfirmDialog>
  )
}
