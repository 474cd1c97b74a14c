import type { Output } from '../../../proxy/contract/outputs.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import type { OutputFilter } from './gallerySearch.ts'
import { useAllOutputs, useDeleteOutputs } from './outputQueries.ts'
import { deletionWords } from './outputWords.ts'

interface DeleteOutputsDialogProps {
  readonly outputs: readonly Output[]
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Names how many removed files go for good. */
export function DeleteOutputsDialog({ outputs, onDone, onClose }: DeleteOutputsDialogProps) {
  const deleting = useDeleteOutputs()
  const whose = new Set(outputs.map(({ user }) => user.id)).size
  return (
    <ConfirmDialog
      title={`${deletionWords(outputs.length)}?`}
      action={deletionWords(outputs.length)}
      busy={deleting.isPending}
      error={deleting.error}
      onConfirm={() => deleting.mutate(outputs, { onSuccess: onDone })}
      onClose={onClose}
    >
      <p>They cannot come back, and take no room any more.</p>
      {whose > 1 && <p>They are of {whose} people.</p>}
    </ConfirmDialog>
  )
}

interface DeleteAllDialogProps extends Omit<DeleteOutputsDialogProps, 'outputs'> {
  readonly filter: OutputFilter
}

/** All that the list names, also what has not been read yet. */
export function DeleteAllDialog({ filter, onDone, onClose }: DeleteAllDialogProps) {
  const all = useAllOutputs(filter)
  if (all.data !== undefined) return <DeleteOutputsDialog outputs={all.data} onDone={onDone} onClose={onClose} />
  return (
    <Dialog title="Delete all for good?" onClose={onClose}>
      {all.isError ? (
        <ErrorState what="The files could not be read." error={all.error} onRetry={() => void all.refetch()} />
      ) : (
        <p role="status">Counting the files …</p>
      )}
    </Dialog>
  )
}
