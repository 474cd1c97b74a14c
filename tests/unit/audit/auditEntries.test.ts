import { describe, expect, it } from 'vitest'
import { countTries, toAuditEntries, toCommonRow } from '../../../proxy/contract/auditEntries.ts'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'

const newestMs = Date.parse('2026-11-23T12:00:00.000Z')
const stranger = { kind: 'unknown', id: null, name: null } as const

/** Rows, the newest first, a second apart. */
const rowsOf = (...rows: readonly Partial<AuditRow>[]): AuditRow[] =>
  rows.map((more, at) => ({
    seq: 1000 - at,
    at: new Date(newestMs - at * 1000).toISOString(),
    ...{ event: 'connection.refused', actor: stranger, address: '192.168.1.40', details: {} },
    ...more,
  }))

const denied = (path: string, code: string, address = '192.168.1.40'): Partial<AuditRow> => ({
  event: 'request.denied',
  address,
  details: { method: 'GET', path, code },
})
const toShown = (rows: readonly AuditRow[]) => toAuditEntries(rows).map(({ kind, rows: of }) => [kind, of.length])

describe('the list of what happened', () => {
  it('tells a flood of refused connections in one line', () => {
    const rows = rowsOf(...Array.from({ length: 100 }, () => ({})))
    expect(toShown(rows)).toEqual([['like', 100]])
    expect(toAuditEntries(rows)[0]?.rows).toEqual(rows)
  })

  it('is not flooded by two kinds of refusals in turn', () => {
    const rows = rowsOf({}, denied('/a', 'AUTH_REQUIRED'), {}, denied('/b', 'AUTH_REQUIRED'), {})
    expect(toShown(rows)).toEqual([
      ['like', 3],
      ['like', 2],
    ])
  })

  it('tells apart addresses, codes and whose password it was', () => {
    const wrong = (account: string) => ({ event: 'signIn.failed', details: { account } })
    const rows = rowsOf(
      denied('/a', 'AUTH_REQUIRED'),
      denied('/a', 'NOT_FOUND'),
      { address: '10.0.0.9' },
      wrong('m'),
      wrong('l'),
    )
    expect(toShown(rows)).toHaveLength(5)
  })

  it('hides nothing that was done between refusals', () => {
    const rows = rowsOf({}, {}, { event: 'session.started' }, {}, { event: 'key.created' }, { event: 'key.created' })
    expect(toShown(rows)).toEqual([
      ['like', 2],
      ['row', 1],
      ['row', 1],
      ['row', 1],
      ['row', 1],
    ])
  })

  it('tells like rows apart that are long apart', () => {
    const rows = rowsOf({}, { at: new Date(newestMs - 11 * 60_000).toISOString() })
    expect(toShown(rows)).toEqual([
      ['row', 1],
      ['row', 1],
    ])
  })

  it('says of like rows what they have in common, and how it stands', () => {
    const [entry] = toAuditEntries(
      rowsOf(
        { event: 'signIn.failed', details: { account: 'm', tries: 6, waitSeconds: 90, device: 'Firefox' } },
        { event: 'signIn.failed', details: { account: 'm', tries: 5, device: 'Python' } },
      ),
    )
    expect(entry && toCommonRow(entry).details).toEqual({ account: 'm', tries: 6, waitSeconds: 90 })
  })

  it('folds what the check of the protection tried, with what the log left out of it', () => {
    const rows = rowsOf(
      {
        event: 'log.shortened',
        actor: { kind: 'system', id: null, name: null },
        address: null,
        details: { omitted: 12, mostly: ['127.72.0.4: 9', '127.72.0.5: 3'] },
      },
      denied('/prompt', 'AUTH_REQUIRED', '127.72.0.4'),
      { address: '127.72.0.5' },
      denied('/x', 'HOST_NOT_ALLOWED', '127.72.0.6'),
    )
    expect(toShown(rows)).toEqual([['protection', 4]])
    expect(toAuditEntries(rows).map(countTries)).toEqual([15])
  })

  it('folds nothing else with it: no success, no person and nobody who was left out beside it', () => {
    const mia = { kind: 'account', id: 'm', name: 'Mia' } as const
    const rows = rowsOf(
      { event: 'session.started', address: '127.72.0.4' },
      { ...denied('/x', 'PERMISSION_DENIED', '127.72.0.4'), actor: mia },
      { event: 'log.shortened', address: null, details: { omitted: 12, mostly: ['127.72.0.4: 9', '203.0.113.7: 3'] } },
      { event: 'log.shortened', address: null, details: { omitted: 99, mostly: ['127.72.0.4: 9'] } },
      denied('/x', 'AUTH_REQUIRED', '127.0.0.1'),
    )
    expect(toAuditEntries(rows).map(({ kind }) => kind)).not.toContain('protection')
  })
})
