import type { ComponentProps, ReactNode } from 'react'
import styles from './EntryFrame.module.css'
import { GateMark } from './GateMark.tsx'

interface EntryFrameProps {
  /** Left out: what is inside has a heading of its own. */
  readonly title?: string
  readonly children: ReactNode
}

/** The page of somebody who is not signed in yet: the mark, a heading, and one thing to do. */
export function EntryFrame({ title, children }: EntryFrameProps) {
  return (
    <main className={styles.root}>
      <div className={styles.frame}>
        <span className={styles.mark}>
          <GateMark size={44} state={{ kind: 'running' }} />
        </span>
        {title !== undefined && <h1>{title}</h1>}
        {children}
      </div>
    </main>
  )
}

/** The fields in it. Sent without the script, nothing typed gets into the address. */
export function EntryForm(props: Omit<ComponentProps<'form'>, 'className' | 'method'>) {
  return <form {...props} className={styles.fields} method="post" />
}
