import { Radio } from '@mantine/core'
import { roleWords } from '../../../proxy/contract/accounts.ts'
import type { Role, RoleId } from '../../../proxy/contract/accounts.ts'
import styles from './RoleChoice.module.css'

interface RoleChoiceProps {
  readonly value: RoleId
  readonly onChange: (role: RoleId) => void
  readonly disabled?: boolean
}

/** The order people think in: who makes pictures first, who runs this computer last. */
const order: readonly Role[] = ['user', 'creator', 'viewer', 'guest', 'administrator']

/** A role with what it means, not only its name. */
export function RoleChoice({ value, onChange, disabled = false }: RoleChoiceProps) {
  return (
    <Radio.Group label="What may this person do?" value={value} onChange={onChange}>
      <div className={styles.root}>
        {order.map((role) => (
          <Radio
            key={role}
            value={role}
            disabled={disabled}
            label={roleWords[role].title}
            description={`${roleWords[role].meaning}.`}
          />
        ))}
      </div>
    </Radio.Group>
  )
}
