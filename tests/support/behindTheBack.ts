import { sql } from 'kysely'
import { openDatabase } from '../../proxy/database/openDatabase.ts'

/** What another program does to the file that knows SQLite, and no key of ours. */
export async function behindTheBack(file: string, ...statements: readonly string[]): Promise<void> {
  const database = openDatabase(file)
  for (const statement of statements) await sql.raw(statement).execute(database.kysely)
  await database.close()
}
