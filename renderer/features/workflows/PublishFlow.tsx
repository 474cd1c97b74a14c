import { Button, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { InspectedWorkflow, ManagedWorkflow, WorkflowGrants } from '../../../proxy/contract/workflows.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { GrantsField } from './GrantsField.tsx'
import { inputError, toInputDrafts, toInputs } from './inputDraft.ts'
import type { InputDraft } from './inputDraft.ts'
import { InputsField } from './InputsField.tsx'
import { PictureField } from './PictureField.tsx'
import { nodeTitle } from './workflowFile.ts'
import type { WorkflowSource } from './workflowFile.ts'
import { useInspection, usePublish, usePublishAnew } from './workflowQueries.ts'
import { riskyWords } from './workflowWords.ts'
import styles from './workflows.module.css'

interface PublishFlowProps {
  readonly source: WorkflowSource
  /** Whose next version it becomes; undefined: a new workflow. */
  readonly anew: ManagedWorkflow | undefined
  readonly onPublished: (workflow: ManagedWorkflow) => void
  readonly onCancel: () => void
}

/** From a workflow to something that people can run, in steps that ask one thing each. */
export function PublishFlow(props: PublishFlowProps) {
  const inspection = useInspection(props.source)
  if (inspection.isPending) return <LoadingRows rows={4} rowHeight={64} />
  if (inspection.isError) {
    return (
      <ErrorState
        what="This workflow cannot be published."
        error={inspection.error}
        onRetry={() => void inspection.refetch()}
      />
    )
  }
  const Form = props.anew === undefined ? NewWorkflow : NewVersion
  return <Form {...props} anew={props.anew} inspected={inspection.data} />
}

interface FormProps extends PublishFlowProps {
  readonly inspected: InspectedWorkflow
}

const steps = ['Name and picture', 'What people may change', 'Who may run it'] as const

interface Draft {
  readonly name: string
  readonly description: string
  readonly picture: string | undefined
  readonly inputs: readonly InputDraft[]
  readonly grants: WorkflowGrants
}

function NewWorkflow({ source, inspected, onPublished, onCancel }: FormProps) {
  const [step, setStep] = useState(0)
  const [draft, setDraft] = useState<Draft>(() => ({
    name: source.name,
    description: '',
    picture: undefined,
    inputs: toInputDrafts(inspected.possibleInputs, inspected.suggested),
    grants: { public: false, roles: ['user', 'creator'], people: [] },
  }))
  const publish = usePublish()
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const isLast = step === steps.length - 1
  const canGoOn = step === 0 ? draft.name.trim() !== '' : draft.inputs.every((input) => inputError(input) === undefined)
  const goOn = () => {
    if (!isLast) {
      setStep(step + 1)
      return
    }
    const { inputs, ...members } = draft
    publish.mutate(
      { ...members, source, inputs: toInputs(inputs) },
      { onSuccess: ({ workflow }) => onPublished(workflow) },
    )
  }
  return (
    <div className={styles.flow}>
      <StepList step={step} onStep={setStep} />
      <Warnings inspected={inspected} />
      {step === 0 && <NameStep draft={draft} onChange={change} nameError={fieldMessage(publish.error, 'name')} />}
      {step === 1 && (
        <InputsField
          drafts={draft.inputs}
          onChange={(inputs) => change({ inputs })}
          titleOf={(id) => nodeTitle(source.prompt, id) ?? id}
        />
      )}
      {step === 2 && <GrantsField value={draft.grants} onChange={(grants) => change({ grants })} />}
      <Refusal error={publish.error} />
      <div className={styles.actions}>
        <Button variant="default" onClick={step === 0 ? onCancel : () => setStep(step - 1)}>
          {step === 0 ? 'Cancel' : 'Back'}
        </Button>
        <Button onClick={goOn} disabled={!canGoOn} loading={publish.isPending}>
          {isLast ? `Publish “${draft.name.trim()}”` : 'Next'}
        </Button>
      </div>
    </div>
  )
}

function StepList({ step, onStep }: { readonly step: number; readonly onStep: (step: number) => void }) {
  return (
    <ol className={styles.steps} aria-label="Steps">
      {steps.map((title, index) => (
        <li key={title} aria-current={index === step ? 'step' : undefined} data-done={index < step}>
          {index < step ? (
            <button type="button" onClick={() => onStep(index)}>
              {index + 1}. {title}
            </button>
          ) : (
            <span>
              {index + 1}. {title}
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}

interface NameStepProps {
  readonly draft: Draft
  readonly onChange: (part: Partial<Draft>) => void
  readonly nameError: string | undefined
}

function NameStep({ draft, onChange, nameError }: NameStepProps) {
  return (
    <div className={styles.nameStep}>
      <TextInput
        label="Name"
        description="As people will read it: “Picture from words”, “Make it sharper”."
        value={draft.name}
        maxLength={80}
        error={nameError}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        description="What it does and what it needs, in a sentence or two."
        value={draft.description}
        maxLength={1000}
        rows={3}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
      <PictureField value={draft.picture} onChange={(picture) => onChange({ picture })} />
    </div>
  )
}

/** What the owner should know of it before people run it. */
export function Warnings({ inspected }: { readonly inspected: Pick<InspectedWorkflow, 'problem' | 'riskyNodes'> }) {
  const risky = riskyWords(inspected.riskyNodes)
  if (inspected.problem === null && risky === undefined) return null
  return (
    <div className={styles.warnings}>
      {inspected.problem !== null && <Notice tone="problem">{inspected.problem}</Notice>}
      {risky !== undefined && <Notice tone="attention">{risky}</Notice>}
    </div>
  )
}

function NewVersion({ source, anew, inspected, onPublished, onCancel }: FormProps) {
  const [inputs, setInputs] = useState<readonly InputDraft[]>(() =>
    toInputDrafts(inspected.possibleInputs, inspected.suggested, anew?.inputs),
  )
  const publish = usePublishAnew()
  if (anew === undefined) return null
  const canPublish = inputs.every((input) => inputError(input) === undefined)
  return (
    <div className={styles.flow}>
      <Warnings inspected={inspected} />
      <p className="quiet">
        Name, picture and who may run it stay. What waits in the line runs as it was sent; from now on people run the
        new version.
      </p>
      <InputsField drafts={inputs} onChange={setInputs} titleOf={(id) => nodeTitle(source.prompt, id) ?? id} />
      <Refusal error={publish.error} />
      <div className={styles.actions}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button
          disabled={!canPublish}
          loading={publish.isPending}
          onClick={() => publish.mutate({ id: anew.id, source, inputs: toInputs(inputs) }, { onSuccess: onPublished })}
        >
          Publish version {anew.version + 1}
        </Button>
      </div>
    </div>
  )
}
