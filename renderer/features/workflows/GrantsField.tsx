import { Checkbox, Radio } from '@mantine/core'
import type { WorkflowGrants } from '../../../proxy/contract/workflows.ts'
import { LoadingRows } from '../../components/Loading.tsx'
import { SearchField, searchFrom } from '../../components/SearchField.tsx'
import { ReachLine } from '../roles/ReachLine.tsx'
import { foldText } from '../../words/names.ts'
import { useState } from 'react'
import { useGrantees } from './granteeQueries.ts'
import type { Grantees } from './granteeQueries.ts'
import styles from './workflows.module.css'

interface GrantsFieldProps {
  readonly value: WorkflowGrants
  readonly onChange: (grants: WorkflowGrants) => void
}

/** Who may run a workflow: everybody, or the roles and people that are ticked. */
export function GrantsField({ value, onChange }: GrantsFieldProps) {
  const grantees = useGrantees()
  return (
    <div className={styles.grants}>
      <Radio.Group
        aria-label="Who may run it?"
        value={value.public ? 'everybody' : 'some'}
        onChange={(next) => onChange({ ...value, public: next === 'everybody' })}
      >
        <div className={styles.choices}>
          <Radio
            value="some"
            label="Those that I choose"
            description="Roles, and single people beside them. Administrators run everything anyway."
          />
          <Radio
            value="everybody"
            label="Everybody, guests too"
            description="Whoever may run workflows at all, also people and guests who come later."
          />
        </div>
      </Radio.Group>
      {!value.public && grantees === undefined && <LoadingRows rows={3} rowHeight={44} />}
      {!value.public && grantees !== undefined && <Choice value={value} onChange={onChange} grantees={grantees} />}
      <div role="status">
        <ReachLine grants={value} />
      </div>
    </div>
  )
}

function Choice({ value, onChange, grantees }: GrantsFieldProps & { readonly grantees: Grantees }) {
  const [search, setSearch] = useState('')
  const toggle = (list: readonly string[], id: string, on: boolean): string[] =>
    on ? [...list, id] : list.filter((other) => other !== id)
  const wanted = foldText(search)
  const people = grantees.people.filter(({ name }) => foldText(name).includes(wanted))
  return (
    <>
      <fieldset className={styles.choices}>
        <legend>Roles</legend>
        {grantees.roles.map(({ id, name, hint }) => (
          <Checkbox
            key={id}
            label={name}
            description={hint}
            checked={value.roles.includes(id)}
            onChange={(event) => onChange({ ...value, roles: toggle(value.roles, id, event.currentTarget.checked) })}
          />
        ))}
      </fieldset>
      {grantees.people.length > 0 && (
        <fieldset className={styles.choices}>
          <legend>Single people</legend>
          {grantees.people.length >= searchFrom && (
            <SearchField
              label="Search people"
              value={search}
              onChange={setSearch}
              found={people.length}
              total={grantees.people.length}
            />
          )}
          <div className={styles.people}>
            {people.map(({ id, name, hint }) => (
              <Checkbox
                key={id}
                label={name}
                description={hint}
                checked={value.people.includes(id)}
                onChange={(event) =>
                  onChange({ ...value, people: toggle(value.people, id, event.currentTarget.checked) })
                }
              />
            ))}
          </div>
        </fieldset>
      )}
    </>
  )
}
