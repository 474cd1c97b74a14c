import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog, DialogActions } from './Dialog.tsx'

interface DoneDialogProps {
  readonly title: string
  readonly children: ReactNode
  readonly onClose: () => void
}

/** Says something and closes. */
export function DoneDialog({ title, children, onClose }: DoneDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <DialogActions>
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  )
}

/** Shows what is never seen again: only the button closes it. */
export function ShownOnceDialog({ title, children, onClose, size }: DoneDialogProps & { readonly size?: number }) {
  return (
    <Dialog title={title} onClose={onClose} dismissable={false} {...(size === undefined ? {} : { size })}>
      {children}
      <DialogActions>
        <Button variant="default" onClick={onClose}>
          I have saved it
        </Button>
      </DialogActions>
    </Dialog>
  )
}
