import { Radio } from '@mantine/core'
import type { RoleId } from '../../../proxy/contract/accounts.ts'
import { useRoles } from '../roles/roleQueries.ts'
import { listRoleChoices } from '../roles/roleWords.ts'
import styles from './RoleChoice.module.css'

interface RoleChoiceProps {
  readonly value: RoleId
  readonly onChange: (role: RoleId) => void
  readonly disabled?: boolean
}

/** A role with what it means, not only its name. */
export function RoleChoice({ value, onChange, disabled = false }: RoleChoiceProps) {
  const own = useRoles().data?.filter(({ builtIn }) => !builtIn) ?? []
  return (
    <Radio.Group label="What may this person do?" value={value} onChange={onChange}>
      <div className={styles.root}>
        {listRoleChoices(own).map(({ id, title, meaning }) => (
          <Radio key={id} value={id} disabled={disabled} label={title} description={meaning} />
        ))}
      </div>
    </Radio.Group>
  )
}
