import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import styles from './FoldedLog.module.css'
import { LogView } from './LogView.tsx'

/** The log, folded away until somebody wants it. */
export function FoldedLog({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.root} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.summary}>
        <IconChevronRight size={16} aria-hidden />
        Log
      </summary>
      {open && (
        <div className={styles.body}>
          <LogView height={240} />
          <div>{children}</div>
        </div>
      )}
    </details>
  )
}
