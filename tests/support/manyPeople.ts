import { join } from 'node:path'
import { openDatabase } from '../../proxy/database/openDatabase.ts'

/** SQLite takes a limited number of values in one statement. */
const rowsAtOnce = 50

/** Puts people, each with one key, into a data folder that exists already. Nobody can sign in as them. */
export async function seedPeople(dataDirectory: string, amount: number): Promise<void> {
  const database = openDatabase(join(dataDirectory, 'gatehouse.db'))
  const numbers = Array.from({ length: amount }, (_unused, index) => index + 1)
  const idOf = (number: number) => `person${String(number).padStart(10, '0')}`
  try {
    for (let start = 0; start < amount; start += rowsAtOnce) {
      const part = numbers.slice(start, start + rowsAtOnce)
      await database.kysely
        .insertInto('accounts')
        .values(
          part.map((number) => ({
            id: idOf(number),
            name: `Pupil ${number}`,
            name_key: `pupil ${number}`,
            role: 'creator',
            disabled: 0,
            password_hash: null,
            created_at_ms: 1_700_000_000_000 + number,
            last_seen_at_ms: null,
          })),
        )
        .execute()
      await database.kysely
        .insertInto('api_keys')
        .values(
          part.map((number) => ({
            id: `key${String(number).padStart(9, '0')}`,
            account_id: idOf(number),
            name: `Tablet ${number}`,
            scopes: '["run","read"]',
            mac: String(number).padStart(64, '0'),
            hash: 'none',
            last_four: 'abcd',
            created_at_ms: 1_700_000_000_000 + number,
            expires_at_ms: null,
            last_used_at_ms: null,
            last_address: null,
            sent_unprotected_at_ms: null,
            made_by_key: null,
          })),
        )
        .execute()
    }
  } finally {
    await database.close()
  }
}
