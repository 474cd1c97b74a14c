import type { ReactNode } from 'react'
import styles from './PageHeader.module.css'

interface PageHeaderProps {
  readonly title: string
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

/** The page's title, the question it answers, and its one main action. */
export function PageHeader({ title, children, actions }: PageHeaderProps) {
  return (
    <div className={styles.root}>
      <div className={styles.words}>
        <h1>{title}</h1>
        {children !== undefined && <p className="quiet">{children}</p>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
