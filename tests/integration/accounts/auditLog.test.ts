import { sql } from 'kysely'
import { describe, expect, vi } from 'vitest'
import { storesTest as it } from '../../support/storesFixture.ts'

const event = (turn: number) => ({ event: 'setting.changed', actor: { kind: 'system' }, details: { turn } }) as const

describe('the log', () => {
  it('keeps what is recorded in order, without being asked to', async ({ stores }) => {
    for (let turn = 0; turn < 200; turn += 1) stores.audit.record(event(turn))

    await vi.waitFor(async () => {
      const rows = await stores.database.kysely.selectFrom('audit').selectAll().orderBy('seq').execute()
      expect(rows.map((row) => JSON.parse(row.details).turn)).toEqual(Array.from({ length: 200 }, (_, turn) => turn))
    })
    await expect(stores.audit.verifyChain()).resolves.toEqual({ kind: 'whole', rows: 200 })
  })

  it.for([
    [`update audit set details = '{}' where seq = 7`, 7],
    [`update audit set actor_name = 'Leo' where seq = 7`, 7],
    ['delete from audit where seq = 7', 8],
    ['update audit set seq = 100 where seq = 10', 100],
    [`update audit set at_ms = at_ms + 1 where seq = 1`, 1],
  ] as const)('finds tampering by %s', async ([statement, seq], { stores }) => {
    for (let turn = 0; turn < 10; turn += 1) stores.audit.record(event(turn))
    await stores.audit.flush()

    await sql.raw(statement).execute(stores.database.kysely)

    await expect(stores.audit.verifyChain()).resolves.toEqual({ kind: 'broken', seq })
  })

  it('keeps what could not be written until it can be', async ({ stores, logger }) => {
    const transaction = vi.spyOn(stores.database.kysely, 'transaction').mockImplementationOnce(() => {
      throw new Error('disk full')
    })
    stores.audit.record(event(1))
    await expect(stores.audit.flush()).rejects.toThrow('disk full')
    transaction.mockRestore()

    await stores.audit.flush()

    await expect(stores.audit.verifyChain()).resolves.toEqual({ kind: 'whole', rows: 1 })
    expect(logger.lines).toEqual([])
  })
})
