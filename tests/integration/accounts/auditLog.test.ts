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
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 200 })
  })

  it('keeps what could not be written until it can be', async ({ stores, logger }) => {
    const transaction = vi.spyOn(stores.database.kysely, 'transaction').mockImplementationOnce(() => {
      throw new Error('disk full')
    })
    stores.audit.record(event(1))
    await expect(stores.audit.flush()).rejects.toThrow('disk full')
    transaction.mockRestore()

    await stores.audit.flush()

    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 1 })
    expect(logger.lines).toEqual([])
  })

  it('clears old rows away and stays whole, also when all are old', async ({ stores, clock }) => {
    const write = async (rows: number) => {
      for (let turn = 0; turn < rows; turn += 1) stores.audit.record(event(turn))
      await stores.audit.flush()
    }
    await write(450)
    await stores.audit.mark()
    clock.advance(40 * 86_400_000)
    await write(7)

    await expect(stores.audit.shorten(30)).resolves.toBe(450)
    await expect(stores.audit.verify()).resolves.toMatchObject({
      kind: 'whole',
      rows: 8,
      shortenedTo: 450,
      mark: 'kept',
    })

    clock.advance(40 * 86_400_000)
    await expect(stores.audit.shorten(30)).resolves.toBe(8)
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 1, shortenedTo: 458 })
    await expect(stores.audit.shorten(30)).resolves.toBe(0)
  })

  it('is whole while two write it by turns', async ({ stores, openAgain }) => {
    const other = await openAgain()
    for (let turn = 0; turn < 300; turn += 1) {
      stores.audit.record(event(turn))
      other.audit.record(event(turn))
      // One after the other: in one thread neither could wait for the other's lock.
      for (const { audit } of [stores, other]) await (turn % 100 === 0 ? audit.mark() : audit.flush())
    }

    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 600 })
    await expect(other.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 600 })
  })

  it('goes on when its mark cannot be kept, and says so once', async ({ stores, logger }) => {
    const set = vi.spyOn(stores.vault, 'set').mockRejectedValue(new Error('the keychain is locked'))
    for (let turn = 0; turn < 3; turn += 1) {
      stores.audit.record(event(turn))
      await expect(stores.audit.mark()).resolves.toBeUndefined()
    }
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 3, mark: 'none' })
    expect(logger.lines.filter((line) => line.includes('mark of the newest row'))).toHaveLength(1)

    set.mockRestore()
    await expect(stores.audit.mark()).resolves.toMatchObject({ seq: 3, count: 3 })
  })

  it('marks only what survives a loss of power', async ({ stores }) => {
    const order: string[] = []
    const durable = vi.spyOn(stores.database, 'makeDurable').mockImplementation(() => {
      order.push('durable')
      return Promise.resolve()
    })
    const set = vi.spyOn(stores.vault, 'set').mockImplementation(() => {
      order.push('marked')
      return Promise.resolve()
    })
    stores.audit.record(event(1))
    await stores.audit.mark()
    expect(order).toEqual(['durable', 'marked'])
    durable.mockRestore()
    set.mockRestore()
  })
})
