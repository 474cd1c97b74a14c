import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainHmac, chainStart, isSigned, signCheckpoint } from '../../../proxy/audit/auditChain.ts'
import type { ChainedRow, StoredRow } from '../../../proxy/audit/auditChain.ts'
import { ChainVerifier } from '../../../proxy/audit/chainVerifier.ts'
import type { ChainMark } from '../../../proxy/audit/chainVerifier.ts'

const key = Buffer.alloc(32, 7)

function createChain(length: number, withKey = key): StoredRow[] {
  const rows: StoredRow[] = []
  for (let seq = 1; seq <= length; seq += 1) {
    const row: ChainedRow = {
      seq,
      atMs: seq * 1000,
      event: 'key.created',
      actorKind: 'account',
      actorId: 'abcdefghijklmnop',
      actorName: 'Mia',
      address: '10.0.0.1',
      details: '{"key":"x"}',
      prevHmac: rows.at(-1)?.hmac ?? chainStart,
    }
    rows.push({ ...row, hmac: chainHmac(withKey, row) })
  }
  return rows
}

function verify(rows: readonly StoredRow[], marks: readonly ChainMark[] = []) {
  const verifier = new ChainVerifier(key, undefined, marks)
  for (const row of rows) verifier.add(row)
  return verifier.end().findings.map(({ kind, fromSeq, toSeq }) => [kind, fromSeq, toSeq])
}

const changeRow = (change: Partial<StoredRow>, of = 3, length = 5): StoredRow[] =>
  createChain(length).map((row) => (row.seq === of ? { ...row, ...change } : row))

const changes = [
  ['time', { atMs: 1 }],
  ['event', { event: 'key.revoked' }],
  ['kind of actor', { actorKind: 'system' }],
  ['actor', { actorId: null }],
  ['name', { actorName: 'Leo' }],
  ['address', { address: null }],
  ['details', { details: '{"key":"y"}' }],
  ['link', { prevHmac: 'e'.repeat(64) }],
  ['print', { hmac: 'f'.repeat(64) }],
  ['print cut short', { hmac: '' }],
] as const

