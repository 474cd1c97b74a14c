import {
  IconAlertTriangle,
  IconChevronDown,
  IconChevronRight,
  IconCircleFilled,
  IconExclamationCircle,
  IconShieldCheck,
} from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { protectionWords, toCommonRow } from '../../../proxy/contract/auditEntries.ts'
import type { AuditEntry } from '../../../proxy/contract/auditEntries.ts'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'
import { describeAuditRow } from '../../../proxy/contract/auditSentences.ts'
import type { AuditNames, AuditSentence } from '../../../proxy/contract/auditSentences.ts'
import { toExactTime } from '../../words/time.ts'
import styles from './Activity.module.css'
import { timesWords, toFacts } from './activityWords.ts'
import { EntryActions } from './EntryActions.tsx'

const icons = { plain: IconCircleFilled, attention: IconAlertTriangle, alarm: IconExclamationCircle } as const
const toneWords: Readonly<Record<AuditSentence['tone'], string>> = {
  plain: '',
  attention: 'Refused or worth a look: ',
  alarm: 'Look at this: ',
}

const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })

interface SingleEntryProps {
  readonly row: AuditRow
  readonly names: AuditNames
  readonly onKeepOut: (address: string) => void
}

/** One row, and what can be done about it. */
export function SingleEntry({ row, names, onKeepOut }: SingleEntryProps) {
  return (
    <li className={styles.row} data-tone={describeAuditRow(row, names).tone}>
      <RowWords row={row} names={names} />
      <EntryActions row={row} names={names} onKeepOut={onKeepOut} />
      <Time newest={row} />
    </li>
  )
}

interface FoldedEntryProps {
  readonly entry: AuditEntry
  readonly names: AuditNames
  readonly onKeepOut: (address: string) => void
}

/** Many rows as one, which opens to them. */
export function FoldedEntry({ entry, names, onKeepOut }: FoldedEntryProps) {
  const [isOpen, setOpen] = useState(false)
  const listId = useId()
  const { kind, rows } = entry
  const common = toCommonRow(entry)
  const isProtection = kind === 'protection'
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <li className={styles.folded}>
      <div className={styles.row} data-tone={isProtection ? 'plain' : describeAuditRow(common, names).tone}>
        {isProtection ? (
          <Words icon={<IconShieldCheck size={18} aria-hidden className={styles.icon} />}>
            <p>{protectionWords(entry)}</p>
          </Words>
        ) : (
          <RowWords row={common} names={names} />
        )}
        {!isProtection && <EntryActions row={common} names={names} onKeepOut={onKeepOut} />}
        <button
          type="button"
          className={styles.times}
          aria-expanded={isOpen}
          aria-controls={listId}
          onClick={() => setOpen(!isOpen)}
        >
          {timesWords(entry)}
          <Chevron size={16} aria-hidden />
        </button>
        <Time newest={rows[0]} oldest={rows[rows.length - 1]} />
      </div>
      <ol id={listId} hidden={!isOpen} className={styles.inner} tabIndex={0} aria-label="Each of them">
        {isOpen &&
          rows.map((row) => (
            <li key={row.seq} className={styles.row} data-tone="plain">
              <RowWords row={row} names={names} isInner />
              <Time newest={row} />
            </li>
          ))}
      </ol>
    </li>
  )
}

interface RowWordsProps {
  readonly row: AuditRow
  readonly names: AuditNames
  readonly isInner?: boolean
}

function RowWords({ row, names, isInner = false }: RowWordsProps) {
  const { text, tone } = describeAuditRow(row, names)
  const facts = toFacts(row, text, names)
  const Icon = icons[isInner ? 'plain' : tone]
  const isDot = isInner || tone === 'plain'
  return (
    <Words icon={<Icon size={isDot ? 8 : 18} aria-hidden className={styles.icon} data-dot={isDot} />}>
      <p>
        {tone !== 'plain' && <span className="visuallyHidden">{toneWords[tone]}</span>}
        {text}
      </p>
      {facts !== '' && <p className="quiet small">{facts}</p>}
    </Words>
  )
}

function Words({ icon, children }: { readonly icon: ReactNode; readonly children: ReactNode }) {
  return (
    <>
      {icon}
      <div className={styles.words}>{children}</div>
    </>
  )
}

function Time({ newest, oldest = newest }: { readonly newest: AuditRow; readonly oldest?: AuditRow | undefined }) {
  const [from, to] = [Date.parse(oldest.at), Date.parse(newest.at)]
  const [first, last] = [hourAndMinute.format(from), hourAndMinute.format(to)]
  return (
    <time className={`${styles.time} quiet small numbers`} dateTime={newest.at} title={toExactTime(to)}>
      {first === last ? last : `${first}–${last}`}
    </time>
  )
}
