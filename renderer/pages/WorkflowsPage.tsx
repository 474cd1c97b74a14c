import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { ManagedWorkflow } from '../../proxy/contract/workflows.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { ChooseSource } from '../features/workflows/ChooseSource.tsx'
import { PublishFlow } from '../features/workflows/PublishFlow.tsx'
import { readDraft } from '../features/workflows/workflowFile.ts'
import type { WorkflowSource } from '../features/workflows/workflowFile.ts'
import { useDraft, useDrafts, usePutDraftAway, useWorkflows } from '../features/workflows/workflowQueries.ts'
import { WorkflowCards } from '../features/workflows/WorkflowCards.tsx'
import { WorkflowDetails } from '../features/workflows/WorkflowDetails.tsx'

const route = getRouteApi('/shell/workflows')

const question = 'What people may run, and what of it they may change.'

/** What may people run? */
export function WorkflowsPage() {
  const workflows = useWorkflows()
  const { publish, draft, anew, open } = route.useSearch()
  const navigate = route.useNavigate()
  const toList = () => void navigate({ search: {} })
  const find = (id: string | undefined) => workflows.data?.find((workflow) => workflow.id === id)
  if (workflows.isPending) {
    return (
      <>
        <PageHeader title="Workflows">{question}</PageHeader>
        <LoadingRows rows={4} rowHeight={120} />
      </>
    )
  }
  if (workflows.isError) {
    return (
      <>
        <PageHeader title="Workflows" />
        <ErrorState
          what="The list of workflows could not be read."
          error={workflows.error}
          onRetry={() => void workflows.refetch()}
        />
      </>
    )
  }
  const opened = find(open)
  if (opened !== undefined) return <WorkflowDetails key={opened.id} workflow={opened} onClose={toList} />
  if (publish === true || draft !== undefined || anew !== undefined) {
    return <Publishing key={`${draft ?? ''} ${anew ?? ''}`} draftId={draft} anew={find(anew)} />
  }
  return <Overview workflows={workflows.data} />
}

function Overview({ workflows }: { readonly workflows: readonly ManagedWorkflow[] }) {
  const navigate = route.useNavigate()
  const button = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => void navigate({ search: { publish: true } })}
    >
      Publish a workflow
    </Button>
  )
  return (
    <>
      <PageHeader title="Workflows" actions={workflows.length > 0 && button}>
        {question}
      </PageHeader>
      <WaitingDrafts />
      {workflows.length === 0 ? (
        <EmptyState title="Nothing is ready to run." action={button}>
          Make a workflow ready, and people run it from a simple form on their phone. They cannot change it.
        </EmptyState>
      ) : (
        <WorkflowCards workflows={workflows} />
      )}
    </>
  )
}

/** What administrators have handed over from ComfyUI's page. */
function WaitingDrafts() {
  const drafts = useDrafts().data ?? []
  const putAway = usePutDraftAway()
  const navigate = route.useNavigate()
  return (
    <div style={{ display: 'grid', gap: 12, marginBottom: drafts.length === 0 ? 0 : 24 }}>
      {drafts.map(({ id, name, by }) => (
        <Notice
          key={id}
          tone="plain"
          actions={
            <>
              <Button aria-label={`Publish “${name}”`} onClick={() => void navigate({ search: { draft: id } })}>
                Publish …
              </Button>
              <Button variant="default" aria-label={`Put “${name}” away`} onClick={() => putAway.mutate(id)}>
                Put away
              </Button>
            </>
          }
        >
          {by.name} handed over what is open in ComfyUI: <strong>{name}</strong>
        </Notice>
      ))}
    </div>
  )
}

interface PublishingProps {
  readonly draftId: string | undefined
  readonly anew: ManagedWorkflow | undefined
}

function Publishing({ draftId, anew }: PublishingProps) {
  const [chosen, setChosen] = useState<WorkflowSource>()
  const draft = useDraft(draftId)
  const putAway = usePutDraftAway()
  const navigate = route.useNavigate()
  const source = chosen ?? (draft.data === undefined ? undefined : readDraft(draft.data))
  const cancel = () => void navigate({ search: anew === undefined ? {} : { open: anew.id } })
  const published = ({ id }: ManagedWorkflow) => {
    if (draftId !== undefined) putAway.mutate(draftId)
    void navigate({ search: { open: id } })
  }
  return (
    <>
      <PageHeader
        title={anew === undefined ? 'Publish a workflow' : `Publish “${anew.name}” anew`}
        actions={
          source === undefined && (
            <Button variant="default" onClick={cancel}>
              Cancel
            </Button>
          )
        }
      />
      {source !== undefined && <PublishFlow source={source} anew={anew} onPublished={published} onCancel={cancel} />}
      {source === undefined && draftId !== undefined && draft.isPending && <LoadingRows rows={4} rowHeight={64} />}
      {source === undefined && draft.isError && (
        <ErrorState what="What was handed over from ComfyUI could not be read." error={draft.error} />
      )}
      {source === undefined && (draftId === undefined || draft.isError) && (
        <ChooseSource onSource={setChosen} onDraft={(id) => void navigate({ search: { draft: id, anew: anew?.id } })} />
      )}
    </>
  )
}
