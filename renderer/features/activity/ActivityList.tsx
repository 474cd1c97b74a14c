import { toAuditEntries } from '../../../proxy/contract/auditEntries.ts'
import type { AuditEntry } from '../../../proxy/contract/auditEntries.ts'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'
import type { AuditNames } from '../../../proxy/contract/auditSentences.ts'
import { useNow } from '../../components/useNow.ts'
import { toDayName } from '../../words/time.ts'
import styles from './Activity.module.css'
import { FoldedEntry, SingleEntry } from './ActivityEntry.tsx'

interface Day {
  readonly key: string
  readonly name: string
  readonly rows: AuditRow[]
}

/** Rows that follow each other on one day. Its key stays when newer ones join, so that what was opened stays open. */
function toDays(rows: readonly AuditRow[], nowMs: number): Day[] {
  const days: Day[] = []
  for (const row of rows) {
    const name = toDayName(Date.parse(row.at), nowMs)
    const day = days.at(-1)
    if (day?.name === name) day.rows.push(row)
    else days.push({ key: `${name} ${String(days.filter((other) => other.name === name).length)}`, name, rows: [row] })
  }
  return days
}

interface ActivityListProps {
  readonly rows: readonly AuditRow[]
  readonly names: AuditNames
  readonly onKeepOut: (address: string) => void
}

/** What happened, day by day, in sentences; what happened over and over is one line that opens. */
export function ActivityList({ rows, names, onKeepOut }: ActivityListProps) {
  const nowMs = useNow(60_000)
  return toDays(rows, nowMs).map((day) => (
    <section key={day.key} aria-label={day.name}>
      <h2 className={styles.day}>{day.name}</h2>
      <ol className={styles.list}>
        {toAuditEntries(day.rows).map((entry) => (
          <Entry key={keyOf(entry)} entry={entry} names={names} onKeepOut={onKeepOut} />
        ))}
      </ol>
    </section>
  ))
}

/** By its oldest row: newer ones join at the top, and it stays open. */
const keyOf = ({ rows }: AuditEntry): number => rows[rows.length - 1]?.seq ?? rows[0].seq

interface EntryProps {
  readonly entry: AuditEntry
  readonly names: AuditNames
  readonly onKeepOut: (address: string) => void
}

function Entry({ entry, names, onKeepOut }: EntryProps) {
  return entry.kind === 'row' ? (
    <SingleEntry row={entry.rows[0]} names={names} onKeepOut={onKeepOut} />
  ) : (
    <FoldedEntry entry={entry} names={names} onKeepOut={onKeepOut} />
  )
}
