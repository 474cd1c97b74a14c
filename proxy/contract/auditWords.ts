import type { AuditFinding, AuditVerdict } from './auditLog.ts'

const count = (rows: number): string => `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`

const toRows = ({ fromSeq, toSeq }: AuditFinding): string =>
  fromSeq === toSeq ? `Row ${fromSeq}` : `Rows ${fromSeq} to ${toSeq}`

/** One thing that is wrong with the log, as a sentence. */
export function describeFinding(finding: AuditFinding): string {
  const rows = toRows(finding)
  const one = finding.fromSeq === finding.toSeq
  switch (finding.kind) {
    case 'changed':
      return `${rows} ${one ? 'was' : 'were'} changed.`
    case 'removed':
      return `${rows} ${one ? 'was' : 'were'} removed.`
    case 'inserted':
      return `${rows} ${one ? 'was' : 'were'} put in; Gatehouse did not write ${one ? 'it' : 'them'} there.`
    case 'reordered':
      return `${rows} ${one ? 'stands' : 'stand'} in another place than where Gatehouse wrote ${one ? 'it' : 'them'}.`
    case 'replaced':
      return `${rows} ${one ? 'is' : 'are'} not what was there before: the list, or its newest part, was exchanged.`
    case 'cutTail':
      return `The newest rows were cut off: ${rows.toLowerCase()} ${one ? 'is' : 'are'} missing at the end.`
    case 'emptied':
      return `The list was emptied: ${count(finding.toSeq - finding.fromSeq + 1)} are missing.`
    case 'checkpoint':
      return `The note of which old rows were cleared away (up to row ${finding.toSeq}) was not written by Gatehouse.`
    case 'mark':
      return 'The mark of the newest row, which is kept with the secret keys, was changed.'
  }
}

const markWords = 'There is no mark of the newest row, so that rows missing at the end would not show for certain.'

/** What was found, in sentences. */
export function describeVerdict({ kind, rows, findings, more, mark, shortenedTo }: AuditVerdict): string {
  if (kind === 'whole') {
    const old = shortenedTo > 0 ? ` What was older was cleared away, up to row ${shortenedTo}.` : ''
    return `Nobody has changed this list (${count(rows)}).${old}${mark === 'none' && rows > 0 ? ` ${markWords}` : ''}`
  }
  const sentences = findings.map(describeFinding)
  return ['The log of what happened was changed from outside.', ...sentences, ...(more ? ['There is more.'] : [])].join(
    ' ',
  )
}
