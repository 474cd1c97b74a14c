import { Select, Switch, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { auditGroups } from '../../../proxy/contract/auditLog.ts'
import type { Person } from '../../../proxy/contract/accounts.ts'
import type { AuditGroup } from '../../../proxy/contract/auditLog.ts'
import styles from './Activity.module.css'
import { groupWords, spans, spanWords } from './activityWords.ts'
import type { Span } from './activityWords.ts'

/** What somebody chose; null is everything. */
export interface ActivityChoice {
  readonly group: AuditGroup | null
  readonly person: string | null
  readonly span: Span | null
  readonly address: string
  readonly refusals: boolean
}

export const everything: ActivityChoice = { group: null, person: null, span: null, address: '', refusals: false }

interface ActivityFiltersProps {
  readonly choice: ActivityChoice
  readonly people: readonly Person[]
  readonly onChange: (choice: ActivityChoice) => void
}

export function ActivityFilters({ choice, people, onChange }: ActivityFiltersProps) {
  return (
    <div className={styles.filters} role="group" aria-label="What is shown">
      <Select
        label="What"
        placeholder="Everything"
        clearable
        data={auditGroups.map((group) => ({ value: group, label: groupWords[group] }))}
        value={choice.group}
        onChange={(value) => onChange({ ...choice, group: auditGroups.find((group) => group === value) ?? null })}
      />
      <Select
        label="Who"
        placeholder="Everybody"
        clearable
        searchable
        limit={50}
        data={people.map(({ id, name }) => ({ value: id, label: name }))}
        value={choice.person}
        onChange={(person) => onChange({ ...choice, person })}
      />
      <Select
        label="When"
        placeholder="Any time"
        clearable
        data={spans.map((span) => ({ value: span, label: spanWords[span] }))}
        value={choice.span}
        onChange={(value) => onChange({ ...choice, span: spans.find((span) => span === value) ?? null })}
      />
      <TextInput
        label="From which address"
        placeholder="192.168.1."
        leftSection={<IconSearch size={16} aria-hidden />}
        maxLength={64}
        value={choice.address}
        onChange={(event) => onChange({ ...choice, address: event.currentTarget.value })}
      />
      <Switch
        className={styles.switch}
        label="Only what was refused"
        checked={choice.refusals}
        onChange={(event) => onChange({ ...choice, refusals: event.currentTarget.checked })}
      />
    </div>
  )
}
