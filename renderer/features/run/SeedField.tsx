import { IconArrowsShuffle, IconLock } from '@tabler/icons-react'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { describedBy, FieldFrame, invalid, toFieldId } from './FieldFrame.tsx'
import type { FieldProps } from './FieldFrame.tsx'
import styles from './Fields.module.css'
import { drawSeed } from './fieldShape.ts'

type SeedInput = Extract<WorkflowInput, { kind: 'seed' }>

const meaning = 'Chance: the same number with the same form gives the same picture.'

/** Where chance begins: new for each run, or held to see what else a change does. */
export function SeedField({ input, value, problem, onChange }: FieldProps<SeedInput, string>) {
  const id = toFieldId(input.key)
  const hint = input.hint === '' ? meaning : input.hint
  if (value === '') {
    return (
      <FieldFrame id={id} label={input.label} hint={hint} problem={problem} kind="group">
        <div className={styles.seed}>
          <span className={styles.drawn}>
            <IconArrowsShuffle size={18} aria-hidden />
            New each time
          </span>
          <button type="button" className={styles.plain} onClick={() => onChange(drawSeed(input, Math.random()))}>
            <IconLock size={18} aria-hidden />
            Hold one
          </button>
        </div>
      </FieldFrame>
    )
  }
  return (
    <FieldFrame id={id} label={input.label} hint={hint} problem={problem}>
      <div className={styles.seed}>
        <input
          id={id}
          type="text"
          inputMode="numeric"
          autoComplete="off"
          className={styles.text}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...invalid(problem)}
          {...describedBy(id, hint, problem)}
        />
        <button type="button" className={styles.plain} onClick={() => onChange('')}>
          <IconArrowsShuffle size={18} aria-hidden />
          New each time
        </button>
      </div>
    </FieldFrame>
  )
}
