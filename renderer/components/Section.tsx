import { useId } from 'react'
import type { ReactNode } from 'react'
import styles from './Section.module.css'

interface SectionProps {
  readonly title: string
  readonly hint?: ReactNode
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** A titled part of a page. Never put inside another one. */
export function Section({ title, hint, action, children }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={styles.root}>
      <div className={styles.head}>
        <div>
          <h2 id={id}>{title}</h2>
          {hint !== undefined && <p className="quiet">{hint}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  )
}
