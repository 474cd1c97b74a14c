import { Button, TextInput, Textarea } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { ManagedWorkflow } from '../../../proxy/contract/workflows.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { PageHeader } from '../../components/PageHeader.tsx'
import { Section } from '../../components/Section.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { GrantsField } from './GrantsField.tsx'
import { PictureField } from './PictureField.tsx'
import { Warnings } from './PublishFlow.tsx'
import { useChangeWorkflow, useSetWorkflowPicture, useStopOffering, workflowPicturePath } from './workflowQueries.ts'
import { WorkflowRecipes } from './WorkflowRecipes.tsx'
import { rangeWords, timesRunWords, versionWords } from './workflowWords.ts'
import styles from './workflows.module.css'

interface WorkflowDetailsProps {
  readonly workflow: ManagedWorkflow
  readonly onClose: () => void
}

/** One published workflow: what holds at once is changed here, what people run only by publishing anew. */
export function WorkflowDetails({ workflow, onClose }: WorkflowDetailsProps) {
  const [stopping, setStopping] = useState(false)
  const { problem, riskyNodes, timesRun, version } = workflow
  return (
    <>
      <Link to="/workflows" className={styles.back}>
        <IconArrowLeft size={16} aria-hidden /> All workflows
      </Link>
      <PageHeader title={workflow.name}>
        {timesRunWords(timesRun)}, version {version}
      </PageHeader>
      <Warnings inspected={{ problem, riskyNodes }} />
      <WordsForm key={`${workflow.name} ${workflow.description}`} workflow={workflow} />
      <Grants workflow={workflow} />
      <Inputs workflow={workflow} />
      <WorkflowRecipes workflow={workflow} />
      <Section title="Versions" hint="An earlier one is not run any more.">
        <ul className={styles.versions}>
          {[...workflow.versions]
            .sort((one, other) => other.version - one.version)
            .map((entry) => (
              <li key={entry.version}>
                {versionWords(entry)} <TimeAgo at={entry.publishedAt} />
              </li>
            ))}
        </ul>
      </Section>
      <Section
        title="Stop offering"
        hint="Nobody can run it any more. Pictures stay, and so do the people’s own files."
        action={
          <Button variant="default" onClick={() => setStopping(true)}>
            Stop offering …
          </Button>
        }
      >
        {stopping && <StopOffering workflow={workflow} onStopped={onClose} onClose={() => setStopping(false)} />}
      </Section>
    </>
  )
}

function WordsForm({ workflow }: { readonly workflow: ManagedWorkflow }) {
  const [name, setName] = useState(workflow.name)
  const [description, setDescription] = useState(workflow.description)
  const change = useChangeWorkflow(workflow.id)
  const setPicture = useSetWorkflowPicture(workflow.id)
  const isChanged = name.trim() !== workflow.name || description.trim() !== workflow.description
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    change.mutate({ name, description })
  }
  return (
    <Section title="Name and picture">
      <form onSubmit={submit} className={styles.nameStep}>
        <TextInput
          label="Name"
          value={name}
          maxLength={80}
          error={fieldMessage(change.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          value={description}
          maxLength={1000}
          rows={3}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Refusal error={change.error} />
        {isChanged && (
          <div className={styles.row}>
            <Button
              variant="default"
              onClick={() => {
                setName(workflow.name)
                setDescription(workflow.description)
              }}
            >
              As it was
            </Button>
            <Button type="submit" loading={change.isPending} disabled={name.trim() === ''}>
              Save
            </Button>
          </div>
        )}
        <PictureField
          value={workflow.hasPicture ? workflowPicturePath(workflow) : undefined}
          busy={setPicture.isPending}
          onChange={(picture) => setPicture.mutate(picture)}
        />
        <Refusal error={setPicture.error} />
      </form>
    </Section>
  )
}

function Grants({ workflow }: { readonly workflow: ManagedWorkflow }) {
  const change = useChangeWorkflow(workflow.id)
  return (
    <Section
      title="Who may run it"
      hint="Holds at once. What somebody waits for who may not run it any more is put on hold, and what runs is stopped."
    >
      <GrantsField
        value={change.isPending ? (change.variables.grants ?? workflow.grants) : workflow.grants}
        onChange={(grants) => change.mutate({ grants })}
      />
      <Refusal error={change.error} />
    </Section>
  )
}

function Inputs({ workflow }: { readonly workflow: ManagedWorkflow }) {
  const navigate = useNavigate()
  return (
    <Section
      title="What people may change"
      hint="Everything else stays as you published it."
      action={
        <Button variant="default" onClick={() => void navigate({ to: '/workflows', search: { anew: workflow.id } })}>
          Publish anew …
        </Button>
      }
    >
      {workflow.inputs.length === 0 && <p className="quiet">Nothing: they only press Run.</p>}
      <dl className={styles.facts}>
        {workflow.inputs.map((input) => (
          <div key={input.key}>
            <dt>{input.label}</dt>
            <dd>
              {rangeWords(input)} <code className="quiet small">{input.key}</code>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

interface StopOfferingProps {
  readonly workflow: ManagedWorkflow
  readonly onStopped: () => void
  readonly onClose: () => void
}

function StopOffering({ workflow, onStopped, onClose }: StopOfferingProps) {
  const stop = useStopOffering(workflow.id)
  return (
    <ConfirmDialog
      title={`Stop offering “${workflow.name}”?`}
      action={`Stop offering “${workflow.name}”`}
      busy={stop.isPending}
      error={stop.error}
      onConfirm={() => stop.mutate(undefined, { onSuccess: onStopped })}
      onClose={onClose}
    >
      <p>
        It leaves everybody’s list at once. Jobs of it that wait are put on hold and never run, and one that runs is
        stopped, unless its person may build freely. Keys for this workflow alone stop working. Pictures that it made
        stay.
      </p>
    </ConfirmDialog>
  )
}
