import { IconChevronRight } from '@tabler/icons-react'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import table from '../../components/DataTable.module.css'
import { StateWord } from '../../components/StateWord.tsx'
import { peopleWords, roleMeaning, roleTitle } from './roleWords.ts'
import styles from './Roles.module.css'

interface RoleTableProps {
  readonly roles: readonly RoleAnswer[]
  readonly onOpen: (id: string) => void
}

/** A row per role: what it is called, what it means, how many people have it. */
export function RoleTable({ roles, onOpen }: RoleTableProps) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col" className={table.number}>
            Who has it
          </th>
          <td className={table.chevron} />
        </tr>
      </thead>
      <tbody>
        {roles.map((role) => (
          <tr key={role.id} className={table.clickable} onClick={() => onOpen(role.id)}>
            <th scope="row">
              <div className={table.name}>
                <button type="button" className={table.link} onClick={() => onOpen(role.id)}>
                  {roleTitle(role)}
                </button>
                {!role.builtIn && <StateWord tone="quiet">Made by you</StateWord>}
              </div>
              <span className={styles.meaning}>{roleMeaning(role)}</span>
            </th>
            <td data-label="Who has it" className={table.number}>
              {peopleWords(role.people)}
            </td>
            <td className={table.chevron}>
              <IconChevronRight size={16} aria-hidden />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
