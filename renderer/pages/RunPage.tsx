import { IconChevronLeft } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import type { Workflow } from '../../proxy/contract/workflows.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { useSession } from '../features/account/accountQueries.ts'
import { ActiveRuns } from '../features/run/ActiveRuns.tsx'
import { RunForm } from '../features/run/RunForm.tsx'
import { RunNotes } from '../features/run/runMemory.ts'
import { useActiveRuns, useWorkflows } from '../features/run/runQueries.ts'
import { RunView } from '../features/run/RunView.tsx'
import { WorkflowCards } from '../features/run/WorkflowCards.tsx'
import styles from './RunPage.module.css'

const route = getRouteApi('/portal/run')

/** Run: choose a workflow, fill in its form, see it go on, take the result along. */
export function RunPage() {
  const list = useWorkflows()
  const accountId = useSession().data?.user.id ?? ''
  const notes = useMemo(() => new RunNotes(accountId), [accountId])
  if (list.data === undefined) {
    return (
      <>
        <PageHeader title="Run" />
        {list.isPending ? (
          <LoadingRows rows={3} rowHeight={104} />
        ) : (
          <ErrorState
            what="What you can run could not be read."
            error={list.error}
            onRetry={() => void list.refetch()}
          />
        )}
      </>
    )
  }
  return <Chosen workflows={list.data} notes={notes} />
}

/** What the address says: a run, a form, or all that there is. */
function Chosen({ workflows, notes }: { readonly workflows: readonly Workflow[]; readonly notes: RunNotes }) {
  const { workflow: wanted, job } = route.useSearch()
  const navigate = route.useNavigate()
  const [only, ...others] = workflows
  const isSingle = only !== undefined && others.length === 0
  const id = wanted ?? notesWorkflow(notes, job) ?? (isSingle ? only.id : undefined)
  const workflow = workflows.find((candidate) => candidate.id === id)
  const [opened, setOpened] = useState<Workflow>()
  if (workflow !== undefined && workflow !== opened) setOpened(workflow)
  // In the address, it stays open when another one is published.
  const toName = wanted === undefined && job === undefined && isSingle ? only.id : undefined
  useEffect(() => {
    if (toName !== undefined) void navigate({ search: { workflow: toName }, replace: true })
  }, [toName, navigate])
  const toJob = (workflowId: string) => (jobId: string) =>
    void navigate({ search: { workflow: workflowId, job: jobId } })
  if (job !== undefined) {
    return (
      <>
        <Head title={workflow?.name ?? 'Run'} withAll={!isSingle} />
        <RunView
          key={job}
          jobId={job}
          workflow={workflow}
          workflows={workflows}
          notes={notes}
          onStarted={toJob(workflow?.id ?? '')}
          onForm={(workflowId) => void navigate({ search: { workflow: workflowId } })}
          onAll={() => void navigate({ search: {} })}
        />
      </>
    )
  }
  // What was typed into one that is taken back stays, as long as it is open.
  const shown = workflow ?? (opened !== undefined && opened.id === wanted ? opened : undefined)
  if (shown === undefined) return <All workflows={workflows} />
  return (
    <>
      <Head title={shown.name} words={shown.description} withAll={!isSingle} />
      <RunForm
        key={`${shown.id} ${shown.version}`}
        workflow={shown}
        isWithdrawn={workflow === undefined}
        notes={notes}
        onStarted={toJob(shown.id)}
      >
        <Underway workflowId={shown.id} />
      </RunForm>
    </>
  )
}

const notesWorkflow = (notes: RunNotes, job: string | undefined): string | undefined =>
  job === undefined ? undefined : notes.runOf(job)?.workflowId

interface HeadProps {
  readonly title: string
  readonly words?: string
  readonly withAll: boolean
}

function Head({ title, words = '', withAll }: HeadProps) {
  return (
    <div className={styles.head}>
      {withAll && (
        <Link to="/run" search={{}} className={styles.back}>
          <IconChevronLeft size={18} aria-hidden />
          All
        </Link>
      )}
      <h1>{title}</h1>
      {words !== '' && <p className="quiet">{words}</p>}
    </div>
  )
}

function All({ workflows }: { readonly workflows: readonly Workflow[] }) {
  return (
    <>
      <PageHeader title="Run" />
      <div className={styles.all}>
        <Underway />
        {workflows.length === 0 ? <Nothing /> : <WorkflowCards workflows={workflows} />}
      </div>
    </>
  )
}

/** Runs that go on: all, or those of one workflow. */
function Underway({ workflowId }: { readonly workflowId?: string }) {
  const runs = useActiveRuns().data ?? []
  return <ActiveRuns runs={runs.filter(({ workflow }) => workflowId === undefined || workflow?.id === workflowId)} />
}

function Nothing() {
  const role = useSession().data?.user.role
  return (
    <EmptyState title="Nothing is ready to run yet.">
      {role === 'administrator'
        ? 'Open Gatehouse on its computer: Workflows, Publish. What you publish there stands here for those you choose.'
        : 'Ask the owner of this computer to add something.'}
    </EmptyState>
  )
}
