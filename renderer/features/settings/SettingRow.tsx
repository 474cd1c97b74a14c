import { Button, NumberInput, Switch } from '@mantine/core'
import { useEffect, useId, useState } from 'react'
import type { ReactNode, SyntheticEvent } from 'react'
import { Refusal } from '../../components/ErrorState.tsx'
import styles from './SettingRow.module.css'

interface SettingRowProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly labelId?: string
  readonly error?: unknown
  readonly children: ReactNode
}

/** One setting: its name and what it does on the left, its control on the right. */
export function SettingRow({ label, hint, labelId, error, children }: SettingRowProps) {
  return (
    <div className={styles.root}>
      <div className={styles.words}>
        <p id={labelId} className={styles.label}>
          {label}
        </p>
        {hint !== undefined && <p className="quiet small">{hint}</p>}
        <Refusal error={error} />
      </div>
      <div className={styles.control}>{children}</div>
    </div>
  )
}

interface SwitchSettingProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly checked: boolean
  readonly disabled?: boolean
  readonly error?: unknown
  readonly onChange: (checked: boolean) => void
}

export function SwitchSetting({ label, hint, checked, disabled = false, error, onChange }: SwitchSettingProps) {
  const id = useId()
  return (
    <SettingRow label={label} hint={hint} labelId={id} error={error}>
      <Switch
        size="md"
        withThumbIndicator={false}
        aria-labelledby={id}
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </SettingRow>
  )
}

interface NumberSettingProps {
  readonly label: string
  readonly hint?: string
  readonly unit?: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly busy: boolean
  readonly error?: unknown
  readonly onSave: (value: number) => void
}

/** A number that changes only when it is saved: half a port number must not take effect. */
export function NumberSetting({ label, hint, unit, value, min, max, busy, error, onSave }: NumberSettingProps) {
  const id = useId()
  const [draft, setDraft] = useState<number | string>(value)
  useEffect(() => setDraft(value), [value])
  const valid = typeof draft === 'number' && Number.isInteger(draft) && draft >= min && draft <= max
  const save = (event: SyntheticEvent) => {
    event.preventDefault()
    if (valid && draft !== value) onSave(draft)
  }
  return (
    <SettingRow label={label} hint={hint} labelId={id} error={error}>
      <form onSubmit={save} className={styles.number}>
        <NumberInput
          aria-labelledby={id}
          value={draft}
          onChange={setDraft}
          min={min}
          max={max}
          allowDecimal={false}
          hideControls
          suffix={unit === undefined ? '' : ` ${unit}`}
          w={112}
        />
        {draft !== value && (
          <Button type="submit" loading={busy} disabled={!valid}>
            Save
          </Button>
        )}
      </form>
    </SettingRow>
  )
}
