import { CloseButton } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import styles from './Toast.module.css'

/** Long enough to read it and to find the button. */
const shownForMs = 10_000

interface ToastProps {
  /** What was done: another one begins the time anew. */
  readonly children: ReactNode
  readonly action?: ReactNode
  readonly onClose: () => void
}

/** Says what was done and offers to undo it. Stays while it is pointed at or has the focus. */
export function Toast({ children, action, onClose }: ToastProps) {
  const [held, setHeld] = useState(false)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  }, [onClose])
  useEffect(() => {
    if (held) return undefined
    const timer = setTimeout(() => close.current(), shownForMs)
    return () => clearTimeout(timer)
  }, [held, children])
  return (
    <div
      className={styles.root}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div role="status" className={styles.text}>
        {children}
      </div>
      {action}
      <CloseButton aria-label="Close this message" className={styles.close ?? ''} onClick={onClose} />
    </div>
  )
}
