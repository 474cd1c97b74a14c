import { useLayoutEffect, useRef } from 'react'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { describedBy, FieldFrame, invalid, toFieldId } from './FieldFrame.tsx'
import type { FieldProps } from './FieldFrame.tsx'
import styles from './Fields.module.css'

/** Below it nobody needs to be told how much there is left. */
const countFrom = 0.7

/** Words: grows with what is written, and counts once that matters. */
export function TextField({ input, value, problem, onChange }: FieldProps<TextInput, string>) {
  const id = toFieldId(input.key)
  const area = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const element = area.current
    if (element === null) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight + 2}px`
  }, [value])
  const isNear = value.length > input.maxLength * countFrom
  const common = {
    id,
    value,
    className: styles.text ?? '',
    ...invalid(problem),
    ...describedBy(id, input.hint, problem),
  }
  return (
    <FieldFrame
      id={id}
      label={input.label}
      hint={input.hint}
      problem={problem}
      aside={
        isNear && (
          <span className={styles.count}>
            {value.length} of {input.maxLength}
          </span>
        )
      }
    >
      {input.multiline ? (
        <textarea ref={area} rows={3} onChange={(event) => onChange(event.currentTarget.value)} {...common} />
      ) : (
        <input type="text" autoComplete="off" onChange={(event) => onChange(event.currentTarget.value)} {...common} />
      )}
    </FieldFrame>
  )
}

type TextInput = Extract<WorkflowInput, { kind: 'text' }>
