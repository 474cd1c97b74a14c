import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { secretsFileName } from '../../proxy/database/dataFolder.ts'
import { behindTheBack } from '../support/behindTheBack.ts'
import { storesTest as it } from '../support/storesFixture.ts'

const event = (turn: number) => ({ event: 'setting.changed', actor: { kind: 'system' }, details: { turn } }) as const

async function write(stores: Stores, rows: number): Promise<void> {
  for (let turn = 0; turn < rows; turn += 1) stores.audit.record(event(turn))
  await stores.audit.flush()
}

const finding = (kind: string, fromSeq: number, toSeq = fromSeq) => ({ kind, fromSeq, toSeq })

describe('tampering with the log', () => {
  it.for([
    [
      'one byte flipped in the details',
      `update audit set details = replace(details, '6', '7') where seq = 7`,
      'changed',
      7,
      7,
    ],
    ['an actor exchanged', `update audit set actor_name = 'Leo' where seq = 7`, 'changed', 7, 7],
    ['a time moved', 'update audit set at_ms = at_ms + 1 where seq = 1', 'changed', 1, 1],
    [
      'a print exchanged',
      `update audit set hmac = replace(hmac, substr(hmac, 1, 1), 'x') where seq = 4`,
      'changed',
      4,
      4,
    ],
    ['a row removed', 'delete from audit where seq = 7', 'removed', 7, 7],
    ['the first rows removed', 'delete from audit where seq < 4', 'removed', 1, 3],
    [
      'a row put before the first',
      `insert into audit select 0, at_ms, event, actor_kind, actor_id, actor_name, address, details, prev_hmac, hmac from audit where seq = 3`,
      'inserted',
      0,
      0,
    ],
    ['the newest rows cut off', 'delete from audit where seq > 6', 'cutTail', 7, 10],
    ['all rows removed', 'delete from audit', 'emptied', 1, 10],
    [
      'two rows exchanged',
      'update audit set seq = -3 where seq = 3; update audit set seq = 3 where seq = 5; update audit set seq = 5 where seq = -3',
      'reordered',
      3,
      5,
    ],
    [
      'a row put at the end',
      `insert into audit select 11, at_ms, event, actor_kind, actor_id, actor_name, address, details, hmac, hmac from audit where seq = 10`,
      'changed',
      11,
      11,
    ],
  ] as const)('%s is found and named', async ([, statement, kind, from, to], { stores }) => {
    await write(stores, 10)
    await stores.audit.mark()
    // Nothing that SQLite itself remembers helps: whoever tampers clears it too.
    await behindTheBack(
      stores.database.file,
      ...statement.split(';'),
      `update sqlite_sequence set seq = (select max(seq) from audit) where name = 'audit'`,
    )

    const verdict = await stores.audit.verify()

    expect(verdict.kind).toBe('broken')
    expect(verdict.findings).toEqual([finding(kind, from, to)])
  })

  it('a row put in between, with all behind it numbered anew, is found and named', async ({ stores }) => {
    await write(stores, 10)
    await stores.audit.mark()
    await behindTheBack(
      stores.database.file,
      'update audit set seq = -seq - 1 where seq > 5',
      'update audit set seq = -seq where seq < 0',
      `insert into audit select 6, at_ms, event, actor_kind, actor_id, 'Leo', address, details, prev_hmac, hmac from audit where seq = 5`,
    )

    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'broken', findings: [finding('inserted', 6)] })
  })

  it('cutting the newest rows off and letting the gate write over it does not hide it', async ({
    stores,
    openAgain,
    clock,
  }) => {
    await write(stores, 10)
    await stores.close()
    await behindTheBack(
      stores.database.file,
      'delete from audit where seq > 4',
      `update sqlite_sequence set seq = 4 where name = 'audit'`,
    )
    const again = await openAgain()
    await write(again, 20)
    await again.audit.mark()
    clock.advance(3_600_000)
    await write(again, 1)
    await again.audit.mark()

    const verdict = await again.audit.verify()
    const told = await again.database.kysely
      .selectFrom('audit')
      .select('details')
      .where('event', '=', 'log.damaged')
      .execute()

    expect(verdict).toMatchObject({ kind: 'broken', findings: [finding('replaced', 10)] })
    expect(told).toEqual([{ details: '{"row":10}' }])
  })

  it('putting an older copy of the whole database in its place is found', async ({
    stores,
    openAgain,
    dataDirectory,
  }) => {
    await write(stores, 5)
    const copy = join(dataDirectory, '..', 'copy.db')
    await stores.database.snapshot(copy)
    await write(stores, 5)
    await stores.close()
    copyFileSync(copy, stores.database.file)

    const again = await openAgain()

    await expect(again.audit.verify()).resolves.toMatchObject({ kind: 'broken', findings: [finding('cutTail', 6, 10)] })
  })

  it('a log of another data folder in the place of this one is found', async ({ stores, openAgain, dataDirectory }) => {
    await write(stores, 5)
    await stores.close()
    const other = await openAgain({ dataDirectory: `${dataDirectory}-other` })
    await write(other, 8)
    await other.close()
    await behindTheBack(
      stores.database.file,
      `attach '${other.database.file}' as other`,
      'delete from audit',
      `delete from sqlite_sequence where name = 'audit'`,
      'insert into audit select * from other.audit',
    )

    const again = await openAgain()

    await expect(again.audit.verify()).resolves.toMatchObject({ kind: 'broken', findings: [finding('replaced', 1, 8)] })
  })

  it('a made-up note of what was cleared away hides no removed row', async ({ stores }) => {
    await write(stores, 10)
    await stores.audit.mark()
    await behindTheBack(
      stores.database.file,
      `insert into audit_checkpoints select seq, at_ms, hmac, '${'a'.repeat(64)}' from audit where seq = 6`,
      'delete from audit where seq <= 6',
    )

    const verdict = await stores.audit.verify()

    expect(verdict.findings).toEqual([finding('checkpoint', 6), finding('removed', 1, 6)])
  })

  it('a made-up note of what was cleared away does not become a genuine one by clearing away', async ({
    stores,
    clock,
  }) => {
    await write(stores, 10)
    clock.advance(30 * 86_400_000)
    await behindTheBack(
      stores.database.file,
      `insert into audit_checkpoints select seq, at_ms, hmac, '${'a'.repeat(64)}' from audit where seq = 6`,
      'delete from audit where seq <= 6',
    )

    await expect(stores.audit.shorten(1)).resolves.toBe(0)

    await expect(stores.audit.verify()).resolves.toMatchObject({
      kind: 'broken',
      findings: [finding('checkpoint', 6), finding('removed', 1, 6)],
    })
  })

  it('making rows look old does not have them cleared away', async ({ stores, logger }) => {
    await write(stores, 10)
    await behindTheBack(stores.database.file, 'update audit set at_ms = 1 where seq <= 5')

    await expect(stores.audit.shorten(30)).resolves.toBe(0)

    const verdict = await stores.audit.verify()
    expect(verdict).toMatchObject({ kind: 'broken', rows: 10, findings: [finding('changed', 1, 5)] })
    expect(logger.lines.join()).toContain('do not fit')
  })

  it('a mark that was changed or taken away is said', async ({ stores, dataDirectory }) => {
    await write(stores, 3)
    await stores.audit.mark()
    const file = join(dataDirectory, secretsFileName)
    const secrets: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...secrets, 'audit-anchor': Buffer.from('{}').toString('base64') }))

    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'broken', findings: [finding('mark', 0)] })

    Reflect.deleteProperty(secrets, 'audit-anchor')
    writeFileSync(file, JSON.stringify(secrets))
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', mark: 'none' })
  })

  it('without the key of the chain nothing opens, and it is said why', async ({ stores, openAgain, dataDirectory }) => {
    await write(stores, 3)
    await stores.close()
    const file = join(dataDirectory, secretsFileName)
    const secrets: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'))
    Reflect.deleteProperty(secrets, 'audit-chain-key')
    writeFileSync(file, JSON.stringify(secrets))

    await expect(openAgain()).rejects.toMatchObject({
      code: 'SECRETS_UNAVAILABLE',
      message: expect.stringContaining('the log cannot be checked'),
    })
  })
})
