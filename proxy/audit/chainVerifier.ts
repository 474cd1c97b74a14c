import type { KeyObject } from 'node:crypto'
import type { AuditFinding } from '../contract/auditLog.ts'
import { emptyChain, hmacAs, isEqual } from './auditChain.ts'
import type { ChainHead, StoredRow } from './auditChain.ts'

/** A row that was once there, by what is kept outside of the table; without an HMAC only that there was one. */
export interface ChainMark {
  readonly seq: number
  readonly hmac?: string
}

interface Range {
  from: number
  to: number
}

const MAX_FINDINGS = 20
const MAX_GAPS = 1000
/** How far a row that does not fit is looked for elsewhere, and for how many rows: each look is an HMAC. */
const SEARCH_ROWS = 32
const MAX_SEARCHES = 200

/**
 * Takes the rows of a log in the order of `seq` and names what is not as it was written. A row is genuine when its HMAC
 * fits its content and a place; from the places of genuine rows follows what was removed, put in and reordered.
 */
export class ChainVerifier {
  readonly #key: KeyObject | Buffer
  readonly #findings: AuditFinding[] = []
  readonly #marks: ChainMark[]
  /** No row stands at this place, or before it. */
  readonly #start: number
  #gaps: Range[] = []
  #reordered: Range | undefined
  /** Rows in a row of which none is genuine: changed or put in, the next genuine one tells. */
  #strange: Range | undefined
  /** The genuine row that was written last of those seen. */
  #previous: ChainHead
  /** How far rows stand from where they were written, since the last one that was looked for. */
  #shift = 0
  #moved: Range | undefined
  #searches = 0
  #rows = 0
  #genuine = 0
  #more = false

  constructor(key: KeyObject | Buffer, start: ChainHead = emptyChain, marks: readonly ChainMark[] = []) {
    this.#key = key
    this.#start = start.seq
    this.#previous = start
    this.#marks = [...marks]
  }

  get rows(): number {
    return this.#rows
  }

  /** Up to where the rows were looked at; a valid checkpoint beyond it means that they were removed meanwhile. */
  get last(): number {
    return this.#previous.seq
  }

  /** Goes on behind a checkpoint. */
  resume(from: ChainHead): void {
    this.#settleStrange(from.seq)
    this.#previous = from
    this.#shift = 0
  }

  add(row: StoredRow): void {
    this.#rows += 1
    if (row.seq <= this.#start) {
      this.#find('inserted', { from: row.seq, to: row.seq })
      return
    }
    const place = this.#findPlace(row)
    if (place === undefined) {
      this.#strange = { from: this.#strange?.from ?? row.seq, to: row.seq }
      return
    }
    this.#genuine += 1
    this.#takeGenuine(row, place)
  }

  /** @returns what is wrong, the first row first, and whether there is more than is listed */
  end(): { findings: AuditFinding[]; more: boolean } {
    if (this.#rows > 0 && this.#genuine === 0 && this.#strange !== undefined) {
      this.#find('replaced', this.#strange)
      this.#previous = { ...this.#previous, seq: this.#strange.to }
    } else {
      this.#settleStrange(this.#strange?.to ?? 0)
    }
    for (const gap of this.#gaps) this.#find('removed', gap)
    if (this.#reordered !== undefined) this.#find('reordered', this.#reordered)
    this.#findCutTail()
    // Otherwise they moved because of what was found already.
    if (this.#moved !== undefined && this.#findings.length === 0) this.#find('reordered', this.#moved)
    const findings = this.#findings.sort((one, other) => one.fromSeq - other.fromSeq)
    return { findings, more: this.#more }
  }

  /** The place that the row was written for: where it stands, or near it. */
  #findPlace(row: StoredRow): number | undefined {
    const fits = (seq: number): boolean => seq > 0 && isEqual(hmacAs(this.#key, row, seq), row.hmac)
    if (fits(row.seq)) return row.seq
    if (this.#shift !== 0 && fits(row.seq + this.#shift)) return row.seq + this.#shift
    if (this.#searches >= MAX_SEARCHES) return undefined
    this.#searches += 1
    for (let distance = 1; distance <= SEARCH_ROWS; distance += 1) {
      if (fits(row.seq + distance)) return row.seq + distance
      if (fits(row.seq - distance)) return row.seq - distance
    }
    return undefined
  }

  #takeGenuine(row: StoredRow, place: number): void {
    this.#shift = place - row.seq
    if (this.#shift !== 0) this.#moved = { from: this.#moved?.from ?? row.seq, to: row.seq }
    this.#checkMark(place, row.hmac)
    if (place <= this.#previous.seq) {
      this.#takeLate(row, place)
      return
    }
    const isNext = this.#strange === undefined && place === this.#previous.seq + 1
    if (isNext && !isEqual(row.prevHmac, this.#previous.hmac)) {
      // Genuine, but it followed another row than this one: what stands before it is of another history.
      this.#find('replaced', { from: this.#previous.seq, to: this.#previous.seq })
    }
    this.#settleStrange(place - 1)
    if (place > this.#previous.seq + 1) this.#addGap({ from: this.#previous.seq + 1, to: place - 1 })
    this.#previous = { seq: place, hmac: row.hmac }
  }

  /** A row that should have come earlier: it was moved, or it is there twice. */
  #takeLate(row: StoredRow, place: number): void {
    const gap = this.#gaps.find(({ from, to }) => place >= from && place <= to)
    if (gap === undefined) {
      this.#find('inserted', { from: row.seq, to: row.seq })
      return
    }
    this.#gaps = this.#gaps.flatMap((range) =>
      range === gap
        ? [
            { from: gap.from, to: place - 1 },
            { from: place + 1, to: gap.to },
          ].filter(({ from, to }) => from <= to)
        : [range],
    )
    this.#reordered = {
      from: Math.min(this.#reordered?.from ?? gap.from, place),
      to: Math.max(this.#reordered?.to ?? row.seq, row.seq),
    }
  }

  /** `lastMissing`: genuine rows up to there did not come. As many strange rows as they are were theirs. */
  #settleStrange(lastMissing: number): void {
    const strange = this.#strange
    if (strange === undefined) return
    this.#strange = undefined
    const missing = lastMissing - this.#previous.seq
    const count = strange.to - strange.from + 1
    this.#find(missing <= 0 ? 'inserted' : 'changed', strange)
    if (missing > 0) this.#previous = { ...this.#previous, seq: this.#previous.seq + Math.min(missing, count) }
  }

  #addGap(gap: Range): void {
    if (this.#gaps.length < MAX_GAPS) this.#gaps.push(gap)
    else this.#more = true
  }

  #checkMark(place: number, hmac: string): void {
    for (const mark of this.#marks) {
      if (mark.seq !== place || mark.hmac === undefined || isEqual(mark.hmac, hmac)) continue
      this.#find('replaced', { from: place, to: place })
    }
  }

  #findCutTail(): void {
    const last = Math.max(0, ...this.#marks.map(({ seq }) => seq))
    if (last <= this.#previous.seq) return
    this.#find(this.#rows === 0 ? 'emptied' : 'cutTail', { from: this.#previous.seq + 1, to: last })
  }

  #find(kind: AuditFinding['kind'], { from, to }: Range): void {
    const before = this.#findings.at(-1)
    if (before?.kind === kind && before.fromSeq <= from && before.toSeq >= to) return
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ kind, fromSeq: from, toSeq: to })
    else this.#more = true
  }
}
