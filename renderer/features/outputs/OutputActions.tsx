import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { IconCopy, IconDownload, IconPhotoUp, IconPin, IconPinFilled, IconTrash, IconUsers } from '@tabler/icons-react'
import { z } from 'zod'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { request } from '../../api/client.ts'
import { copyText } from '../../components/copyText.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { downloadPath, workflowPath } from './outputLinks.ts'
import { useOutputAsInput } from './outputQueries.ts'
import styles from './OutputViewer.module.css'
import { kindWord } from './outputWords.ts'
import type { OutputCommands } from './useOutputCommands.ts'

interface OutputActionsProps {
  readonly output: Output
  readonly hasWorkflow: boolean
  readonly canvas: (() => void) | undefined
  readonly commands: OutputCommands
  readonly onRemove: () => void
  /** Undefined: it cannot be shared, or one may not. */
  readonly onShare: (() => void) | undefined
}

/** Its words wrap: the panel is narrow, and wider letters than ours may be set. */
const whole = {
  variant: 'default',
  justify: 'flex-start',
  fullWidth: true,
  styles: {
    root: { display: 'flex', alignItems: 'center', height: 'auto', minHeight: 'var(--button-height)', paddingBlock: 6 },
    inner: { height: 'auto', width: '100%' },
    label: { height: 'auto', lineHeight: 1.3, whiteSpace: 'normal', textAlign: 'start' },
  },
} as const

/** What can be done with the one that is open. */
export function OutputActions({ output, hasWorkflow, canvas, commands, onRemove, onShare }: OutputActionsProps) {
  const Pin = output.keep ? IconPinFilled : IconPin
  return (
    <div className={styles.actions}>
      <div className={styles.main}>
        <Button
          component="a"
          href={downloadPath(output.id)}
          download={output.name}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download
        </Button>
        <Button
          variant={output.keep ? 'light' : 'default'}
          aria-pressed={output.keep}
          leftSection={<Pin size={16} aria-hidden />}
          onClick={() => commands.keep([output])}
        >
          {output.keep ? 'Kept' : 'Keep'}
        </Button>
        <Button variant="light" color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={onRemove}>
          Remove
        </Button>
      </div>
      {onShare !== undefined && (
        <Button {...whole} leftSection={<IconUsers size={16} aria-hidden />} onClick={onShare}>
          {output.shared ? 'Shared with others …' : 'Share …'}
        </Button>
      )}
      {hasWorkflow && <WorkflowActions output={output} />}
      {canvas !== undefined && output.kind !== 'model' && output.kind !== 'other' && (
        <AsInput output={output} canvas={canvas} />
      )}
    </div>
  )
}

function WorkflowActions({ output }: { readonly output: Output }) {
  const copy = useMutation({
    mutationFn: async () => {
      const workflow = await request('GET', `outputs/${output.id}/workflow`, { schema: z.unknown() })
      return copyText(JSON.stringify(workflow, undefined, 2))
    },
  })
  return (
    <>
      {output.kind === 'image' && (
        <Button
          {...whole}
          component="a"
          href={downloadPath(output.id, false)}
          download={output.name}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download without workflow
        </Button>
      )}
      <Button
        {...whole}
        loading={copy.isPending}
        leftSection={<IconCopy size={16} aria-hidden />}
        onClick={() => copy.mutate()}
      >
        <span aria-live="polite">{copyWords(copy.data)}</span>
      </Button>
      <Button
        {...whole}
        component="a"
        href={workflowPath(output.id)}
        download={`${output.name.replace(/\.[^.]*$/, '')}.json`}
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        Save the workflow as a file
      </Button>
      <Refusal error={copy.error} />
    </>
  )
}

function copyWords(result: 'copied' | 'copiedForAMinute' | 'failed' | undefined): string {
  if (result === undefined) return 'Copy the workflow'
  return result === 'failed' ? 'This browser does not copy: save it as a file' : 'Copied: paste it in the canvas'
}

function AsInput({ output, canvas }: { readonly output: Output; readonly canvas: () => void }) {
  const asInput = useOutputAsInput()
  if (asInput.data !== undefined) {
    return (
      <Notice
        tone="good"
        announce
        actions={
          <Button variant="default" onClick={canvas}>
            Open the canvas
          </Button>
        }
      >
        {kindWord(output.kind)} <strong>{asInput.data.name}</strong> is ready: choose it there in a node such as “Load
        Image”.
      </Notice>
    )
  }
  return (
    <>
      <Button
        {...whole}
        loading={asInput.isPending}
        leftSection={<IconPhotoUp size={16} aria-hidden />}
        onClick={() => asInput.mutate(output.id)}
      >
        Use as input
      </Button>
      <Refusal error={asInput.error} />
    </>
  )
}
