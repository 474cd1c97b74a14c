import { Button } from '@mantine/core'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { thumbnailPath } from '../outputs/outputLinks.ts'
import { useOutputAsInput, useOutputs } from '../outputs/outputQueries.ts'
import { describeOutput } from '../outputs/outputWords.ts'
import styles from './Fields.module.css'
import type { StartPicture } from './runDraft.ts'

/** A picture of one's own as ComfyUI's nodes find it. */
export const toStartPicture = (output: Output, name: string): StartPicture => ({
  name,
  label: output.name,
  look: thumbnailPath(output.id, 240),
})

interface OwnPictureDialogProps {
  readonly onChoose: (picture: StartPicture) => void
  readonly onClose: () => void
}

const pictures = { kind: 'image', kept: undefined, removed: undefined, find: undefined, user: undefined } as const

/** One of the pictures that one made here. */
export function OwnPictureDialog({ onChoose, onClose }: OwnPictureDialogProps) {
  const { list, readMore, moreError } = useOutputs(pictures)
  const use = useOutputAsInput()
  const choose = (output: Output) => {
    use.mutate(output.id, { onSuccess: ({ name }) => onChoose(toStartPicture(output, name)) })
  }
  return (
    <Dialog title="My pictures" onClose={onClose} size={720}>
      <Refusal error={use.error ?? moreError} />
      {list.isPending && <LoadingRows rows={3} rowHeight={100} />}
      {list.data === undefined && list.isError && (
        <ErrorState what="The pictures could not be read." error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.data?.items.length === 0 && <p className="quiet">You have made no pictures yet.</p>}
      <ul className={styles.own}>
        {list.data?.items.map((output) => (
          <li key={output.id}>
            <button
              type="button"
              aria-label={describeOutput(output, { withPerson: false })}
              disabled={use.isPending}
              onClick={() => choose(output)}
            >
              <img src={thumbnailPath(output.id, 160)} alt="" loading="lazy" decoding="async" />
            </button>
          </li>
        ))}
      </ul>
      {list.data?.nextCursor !== null && list.data !== undefined && (
        <Button variant="default" fullWidth onClick={readMore}>
          Show more
        </Button>
      )}
    </Dialog>
  )
}
