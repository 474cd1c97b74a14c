import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import type { ReactNode, SyntheticEvent } from 'react'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { toFieldId } from './FieldFrame.tsx'
import { FormField } from './FormField.tsx'
import { createDraft, defaultValue, findProblems, refusedInputs, withSeeds } from './runDraft.ts'
import type { DraftValue } from './runDraft.ts'
import styles from './RunForm.module.css'
import type { RunNotes } from './runMemory.ts'
import { useRunWorkflow } from './runQueries.ts'

interface RunFormProps {
  readonly workflow: Workflow
  /** Whether it was taken back while it was open. */
  readonly isWithdrawn?: boolean
  readonly notes: RunNotes
  /** Above the form: runs of it that go on. */
  readonly children?: ReactNode
  readonly onStarted: (jobId: string) => void
}

/** A workflow's form: what it asks for, and the button that runs it, where the thumb is. */
export function RunForm({ workflow, isWithdrawn = false, notes, children, onStarted }: RunFormProps) {
  const { id, inputs, problem } = workflow
  const [draft, setDraft] = useState(() => createDraft(inputs, notes.formOf(id)))
  const [tried, setTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const run = useRunWorkflow(workflow)
  const problems = tried ? findProblems(inputs, draft) : new Map<string, string>()
  const refused = refusedInputs(inputs, run.error)
  const change = (key: string) => (value: DraftValue) => {
    const next = { ...draft, [key]: value }
    setDraft(next)
    notes.keepForm(id, next)
    // Its words are about what stood there before.
    if (run.isError) run.reset()
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setTried(true)
    const [first] = findProblems(inputs, draft).keys()
    if (first !== undefined) {
      showField(form.current, first)
      return
    }
    run.mutate(draft, {
      onSuccess: ({ jobId, inputs: ran }) => {
        notes.keepRun({ jobId, workflowId: id, draft: withSeeds(inputs, draft, ran) })
        onStarted(jobId)
      },
      onError: (error) => {
        const [refusedFirst] = refusedInputs(inputs, error).keys()
        if (refusedFirst !== undefined) showField(form.current, refusedFirst)
      },
    })
  }
  return (
    <form ref={form} className={`${styles.form} ${styles.room}`} noValidate onSubmit={submit} data-run-form>
      {children}
      {isWithdrawn && (
        <Notice tone="attention" announce>
          This workflow was taken back, so it cannot run any more. What you filled in stays here while this page is
          open.
        </Notice>
      )}
      {!isWithdrawn && problem !== null && <Notice tone="attention">It cannot run now: {problem}</Notice>}
      {inputs.length === 0 && <p className="quiet">There is nothing to choose: it runs as it is.</p>}
      {inputs.map((input) => (
        <FormField
          key={input.key}
          input={input}
          value={draft[input.key] ?? defaultValue(input)}
          problem={problems.get(input.key) ?? refused.get(input.key)}
          onChange={change(input.key)}
        />
      ))}
      {refused.size === 0 && <Refusal error={run.error} />}
      <div className={styles.bar}>
        <Button
          type="submit"
          size="lg"
          fullWidth
          disabled={problem !== null || isWithdrawn}
          loading={run.isPending || run.isSuccess}
        >
          Run
        </Button>
      </div>
    </form>
  )
}

function showField(form: HTMLFormElement | null, key: string): void {
  const field = form?.querySelector<HTMLElement>(`[data-field="${toFieldId(key)}"]`)
  field?.scrollIntoView({ block: 'center' })
  field?.querySelector<HTMLElement>('input:not([hidden]), textarea, select, button')?.focus({ preventScroll: true })
}
