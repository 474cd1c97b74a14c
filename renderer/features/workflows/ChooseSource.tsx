import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Section.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { hasDesktop, invokeDesktop } from '../../desktop/desktop.ts'
import { count } from '../../words/names.ts'
import { useDrafts, usePutDraftAway } from './workflowQueries.ts'
import { fileLimitBytes, readWorkflowFile } from './workflowFile.ts'
import type { ReadFile, WorkflowSource } from './workflowFile.ts'
import styles from './workflows.module.css'

interface ChooseSourceProps {
  readonly onSource: (source: WorkflowSource) => void
  readonly onDraft: (id: string) => void
}

/** Where the workflow comes from: what is open in ComfyUI, or a file. */
export function ChooseSource({ onSource, onDraft }: ChooseSourceProps) {
  return (
    <>
      <FromComfyui onDraft={onDraft} />
      <FromFile onSource={onSource} />
    </>
  )
}

function FromComfyui({ onDraft }: Pick<ChooseSourceProps, 'onDraft'>) {
  const drafts = useDrafts().data ?? []
  const putAway = usePutDraftAway()
  const open = useMutation({ mutationFn: () => invokeDesktop('comfyui:open') })
  return (
    <Section
      title="From ComfyUI"
      hint="Open the workflow there and run it once. Then press your name in the bar, and “Publish …”."
      action={
        hasDesktop() && (
          <Button variant="default" loading={open.isPending} onClick={() => open.mutate()}>
            Open ComfyUI
          </Button>
        )
      }
    >
      <Refusal error={open.error} />
      <ul className={styles.drafts}>
        {drafts.map(({ id, name, by, savedAt, nodes }) => (
          <li key={id}>
            <div>
              <strong>{name}</strong>
              <p className="quiet small">
                {count(nodes, 'node')}, handed over by {by.name} <TimeAgo at={savedAt} />
              </p>
            </div>
            <div className={styles.row}>
              <Button variant="default" aria-label={`Put “${name}” away`} onClick={() => putAway.mutate(id)}>
                Put away
              </Button>
              <Button aria-label={`Publish “${name}”`} onClick={() => onDraft(id)}>
                Publish this
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function FromFile({ onSource }: Pick<ChooseSourceProps, 'onSource'>) {
  const input = useRef<HTMLInputElement>(null)
  const [refused, setRefused] = useState<Exclude<ReadFile, { kind: 'workflow' }>>()
  const read = async (file: File): Promise<void> => {
    if (file.size > fileLimitBytes) {
      setRefused({ kind: 'unreadable', why: 'This file is larger than any workflow. Export one in ComfyUI.' })
      return
    }
    const found = readWorkflowFile(file.name, await file.text())
    if (found.kind === 'workflow') onSource(found.source)
    else setRefused(found)
  }
  return (
    <Section
      title="From a file"
      hint="A workflow in the API format: in ComfyUI, Workflow, Export (API)."
      action={
        <Button variant="default" onClick={() => input.current?.click()}>
          Choose a file …
        </Button>
      }
    >
      <input
        ref={input}
        type="file"
        hidden
        accept="application/json,.json"
        aria-label="Workflow file"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? []
          event.currentTarget.value = ''
          if (file !== undefined) void read(file)
        }}
      />
      {refused?.kind === 'canvas' && (
        <Notice tone="attention" announce>
          This is the file that ComfyUI saves for its own page. Open it in ComfyUI and press “Publish …” there.
        </Notice>
      )}
      {refused?.kind === 'unreadable' && (
        <Notice tone="problem" announce>
          {refused.why}
        </Notice>
      )}
    </Section>
  )
}
