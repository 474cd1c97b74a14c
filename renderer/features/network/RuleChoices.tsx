import { Checkbox, SegmentedControl } from '@mantine/core'
import type { IpRule } from '../../../proxy/contract/ipRules.ts'

interface KindChoiceProps {
  readonly label: string
  /** One word for a rule, another for a list. */
  readonly denyWords: string
  readonly value: IpRule['kind']
  readonly onChange: (kind: IpRule['kind']) => void
}

/** Whether addresses are kept out, or are the only ones let in. */
export function KindChoice({ label, denyWords, value, onChange }: KindChoiceProps) {
  return (
    <SegmentedControl
      aria-label={label}
      fullWidth
      value={value}
      onChange={(chosen) => onChange(chosen === 'allow' ? 'allow' : 'deny')}
      data={[
        { value: 'deny', label: denyWords },
        { value: 'allow', label: 'Let only these in' },
      ]}
    />
  )
}

interface ThisComputerChoiceProps {
  readonly description?: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

/** While only some are let in, this computer is not let in by itself. */
export function ThisComputerChoice({ onChange, ...rest }: ThisComputerChoiceProps) {
  return (
    <Checkbox label="Let this computer in, too" {...rest} onChange={(event) => onChange(event.currentTarget.checked)} />
  )
}