describe('the chain of the log', () => {
  it('is whole as written', () => {
    expect(verify(createChain(5), [{ seq: 5 }])).toEqual([])
    expect(verify([])).toEqual([])
  })

  it.for(changes)('names the row whose %s was changed, wherever it stands', ([, change]) => {
    expect(verify(changeRow(change))).toEqual([['changed', 3, 3]])
    expect(verify(changeRow(change, 1))).toEqual([['changed', 1, 1]])
    expect(verify(changeRow(change, 5))).toEqual([['changed', 5, 5]])
  })

  it('names several places', () => {
    const rows = createChain(20).map((row) => ([4, 5, 11].includes(row.seq) ? { ...row, actorName: 'Leo' } : row))
    expect(verify(rows.filter(({ seq }) => seq !== 15))).toEqual([
      ['changed', 4, 5],
      ['changed', 11, 11],
      ['removed', 15, 15],
    ])
  })

  it('shows a row that moved text from one field to the next', () => {
    const [row] = createChain(1)
    if (row === undefined) throw new TypeError('no row')
    expect(verify([{ ...row, actorName: 'Mia10.0.0.1', address: '' }])).toEqual([['replaced', 1, 1]])
  })

  it('names removed rows, also when those behind them were numbered anew', () => {
    const rows = createChain(9)
    expect(verify(rows.filter(({ seq }) => seq !== 3))).toEqual([['removed', 3, 3]])
    expect(verify(rows.filter(({ seq }) => seq > 2))).toEqual([['removed', 1, 2]])
    const renumbered = rows.filter(({ seq }) => seq !== 3 && seq !== 4).map((row, at) => ({ ...row, seq: at + 1 }))
    expect(verify(renumbered)).toEqual([['removed', 3, 4]])
  })

  it('names rows that were put in: made up, copied, or before the first one', () => {
    const rows = createChain(9)
    const madeUp = { ...createChain(9, Buffer.alloc(32, 8))[4], seq: 5 } as StoredRow
    const withOneMore = [...rows.slice(0, 4), madeUp, ...rows.slice(4).map((row) => ({ ...row, seq: row.seq + 1 }))]
    expect(verify(withOneMore)).toEqual([['inserted', 5, 5]])
    const copied = [...rows.slice(0, 4), { ...rows[1], seq: 5 } as StoredRow, ...withOneMore.slice(5)]
    expect(verify(copied)).toEqual([['inserted', 5, 5]])
    expect(verify([{ ...madeUp, seq: 0 }, ...rows])).toEqual([['inserted', 0, 0]])
    expect(verify([{ ...madeUp, seq: -7 }, ...rows])).toEqual([['inserted', -7, -7]])
  })

  it('names rows that changed places', () => {
    const rows = createChain(12)
    const swapped = rows.map((row) =>
      row.seq === 5 ? { ...rows[8], seq: 5 } : row.seq === 9 ? { ...rows[4], seq: 9 } : row,
    )
    expect(verify(swapped as StoredRow[])).toEqual([['reordered', 5, 9]])
    const movedOut = rows.map((row) => (row.seq === 12 ? { ...row, seq: 14 } : row))
    expect(verify(movedOut)).toEqual([['reordered', 14, 14]])
  })

  it('names a cut tail and an emptied table by the mark', () => {
    const rows = createChain(9)
    const mark = { seq: 9, hmac: rows[8]?.hmac ?? '' }
    expect(verify(rows.slice(0, 6), [mark])).toEqual([['cutTail', 7, 9]])
    expect(verify([], [mark])).toEqual([['emptied', 1, 9]])
    expect(verify(rows.slice(0, 8), [{ seq: 9 }])).toEqual([['cutTail', 9, 9]])
  })

  it('names a whole log of another key, and one of the same key that is not the one that was marked', () => {
    expect(verify(createChain(700, Buffer.alloc(32, 8)))).toEqual([['replaced', 1, 700]])
    const mark = { seq: 4, hmac: 'a'.repeat(64) }
    expect(verify(createChain(9), [mark])).toEqual([['replaced', 4, 4]])
  })

  it('names where a genuine row follows another history', () => {
    const one = createChain(5)
    const other = createChain(3).map((row) => ({ ...row }))
    const changed = { ...one[2], details: '{"key":"other"}' } as StoredRow
    const forked = { ...changed, hmac: chainHmac(key, changed) }
    expect(verify([...other.slice(0, 2), forked, ...one.slice(3)])).toEqual([['replaced', 3, 3]])
  })

  it('goes on behind a checkpoint that its key signed, and behind no other', () => {
    const rows = createChain(9)
    const point = { seq: 4, atMs: 1, hmac: rows[3]?.hmac ?? '' }
    const checkpoint = { ...point, signature: signCheckpoint(key, point) }
    expect(isSigned(key, checkpoint)).toBe(true)
    expect(isSigned(key, { ...checkpoint, seq: 5 })).toBe(false)
    const verifier = new ChainVerifier(key, checkpoint, [{ seq: 9 }])
    for (const row of rows.slice(4)) verifier.add(row)
    expect(verifier.end()).toEqual({ findings: [], more: false })
  })

  it('finds any one row that was changed in any one field, removed, doubled or exchanged', () => {
    const length = 40
    const rows = createChain(length)
    const mark = { seq: length, hmac: rows.at(-1)?.hmac ?? '' }
    const fields = [
      'atMs',
      'event',
      'actorKind',
      'actorId',
      'actorName',
      'address',
      'details',
      'prevHmac',
      'hmac',
    ] as const
    const place = fc.integer({ min: 0, max: length - 1 })
    const flip = (text: string, at: number): string =>
      text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
    fc.assert(
      fc.property(place, fc.constantFrom(...fields), fc.nat(), (at, field, byte) => {
        const changed = rows.map((row, index) => {
          if (index !== at) return row
          const value = row[field]
          return {
            ...row,
            [field]: typeof value === 'number' ? value + 1 : flip(value ?? 'null', byte % (value ?? 'null').length),
          }
        })
        expect(verify(changed, [mark])).toEqual([['changed', at + 1, at + 1]])
      }),
    )
    fc.assert(
      fc.property(place, (at) => {
        const left = rows.filter((_, index) => index !== at)
        const kind = at === length - 1 ? 'cutTail' : 'removed'
        expect(verify(left, [mark])).toEqual([[kind, at + 1, at + 1]])
      }),
    )
    fc.assert(
      fc.property(place, place, (one, other) => {
        fc.pre(one !== other)
        const swapped = rows.map(
          (row, index) =>
            ({ ...(index === one ? rows[other] : index === other ? rows[one] : row), seq: row.seq }) as StoredRow,
        )
        expect(verify(swapped, [mark])).not.toEqual([])
      }),
    )
  })
})
