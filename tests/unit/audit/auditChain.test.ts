import { describe, expect, it } from 'vitest'
import { chainHmac, chainStart, ChainVerifier } from '../../../proxy/audit/auditChain.ts'
import type { ChainedRow } from '../../../proxy/audit/auditChain.ts'

const key = Buffer.alloc(32, 7)

type StoredRow = ChainedRow & { readonly hmac: string }

function createChain(length: number): StoredRow[] {
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
    rows.push({ ...row, hmac: chainHmac(key, row) })
  }
  return rows
}

function verify(rows: readonly StoredRow[], withKey = key) {
  const verifier = new ChainVerifier(withKey)
  for (const row of rows) verifier.add(row)
  return verifier.verdict()
}

const changeRow = (change: Partial<StoredRow>): StoredRow[] =>
  createChain(5).map((row) => (row.seq === 3 ? { ...row, ...change } : row))

describe('the chain of the log', () => {
  it('is whole as written', () => {
    expect(verify(createChain(5))).toEqual({ kind: 'whole', rows: 5 })
    expect(verify([])).toEqual({ kind: 'whole', rows: 0 })
  })

  it.for([
    ['time', { atMs: 1 }],
    ['event', { event: 'key.revoked' }],
    ['kind of actor', { actorKind: 'system' }],
    ['actor', { actorId: null }],
    ['name', { actorName: 'Leo' }],
    ['address', { address: null }],
    ['details', { details: '{"key":"y"}' }],
    ['link', { prevHmac: chainStart }],
    ['print', { hmac: 'f'.repeat(64) }],
    ['print cut short', { hmac: '' }],
  ] as const)('names the row whose %s was changed', ([, change]) => {
    expect(verify(changeRow(change))).toEqual({ kind: 'broken', seq: 3 })
  })

  it('shows a row that moved text from one field to the next', () => {
    const [row] = createChain(1)
    if (row === undefined) throw new TypeError('no row')
    expect(verify([{ ...row, actorName: 'Mia10.0.0.1', address: '' }])).toEqual({ kind: 'broken', seq: 1 })
  })

  it('names the row after a removed one, and one that was put in', () => {
    const rows = createChain(5)
    expect(verify(rows.filter((row) => row.seq !== 3))).toEqual({ kind: 'broken', seq: 4 })
    expect(verify(rows.filter((row) => row.seq !== 1))).toEqual({ kind: 'broken', seq: 2 })
    expect(verify([...rows.slice(0, 3), ...rows.slice(2)])).toEqual({ kind: 'broken', seq: 3 })
  })

  it('cannot be continued by somebody without the key', () => {
    expect(verify(createChain(3), Buffer.alloc(32, 8))).toEqual({ kind: 'broken', seq: 1 })
  })
})
