import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconExclamationCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import styles from './Notice.module.css'

export type NoticeTone = 'plain' | 'good' | 'attention' | 'problem'

interface NoticeProps {
  readonly tone: NoticeTone
  readonly children: ReactNode
  readonly actions?: ReactNode
  /** Read aloud when it appears. */
  readonly announce?: boolean
}

const icons = {
  plain: IconInfoCircle,
  good: IconCircleCheck,
  attention: IconAlertTriangle,
  problem: IconExclamationCircle,
} as const

/** A sentence with a shape and a colour, and what to do about it. */
export function Notice({ tone, children, actions, announce = false }: NoticeProps) {
  const Icon = icons[tone]
  return (
    <div
      className={styles.root}
      data-tone={tone}
      role={announce ? (tone === 'problem' ? 'alert' : 'status') : undefined}
    >
      <Icon size={20} aria-hidden className={styles.icon} />
      <div className={styles.text}>{children}</div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
