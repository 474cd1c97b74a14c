import { IconChevronRight } from '@tabler/icons-react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import { StateWord } from '../../components/StateWord.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import table from '../../components/DataTable.module.css'

interface PeopleTableProps {
  readonly people: readonly Person[]
  readonly onOpen: (id: string) => void
}

/** A row per person; the name opens the drawer, and so does a click anywhere in the row. */
export function PeopleTable({ people, onOpen }: PeopleTableProps) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">Last seen</th>
          <th scope="col" className={table.number}>
            Keys
          </th>
          <th scope="col" className={table.number}>
            Devices
          </th>
          <td className={table.chevron} />
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <tr key={person.id} className={table.clickable} onClick={() => onOpen(person.id)}>
            <th scope="row">
              <div className={table.name}>
                <button type="button" className={table.link} onClick={() => onOpen(person.id)}>
                  {person.name}
                </button>
                <PersonState person={person} />
              </div>
            </th>
            <td data-label="Role" className={table.fact}>
              {person.roleTitle}
            </td>
            <td data-label="Last seen" className={table.fact}>
              {lastSeen(person)}
            </td>
            <td data-label="Keys" className={table.number}>
              {person.keyCount}
            </td>
            <td data-label="Devices" className={table.number}>
              {person.sessionCount}
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

function PersonState({ person }: { readonly person: Person }) {
  if (person.isOwner) return <StateWord tone="quiet">You</StateWord>
  if (person.disabled) return <StateWord tone="attention">Turned away</StateWord>
  if (!person.hasPassword) return <StateWord tone="attention">No password yet</StateWord>
  return null
}

function lastSeen(person: Person) {
  if (person.connected) return <StateWord tone="good">Here now</StateWord>
  return person.lastSeenAt === null ? <span className="quiet">Never</span> : <TimeAgo at={person.lastSeenAt} />
}
