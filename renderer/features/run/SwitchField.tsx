import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { describedBy, toFieldId } from './FieldFrame.tsx'
import styles from './Fields.module.css'

interface SwitchFieldProps {
  readonly input: Extract<WorkflowInput, { kind: 'boolean' }>
  readonly value: boolean
  readonly onChange: (value: boolean) => void
}

/** On or off. */
export function SwitchField({ input, value, onChange }: SwitchFieldProps) {
  const id = toFieldId(input.key)
  return (
    <div className={styles.field}>
      <label className={styles.switch}>
        <span className={styles.label}>{input.label}</span>
        <input
          id={id}
          type="checkbox"
          role="switch"
          checked={value}
          onChange={(event) => onChange(event.currentTarget.checked)}
          {...describedBy(id, input.hint, undefined)}
        />
        <span className={styles.track} aria-hidden />
      </label>
      {input.hint !== '' && (
        <p id={`${id}-hint`} className={styles.hint}>
          {input.hint}
        </p>
      )}
    </div>
  )
}
