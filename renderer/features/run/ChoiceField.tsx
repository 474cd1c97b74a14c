import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { describedBy, FieldFrame, invalid, toFieldId } from './FieldFrame.tsx'
import type { FieldProps } from './FieldFrame.tsx'
import styles from './Fields.module.css'
import { choiceWords, isSegmented } from './fieldShape.ts'

type ChoiceInput = Extract<WorkflowInput, { kind: 'choice' }>

/** One of several: side by side when they are few, otherwise in the phone's own list. */
export function ChoiceField({ input, value, problem, onChange }: FieldProps<ChoiceInput, string>) {
  const id = toFieldId(input.key)
  const words = choiceWords(input.choices)
  if (!isSegmented(input.choices)) {
    return (
      <FieldFrame id={id} label={input.label} hint={input.hint} problem={problem}>
        <select
          id={id}
          className={styles.select}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...invalid(problem)}
          {...describedBy(id, input.hint, problem)}
        >
          {input.choices.map((choice) => (
            <option key={choice} value={choice}>
              {words.get(choice)}
            </option>
          ))}
        </select>
      </FieldFrame>
    )
  }
  return (
    <FieldFrame id={id} label={input.label} hint={input.hint} problem={problem} kind="group">
      <div className={styles.segments}>
        {input.choices.map((choice) => (
          <label key={choice} className={styles.segment}>
            <input
              type="radio"
              className="visuallyHidden"
              name={id}
              value={choice}
              checked={choice === value}
              onChange={() => onChange(choice)}
            />
            <span>{words.get(choice)}</span>
          </label>
        ))}
      </div>
    </FieldFrame>
  )
}
