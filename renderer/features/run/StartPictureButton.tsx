import { Button } from '@mantine/core'
import { IconPhotoUp } from '@tabler/icons-react'
import { useState } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { Dialog } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { useOutputAsInput } from '../outputs/outputQueries.ts'
import { toStartPicture } from './OwnPictureDialog.tsx'
import { createDraft } from './runDraft.ts'
import type { RunNotes } from './runMemory.ts'
import styles from './RunView.module.css'

interface StartPictureButtonProps {
  readonly output: Output
  readonly workflows: readonly Workflow[]
  readonly notes: RunNotes
  readonly onForm: (workflowId: string) => void
}

const takesPicture = ({ inputs, problem }: Workflow): boolean =>
  problem === null && inputs.some(({ kind }) => kind === 'image')

/** Goes on from this picture with a workflow that takes one. */
export function StartPictureButton({ output, workflows, notes, onForm }: StartPictureButtonProps) {
  const [choosing, setChoosing] = useState(false)
  const use = useOutputAsInput()
  const fitting = workflows.filter(takesPicture)
  const [only, ...others] = fitting
  if (only === undefined) return null
  const start = ({ id, inputs }: Workflow) => {
    const key = inputs.find(({ kind }) => kind === 'image')?.key
    if (key === undefined) return
    use.mutate(output.id, {
      onSuccess: ({ name }) => {
        notes.keepForm(id, { ...createDraft(inputs, notes.formOf(id)), [key]: toStartPicture(output, name) })
        onForm(id)
      },
    })
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPhotoUp size={18} aria-hidden />}
        loading={use.isPending}
        onClick={() => (others.length === 0 ? start(only) : setChoosing(true))}
      >
        Use as start picture
      </Button>
      {!choosing && <Refusal error={use.error} />}
      {choosing && (
        <Dialog title="Start from this picture" onClose={() => setChoosing(false)}>
          <Refusal error={use.error} />
          <ul className={styles.choices}>
            {fitting.map((workflow) => (
              <li key={workflow.id}>
                <Button variant="default" fullWidth disabled={use.isPending} onClick={() => start(workflow)}>
                  {workflow.name}
                </Button>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  )
}
