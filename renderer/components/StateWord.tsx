import { IconAlertTriangle, IconCircleFilled } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import styles from './StateWord.module.css'

interface StateWordProps {
  readonly tone: 'quiet' | 'good' | 'attention' | 'problem'
  readonly children: ReactNode
}

/** A state in one or two words, with a shape beside the colour. */
export function StateWord({ tone, children }: StateWordProps) {
  return (
    <span className={styles.root} data-tone={tone}>
      {tone === 'good' && <IconCircleFilled size={8} aria-hidden />}
      {(tone === 'attention' || tone === 'problem') && <IconAlertTriangle size={14} aria-hidden />}
      <span className={styles.word}>{children}</span>
    </span>
  )
}
