import { Button } from '@mantine/core'
import { IconDownload, IconPin, IconRestore, IconTrash, IconUsers } from '@tabler/icons-react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { canShare } from '../shares/shareWords.ts'
import styles from './Gallery.module.css'
import { countOutputs } from './outputWords.ts'
import { willKeep } from './useOutputCommands.ts'
import type { OutputCommands } from './useOutputCommands.ts'
import type { Selection } from './useSelection.ts'

interface SelectionBarProps {
  readonly selection: Selection
  readonly commands: OutputCommands
  /** Removed ones are put back or deleted for good. */
  readonly isRemovedView: boolean
  readonly onDelete: (chosen: readonly Output[]) => void
  /** Undefined: one may not. */
  readonly onShare: ((chosen: readonly Output[]) => void) | undefined
}

/** What is done with all that are chosen; always in sight. */
export function SelectionBar({ selection, commands, isRemovedView, onDelete, onShare }: SelectionBarProps) {
  const { outputs } = selection
  const isEmpty = outputs.length === 0
  const then = (command: (chosen: typeof outputs) => void) => () => {
    command(outputs)
    selection.clear()
  }
  return (
    <div className={styles.selection} role="region" aria-label="Selection">
      <p role="status" className={styles.selected}>
        {isEmpty ? 'Nothing selected yet' : `${countOutputs(outputs)} selected`}
      </p>
      <div className={styles.selectionActions}>
        {isRemovedView ? (
          <>
            <Button
              disabled={isEmpty}
              leftSection={<IconRestore size={16} aria-hidden />}
              onClick={then(commands.restore)}
            >
              Put back
            </Button>
            <Button
              variant="light"
              color="red"
              disabled={isEmpty}
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => onDelete(outputs)}
            >
              Delete for good
            </Button>
          </>
        ) : (
          <>
            <Button
              variant="default"
              disabled={isEmpty}
              leftSection={<IconDownload size={16} aria-hidden />}
              onClick={() => commands.download(outputs)}
            >
              Download
            </Button>
            <Button
              variant="default"
              disabled={isEmpty}
              leftSection={<IconPin size={16} aria-hidden />}
              onClick={() => commands.keep(outputs)}
            >
              {isEmpty || willKeep(outputs) ? 'Keep' : 'Do not keep'}
            </Button>
            {onShare !== undefined && (
              <Button
                variant="default"
                disabled={!outputs.some(canShare)}
                leftSection={<IconUsers size={16} aria-hidden />}
                onClick={() => onShare(outputs.filter(canShare))}
              >
                Share
              </Button>
            )}
            <Button
              variant="light"
              color="red"
              disabled={isEmpty}
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={then(commands.remove)}
            >
              {isEmpty ? 'Remove' : `Remove ${countOutputs(outputs)}`}
            </Button>
          </>
        )}
      </div>
      <div className={styles.selectionEnds}>
        <Button variant="subtle" onClick={selection.chooseAll}>
          All
        </Button>
        <Button variant="subtle" color="gray" onClick={selection.clear}>
          Done
        </Button>
      </div>
    </div>
  )
}
