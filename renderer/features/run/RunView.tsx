import { Button } from '@mantine/core'
import { useState } from 'react'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { createDraft, withoutSeeds, withSeeds } from './runDraft.ts'
import formStyles from './RunForm.module.css'
import type { RunNotes } from './runMemory.ts'
import { isGone, isOver, useJob, useRunWorkflow } from './runQueries.ts'
import { RunResult } from './RunResult.tsx'
import { RunUnderway } from './RunUnderway.tsx'
import styles from './RunView.module.css'

interface RunViewProps {
  readonly jobId: string
  /** The one it runs, as it is now; undefined: it is not offered any more. */
  readonly workflow: Workflow | undefined
  readonly workflows: readonly Workflow[]
  readonly notes: RunNotes
  readonly onStarted: (jobId: string) => void
  /** To the form, which is filled as the notes say. */
  readonly onForm: (workflowId: string) => void
  readonly onAll: () => void
}

/** One run, from its place in the line to its pictures. */
export function RunView({ jobId, workflow, notes, onAll, ...rest }: RunViewProps) {
  const job = useJob(jobId)
  if (job.data === undefined || isGone(job.error)) {
    if (job.isPending) return <LoadingRows rows={4} rowHeight={80} />
    return isGone(job.error) ? (
      <Notice
        tone="plain"
        actions={
          <Button variant="default" onClick={() => (workflow === undefined ? onAll() : rest.onForm(workflow.id))}>
            {workflow === undefined ? 'Show what I can run' : 'Back to the form'}
          </Button>
        }
      >
        This run was cancelled, or is not in your history any more.
      </Notice>
    ) : (
      <ErrorState what="This run could not be read." error={job.error} onRetry={() => void job.refetch()} />
    )
  }
  return (
    <div className={`${styles.root} ${formStyles.room}`}>
      {isOver(job.data) ? (
        <RunOutcome job={job.data} workflows={rest.workflows} onForm={rest.onForm} notes={notes} />
      ) : (
        <RunUnderway job={job.data} workflow={workflow} />
      )}
      {isOver(job.data) && workflow !== undefined && (
        <NextSteps job={job.data} workflow={workflow} notes={notes} onStarted={rest.onStarted} onForm={rest.onForm} />
      )}
    </div>
  )
}

function RunOutcome({
  job,
  ...rest
}: { readonly job: JobAnswer } & Pick<RunViewProps, 'workflows' | 'onForm' | 'notes'>) {
  if (job.state === 'succeeded') return <RunResult job={job} {...rest} />
  if (job.state === 'cancelled') return <Notice tone="plain">This run was stopped.</Notice>
  return (
    <Notice tone="problem" announce>
      <strong>It did not work.</strong>{' '}
      <span className={styles.reason}>{job.reason ?? 'ComfyUI did not say why.'}</span>
    </Notice>
  )
}

interface NextStepsProps extends Pick<RunViewProps, 'notes' | 'onStarted' | 'onForm'> {
  readonly job: JobAnswer
  readonly workflow: Workflow
}

/** Once more with another seed, or with something changed. */
function NextSteps({ job, workflow, notes, onStarted, onForm }: NextStepsProps) {
  const { id, inputs, problem } = workflow
  const run = useRunWorkflow(workflow)
  const [again, setAgain] = useState(false)
  const asked = notes.runOf(job.id)?.draft
  // Without a seed to draw, the same form gives the same picture.
  const hasChance = inputs.some(({ kind }) => kind === 'seed')
  const rerun = () => {
    setAgain(true)
    const draft = withoutSeeds(inputs, createDraft(inputs, asked))
    run.mutate(draft, {
      onSuccess: ({ jobId, inputs: ran }) => {
        notes.keepRun({ jobId, workflowId: id, draft: withSeeds(inputs, draft, ran) })
        onStarted(jobId)
      },
      onSettled: () => setAgain(false),
    })
  }
  const change = () => {
    if (asked !== undefined) notes.keepForm(id, createDraft(inputs, asked))
    onForm(id)
  }
  return (
    <>
      <Refusal error={run.error} />
      <div className={formStyles.bar}>
        <div className={formStyles.actions}>
          <Button size="md" variant="default" px={8} onClick={change}>
            Change something
          </Button>
          {asked !== undefined && (job.state !== 'succeeded' || hasChance) && (
            <Button size="md" px={8} loading={again} disabled={problem !== null} onClick={rerun}>
              {job.state === 'failed' ? 'Try again' : 'Run again'}
            </Button>
          )}
        </div>
      </div>
    </>
  )
}
