import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Insertable } from 'kysely'
import { databaseFileName } from '../../../proxy/database/dataFolder.ts'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import type { IpRulesTable, JobsTable } from '../../../proxy/database/schema.ts'

/** A summary and a result as a job of one picture leaves them, about as long. */
const SUMMARY = JSON.stringify({ status: 'completed', outputs_count: 1, preview_output: { filename: 'a.png' } })
const RESULT = JSON.stringify({ outputs: { 9: { images: [{ filename: 'a.png' }] } }, meta: 'm'.repeat(1_000) })
const DAY_MS = 86_400_000

/**
 * Fills a data folder that nothing has open: as many accounts, keys, address rules and ended jobs as asked for. Rows like
 * those that are there, with names and secrets of their own; all jobs are of the person whom the load asks as.
 */
export async function fillDataFolder(dataDirectory: string, count: number): Promise<void> {
  const database = openDatabase(join(dataDirectory, databaseFileName))
  const { kysely } = database
  try {
    const account = await kysely
      .selectFrom('accounts')
      .selectAll()
      .where('name', '=', 'person0')
      .executeTakeFirstOrThrow()
    const key = await kysely
      .selectFrom('api_keys')
      .selectAll()
      .where('account_id', '=', account.id)
      .executeTakeFirstOrThrow()
    await kysely.transaction().execute(async (transaction) => {
      for (let at = 0; at < count; at += 1) {
        const id = `fill${at.toString().padStart(12, '0')}`
        const mac = randomBytes(32).toString('hex')
        await transaction
          .insertInto('accounts')
          .values({ ...account, id, name: id, name_key: id })
          .execute()
        await transaction
          .insertInto('api_keys')
          .values({ ...key, id: id.slice(4), account_id: id, mac })
          .execute()
        await transaction.insertInto('ip_rules').values(toRule(at)).execute()
        await transaction.insertInto('jobs').values(toJob(account.id, at)).execute()
      }
    })
  } finally {
    await database.close()
  }
}

/** Single addresses of a network that nobody here uses, in no order. */
function toRule(at: number): IpRulesTable {
  const host = (at * 7_919) % 65_536
  const cidr = `10.9.${host >> 8}.${host & 255}/32`
  const made = { comment: '', source: 'import', created_at_ms: Date.now(), expires_at_ms: null }
  return { id: `rule${at.toString().padStart(12, '0')}`, kind: 'deny', cidr, ...made }
}

function toJob(accountId: string, at: number): Insertable<JobsTable> {
  const endedAtMs = Date.now() - DAY_MS - at * 1_000
  return {
    id: randomUUID(),
    account_id: accountId,
    client_id: null,
    held_because: null,
    targets: null,
    boot_id: null,
    failure: null,
    has_secrets: 0,
    state: 'succeeded',
    outcome: 'succeeded',
    number: at,
    prompt: '{}',
    extra_data: '{}',
    outputs: '[]',
    shape: `shape${at % 50}`,
    nodes: 7,
    attempts: 1,
    created_at_ms: endedAtMs - 9_000,
    started_at_ms: endedAtMs - 8_000,
    ended_at_ms: endedAtMs,
    run_ms: 8_000,
    result: RESULT,
    summary: SUMMARY,
    in_history: 1,
    result_bytes: RESULT.length + SUMMARY.length,
    files_recorded: 1,
  }
}
