import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './Dialog.module.css'
import { useFocusReturn } from './useFocusReturn.ts'

interface DialogProps {
  readonly title: string
  readonly children: ReactNode
  readonly onClose: () => void
  readonly size?: number
  /** False while something would be lost: then only the buttons close it. */
  readonly dismissable?: boolean
}

/** A dialog above the page: Esc closes, focus stays inside and goes back afterwards. */
export function Dialog({ title, children, onClose, size = 480, dismissable = true }: DialogProps) {
  useFocusReturn()
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      centered
      closeOnClickOutside={false}
      closeOnEscape={dismissable}
      withCloseButton={dismissable}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{ content: styles.content, header: styles.header, title: styles.title, body: styles.body }}
    >
      {children}
    </Modal>
  )
}

/** The buttons of a dialog; the main one last. */
export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>
}
