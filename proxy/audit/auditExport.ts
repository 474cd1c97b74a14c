import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { AuditMark } from './auditMark.ts'
import { findRows } from './auditQuery.ts'
import type { AuditFilter } from './auditQuery.ts'
import type { AuditTableRow } from './auditTable.ts'
import { describeRow } from './describeRow.ts'

const PAGE_ROWS = 500

export type ExportFormat = 'csv' | 'json'

export interface ExportOptions {
  readonly kysely: Kysely<Schema>
  readonly filter: AuditFilter
  readonly format: ExportFormat
  /** The newest row as it is marked; undefined where there is no place for a mark. */
  readonly mark: AuditMark | undefined
  readonly nowMs: number
}

/** The log as text, the newest row first, piece by piece; every row with its HMAC, so that it can be compared later. */
export async function* exportLog(options: ExportOptions): AsyncGenerator<string> {
  yield options.format === 'csv' ? csvHeader : jsonHeader(options)
  let before: number | undefined
  let isFirst = true
  for (;;) {
    const { rows, nextBefore } = await findRows(options.kysely, options.filter, { before, limit: PAGE_ROWS })
    if (rows.length > 0) {
      yield options.format === 'csv'
        ? rows.map(toCsvRow).join('')
        : rows
            .map((row) => toJsonRow(row))
            .join('')
            .slice(isFirst ? 1 : 0)
      isFirst = false
    }
    if (nextBefore === undefined) break
    before = nextBefore
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (options.format === 'json') yield '\n]}\n'
}

const csvColumns = ['seq', 'at', 'event', 'actorKind', 'actorId', 'actorName', 'address', 'details', 'hmac'] as const
const csvHeader = `${csvColumns.join(',')}\r\n`

function toCsvRow(row: AuditTableRow): string {
  const { at, event, actor, address } = describeRow(row)
  const cells = [at, event, actor.kind, actor.id ?? '', actor.name ?? '', address ?? '', row.details, row.hmac]
  return `${row.seq},${cells.map(toCsvCell).join(',')}\r\n`
}

/**
 * RFC 4180, section 2. A spreadsheet takes what begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula,
 * and names are chosen by people: an apostrophe before it makes it text. Where a comma stands in numbers, it parts cells
 * at semicolons or tabs.
 */
export function toCsvCell(text: string): string {
  const parted = text.replace(/([;\t] *)(?=[=+\-@])/g, "$1'")
  const harmless = /^[\s]*[=+\-@]|^[\t\r\n]/.test(text) ? `'${parted}` : parted
  return /[",\r\n]/.test(harmless) ? `"${harmless.replace(/"/g, '""')}"` : harmless
}

function jsonHeader({ mark, nowMs }: ExportOptions): string {
  const anchor = mark === undefined ? null : { seq: mark.seq, hmac: mark.hmac, count: mark.count }
  return `{"exportedAt":${JSON.stringify(new Date(nowMs).toISOString())},"anchor":${JSON.stringify(anchor)},"rows":[`
}

const toJsonRow = (row: AuditTableRow): string =>
  `,\n${JSON.stringify({ ...describeRow(row), prevHmac: row.prev_hmac, hmac: row.hmac })}`
