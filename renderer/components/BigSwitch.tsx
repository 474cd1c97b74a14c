import styles from './BigSwitch.module.css'

interface BigSwitchProps {
  readonly label: string
  readonly describedBy?: string | undefined
  readonly on: boolean
  /** On its way: the thumb is already where it will be. */
  readonly busy?: boolean
  /** 0 to 1, shown as the filled part of the track while busy. */
  readonly fraction?: number | undefined
  readonly disabled?: boolean
  readonly onChange: (on: boolean) => void
}

/** One of the two large switches. The words beside it say the state; this is the handle. */
export function BigSwitch({
  label,
  describedBy,
  on,
  busy = false,
  fraction,
  disabled = false,
  onChange,
}: BigSwitchProps) {
  const part = on ? (busy ? Math.max(0.3, fraction ?? 1) : 1) : 0
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      aria-describedby={describedBy}
      aria-busy={busy}
      disabled={disabled}
      className={styles.root}
      data-on={on}
      data-busy={busy}
      onClick={() => onChange(!on)}
    >
      <span className={styles.fill} style={{ transform: `scaleX(${part})` }} />
      <span className={styles.thumb}>{busy && <span className={styles.spinner} />}</span>
    </button>
  )
}
