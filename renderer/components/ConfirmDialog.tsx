import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog, DialogActions } from './Dialog.tsx'
import { Refusal } from './ErrorState.tsx'

interface ConfirmDialogProps {
  readonly title: string
  /** What happens and what stays. */
  readonly children: ReactNode
  /** Names the thing: "Remove Mia and 3 keys". */
  readonly action: string
  readonly busy: boolean
  readonly error: unknown
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something is gone for good. */
export function ConfirmDialog({ title, children, action, busy, error, onConfirm, onClose }: ConfirmDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Refusal error={error} />
      <DialogActions>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep
        </Button>
        <Button color="red" loading={busy} onClick={onConfirm}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
