import { IconAlertTriangle, IconCircleFilled, IconExclamationCircle } from '@tabler/icons-react'
import { describeAuditRow } from '../../../proxy/contract/auditSentences.ts'
import type { AuditNames, AuditSentence } from '../../../proxy/contract/auditSentences.ts'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'
import { useNow } from '../../components/useNow.ts'
import { toDayName, toExactTime } from '../../words/time.ts'
import styles from './Activity.module.css'

const icons = { plain: IconCircleFilled, attention: IconAlertTriangle, alarm: IconExclamationCircle } as const
const toneWords: Readonly<Record<AuditSentence['tone'], string>> = {
  plain: '',
  attention: 'Refused or worth a look: ',
  alarm: 'Look at this: ',
}

const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })

interface Day {
  readonly name: string
  readonly rows: AuditRow[]
}

/** Rows that follow each other on one day. */
function toDays(rows: readonly AuditRow[], nowMs: number): Day[] {
  const days: Day[] = []
  for (const row of rows) {
    const name = toDayName(Date.parse(row.at), nowMs)
    const day = days.at(-1)
    if (day?.name === name) day.rows.push(row)
    else days.push({ name, rows: [row] })
  }
  return days
}

interface ActivityListProps {
  readonly rows: readonly AuditRow[]
  readonly names: AuditNames
}

/** What happened, day by day, in sentences. */
export function ActivityList({ rows, names }: ActivityListProps) {
  const nowMs = useNow(60_000)
  return toDays(rows, nowMs).map((day) => (
    <section key={day.rows[0]?.seq} aria-label={day.name}>
      <h2 className={styles.day}>{day.name}</h2>
      <ol className={styles.list}>
        {day.rows.map((row) => (
          <ActivityRow key={row.seq} row={row} names={names} />
        ))}
      </ol>
    </section>
  ))
}

function ActivityRow({ row, names }: { readonly row: AuditRow; readonly names: AuditNames }) {
  const { text, tone } = describeAuditRow(row, names)
  const Icon = icons[tone]
  const atMs = Date.parse(row.at)
  const facts = toFacts(row, text, names)
  return (
    <li className={styles.row} data-tone={tone}>
      <Icon size={tone === 'plain' ? 8 : 18} aria-hidden className={styles.icon} />
      <div className={styles.words}>
        <p>
          {tone !== 'plain' && <span className="visuallyHidden">{toneWords[tone]}</span>}
          {text}
        </p>
        {facts !== '' && <p className="quiet small">{facts}</p>}
      </div>
      <time className={`${styles.time} quiet small numbers`} dateTime={row.at} title={toExactTime(atMs)}>
        {hourAndMinute.format(atMs)}
      </time>
    </li>
  )
}

/** From where and with what, as far as the sentence does not say it. */
function toFacts({ address, details }: AuditRow, sentence: string, names: AuditNames): string {
  const text = (name: string): string => {
    const value = details[name]
    return typeof value === 'string' ? value : ''
  }
  const device = text('device')
  const key = text('byKey')
  const parts = [
    device !== 'Unknown device' && !sentence.includes(device) ? device : '',
    address === null || sentence.includes(address) ? '' : address,
    key === '' ? '' : `with the key ${names.key(key) ?? key}`,
    text('byToken') === '' ? '' : 'with a token',
  ]
  return parts.filter((part) => part !== '').join(' · ')
}
