import type { ReactNode } from 'react'
import styles from './Fields.module.css'

/** What every field of a form is given. */
export interface FieldProps<Input, Value> {
  readonly input: Input
  readonly value: Value
  readonly problem: string | undefined
  readonly onChange: (value: Value) => void
}

interface FieldFrameProps {
  /** Of the control; what describes it is called `…-hint` and `…-problem`. */
  readonly id: string
  readonly label: string
  readonly hint: string
  readonly problem: string | undefined
  /** Beside the label, at the other end. */
  readonly aside?: ReactNode
  /** `group`: the label names several controls. */
  readonly kind?: 'control' | 'group'
  readonly children: ReactNode
}

/** Label, control, what it is for, and what is wrong with it. */
export function FieldFrame({ id, label, hint, problem, aside, kind = 'control', children }: FieldFrameProps) {
  const group =
    kind === 'group' ? { role: 'group', 'aria-labelledby': `${id}-label`, ...describedBy(id, hint, problem) } : {}
  return (
    <div className={styles.field} data-problem={problem !== undefined} data-field={id} {...group}>
      <div className={styles.head}>
        {kind === 'control' ? (
          <label className={styles.label} htmlFor={id}>
            {label}
          </label>
        ) : (
          <span id={`${id}-label`} className={styles.label}>
            {label}
          </span>
        )}
        {aside}
      </div>
      {children}
      {hint !== '' && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

/** For the control itself. */
export function describedBy(id: string, hint: string, problem: string | undefined) {
  const ids = [hint === '' ? undefined : `${id}-hint`, problem === undefined ? undefined : `${id}-problem`]
  const text = ids.filter((part) => part !== undefined).join(' ')
  return { ...(text === '' ? {} : { 'aria-describedby': text }) }
}

export const invalid = (problem: string | undefined) => (problem === undefined ? {} : { 'aria-invalid': true as const })

/** An id for the DOM made of an input's key, which may hold anything. */
export const toFieldId = (key: string): string =>
  `input-${Array.from(key, (sign) => (/[a-z0-9]/i.test(sign) ? sign : `_${sign.charCodeAt(0).toString(16)}`)).join('')}`
