import { Button } from '@mantine/core'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { Toast } from '../../components/Toast.tsx'
import type { useChangeJob } from './jobQueries.ts'

interface HeldToastProps {
  /** The job that was put on hold last; undefined: nothing is said. */
  readonly job: JobAnswer | undefined
  readonly words: string
  readonly change: ReturnType<typeof useChangeJob>
  readonly onClose: () => void
}

/** Says that a job is on hold, and takes it back. */
export function HeldToast({ job, words, change, onClose }: HeldToastProps) {
  if (job === undefined) return null
  return (
    <Toast
      key={job.id}
      action={
        <Button
          variant="default"
          onClick={() => change.mutate({ id: job.id, held: false }, { onSuccess: () => onClose() })}
        >
          Undo
        </Button>
      }
      onClose={onClose}
    >
      {words}
    </Toast>
  )
}
