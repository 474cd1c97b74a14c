import { useEffect, useId, useRef } from 'react'
import { CopyButton } from './CopyButton.tsx'
import styles from './SecretField.module.css'

interface SecretFieldProps {
  readonly label: string
  readonly secret: string
  readonly copyLabel: string
}

/** A secret, shown once: it selects itself, and copies in one press. Nothing else keeps it. */
export function SecretField({ label, secret, copyLabel }: SecretFieldProps) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const element = field.current
    if (element === null) return
    element.style.height = `${element.scrollHeight + 2}px`
    element.focus()
    element.select()
  }, [secret])
  return (
    <div className={styles.root}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <textarea
        id={id}
        ref={field}
        className={styles.field}
        readOnly
        spellCheck={false}
        autoComplete="off"
        rows={1}
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
        onClick={(event) => event.currentTarget.select()}
      />
      <CopyButton text={secret} secret label={copyLabel} variant="filled" />
    </div>
  )
}
