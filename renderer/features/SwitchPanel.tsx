import type { ReactNode } from 'react'
import type { EngineTone } from './comfyui/engineWords.ts'
import styles from './SwitchPanel.module.css'

interface SwitchPanelProps {
  readonly mark: ReactNode
  readonly tone: EngineTone
  readonly title: string
  readonly state: string
  readonly stateId: string
  readonly detail?: string | undefined
  readonly control: ReactNode
  readonly children?: ReactNode
}

/** A large switch with its name, its state in words, and what belongs to it below. */
export function SwitchPanel({ mark, tone, title, state, stateId, detail, control, children }: SwitchPanelProps) {
  return (
    <section className={styles.root} aria-label={title} data-tone={tone}>
      <div className={styles.head}>
        <span className={styles.mark}>{mark}</span>
        <div className={styles.words}>
          <h2 className={styles.title}>{title}</h2>
          <p id={stateId} className={styles.state}>
            {state}
          </p>
          {detail !== undefined && <p className={styles.detail}>{detail}</p>}
        </div>
        {control}
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  )
}
