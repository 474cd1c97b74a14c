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

/** What the first row follows. */
export const chainStart = '0'.repeat(64)

/** Hex HMAC-SHA256 over the row. The JSON array keeps neighbouring fields from running into each other. */
export function chainHmac(key: KeyObject | Buffer, row: ChainedRow): string {
  const content = JSON.stringify([
    row.seq,
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

export type ChainVerdict =
  | { readonly kind: 'whole'; readonly rows: number }
  /** `seq` is the first row that does not fit what stands before it. */
  | { readonly kind: 'broken'; readonly seq: number }

export class ChainVerifier {
  readonly #key: KeyObject | Buffer
  #previous = chainStart
  #rows = 0
  #brokenAt: number | undefined

  constructor(key: KeyObject | Buffer) {
    this.#key = key
  }

  /** Takes rows in the order of `seq`, which starts at 1 and has no gaps. */
  add(row: ChainedRow & { readonly hmac: string }): void {
    if (this.#brokenAt !== undefined) return
    this.#rows += 1
    const fits =
      row.seq === this.#rows && row.prevHmac === this.#previous && isEqual(chainHmac(this.#key, row), row.hmac)
    if (!fits) this.#brokenAt = row.seq
    this.#previous = row.hmac
  }

  verdict(): ChainVerdict {
    return this.#brokenAt === undefined ? { kind: 'whole', rows: this.#rows } : { kind: 'broken', seq: this.#brokenAt }
  }
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
