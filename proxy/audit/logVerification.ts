import type { KeyObject } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { AuditFinding, AuditVerdict } from '../contract/auditLog.ts'
import type { Schema } from '../database/schema.ts'
import { emptyChain, isSigned } from './auditChain.ts'
import { headsOf, readMark } from './auditMark.ts'
import type { MarkVault, ReadMark } from './auditMark.ts'
import { countRows, findCheckpoint, readHighestSeq, readRowsAfter, toStoredRow } from './auditTable.ts'
import { ChainVerifier } from './chainVerifier.ts'
import type { ChainMark } from './chainVerifier.ts'

/** Few enough that whoever waits for an answer of the gate meanwhile does not notice. */
const PAGE_ROWS = 250

export interface LogVerificationOptions {
  readonly kysely: Kysely<Schema>
  readonly chainKey: KeyObject
  readonly vault: MarkVault
}

export interface VerificationProgress {
  readonly done: number
  readonly total: number
}

/**
 * Reads the whole log and checks every row against the one before it, and the newest against the mark. It gives way
 * after each page for as long as the page took, so that it takes half of the processor at most.
 */
export async function verifyLog(
  options: LogVerificationOptions,
  onProgress: (progress: VerificationProgress) => void = () => undefined,
): Promise<AuditVerdict> {
  const { kysely, chainKey } = options
  // Before the first row is read: what is written meanwhile is behind the mark, never before it.
  const mark = await readMarkOrNot(options.vault)
  const highest = await readHighestSeq(kysely)
  const checkpoint = await findCheckpoint(kysely)
  const isTrusted = checkpoint !== undefined && isSigned(chainKey, checkpoint)
  const start = isTrusted ? checkpoint : emptyChain
  const verifier = new ChainVerifier(chainKey, start, toMarks(mark, highest))
  const total = await countRows(kysely)
  let shortenedTo = start.seq
  // Everything, also rows that stand before the first one.
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const begunMs = performance.now()
    const rows = await readRowsAfter(kysely, after, PAGE_ROWS)
    const [first] = rows
    if (first === undefined) break
    if (first.seq > verifier.last + 1) shortenedTo = await followRetention(options, verifier, shortenedTo)
    for (const row of rows) verifier.add(toStoredRow(row))
    after = rows.at(-1)?.seq ?? after
    onProgress({ done: verifier.rows, total: Math.max(total, verifier.rows) })
    await wait(performance.now() - begunMs)
  }
  const { findings, more } = verifier.end()
  const own: AuditFinding[] = [
    ...(checkpoint === undefined || isTrusted
      ? []
      : [{ kind: 'checkpoint' as const, fromSeq: checkpoint.seq, toSeq: checkpoint.seq }]),
    ...(mark.kind === 'unreadable' ? [{ kind: 'mark' as const, fromSeq: 0, toSeq: 0 }] : []),
  ]
  const all = [...own, ...findings]
  const kind = all.length === 0 ? 'whole' : 'broken'
  return { kind, rows: verifier.rows, shortenedTo, mark: mark.kind, findings: all, more }
}

/** Rows that are missing at the beginning may have become too old while this ran. */
async function followRetention(
  { kysely, chainKey }: LogVerificationOptions,
  verifier: ChainVerifier,
  shortenedTo: number,
): Promise<number> {
  const checkpoint = await findCheckpoint(kysely)
  if (checkpoint === undefined || checkpoint.seq <= verifier.last || !isSigned(chainKey, checkpoint)) return shortenedTo
  verifier.resume(checkpoint)
  return checkpoint.seq
}

/** A vault that does not answer now says nothing about the rows. */
async function readMarkOrNot(vault: MarkVault): Promise<ReadMark> {
  try {
    return await readMark(vault)
  } catch {
    return { kind: 'none' } // the verdict says that there is no mark
  }
}

const toMarks = (read: ReadMark, highest: number): ChainMark[] => [
  ...(read.kind === 'kept' ? headsOf(read.mark) : []),
  ...(highest > 0 ? [{ seq: highest }] : []),
]
