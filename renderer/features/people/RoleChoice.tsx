import { Radio } from '@mantine/core'
import { roleSchema, roleWords } from '../../../proxy/contract/accounts.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import styles from './RoleChoice.module.css'

interface RoleChoiceProps {
  readonly value: Role
  readonly onChange: (role: Role) => void
  readonly disabled?: boolean
}

/** The order people think in: who makes pictures first, who runs this computer last. */
const order: readonly Role[] = ['creator', 'user', 'viewer', 'guest', 'administrator']
const waiting: ReadonlySet<Role> = new Set(['user', 'viewer', 'guest'])

/** A role with what it means, not only its name. */
export function RoleChoice({ value, onChange, disabled = false }: RoleChoiceProps) {
  return (
    <Radio.Group label="What may this person do?" value={value} onChange={(next) => onChange(roleSchema.parse(next))}>
      <div className={styles.root}>
        {order.map((role) => (
          <Radio
            key={role}
            value={role}
            disabled={disabled}
            label={roleWords[role].title}
            description={`${roleWords[role].meaning}.${waiting.has(role) ? ' From a later version on; nothing to use yet.' : ''}`}
          />
        ))}
      </div>
      {waiting.has(value) && (
        <p className={`quiet small ${styles.note ?? ''}`} role="status">
          Signs in now, but finds nothing to do in this version. Choose Creator for whoever is to make pictures.
        </p>
      )}
    </Radio.Group>
  )
}
