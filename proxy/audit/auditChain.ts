import { createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** What one row vouches for: its own content and, through `prevHmac`, everything before it. */
export interface ChainedRow {
  readonly seq: number
  readonly atMs: number
  readonly event: string
  readonly actorKind: string
  readonly actorId: string | null
  readonly actorName: string | null
  readonly address: string | null
  /** The JSON text as stored: the chain covers bytes, not a parsed value. */
  readonly details: string
  readonly prevHmac: string
}

export interface StoredRow extends ChainedRow {
  readonly hmac: string
}

/** Where a chain stands: its newest row. */
export interface ChainHead {
  readonly seq: number
  readonly hmac: string
}

/** Up to which row the log was shortened, vouched for by the key of the chain. */
export interface Checkpoint extends ChainHead {
  readonly atMs: number
  readonly signature: string
}

/** What the first row follows. */
export const chainStart = '0'.repeat(64)
export const emptyChain: ChainHead = { seq: 0, hmac: chainStart }

/** Hex HMAC-SHA256 over the row. The JSON array keeps neighbouring fields from running into each other. */
export function chainHmac(key: KeyObject | Buffer, row: ChainedRow): string {
  return hmacAs(key, row, row.seq)
}

/** What the row's HMAC would be at another place. */
export function hmacAs(key: KeyObject | Buffer, row: ChainedRow, seq: number): string {
  const content = JSON.stringify([
    seq,
    row.atMs,
    row.event,
    row.actorKind,
    row.actorId,
    row.actorName,
    row.address,
    row.details,
    row.prevHmac,
  ])
  return createHmac('sha256', key).update(content).digest('hex')
}

/** Begins with a text, so that no row's content is ever that of a checkpoint. */
export function signCheckpoint(key: KeyObject | Buffer, { seq, atMs, hmac }: Omit<Checkpoint, 'signature'>): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['gatehouse log checkpoint', seq, atMs, hmac]))
    .digest('hex')
}

export const isSigned = (key: KeyObject | Buffer, checkpoint: Checkpoint): boolean =>
  isEqual(signCheckpoint(key, checkpoint), checkpoint.signature)

export function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
