import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Stores } from '../proxy/accounts/stores.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import { databaseFileName } from '../proxy/database/dataFolder.ts'
import type { CommandContext } from './commandContext.ts'

/** Opens the data folder for one command, making it when there is none, and closes it whatever happens. */
export async function withNewStores(context: CommandContext, work: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = await context.openStores()
  try {
    await work(stores)
  } finally {
    await stores.close()
  }
}

/**
 * The same for a command that needs what is there already: a mistyped folder is named, not made.
 * @throws GateError NOT_FOUND
 */
export async function withStores(context: CommandContext, work: (stores: Stores) => Promise<void>): Promise<void> {
  const { dataDirectory } = context
  if (!existsSync(join(dataDirectory, databaseFileName))) {
    throw new GateError(
      'NOT_FOUND',
      `There is no data folder of Gatehouse at ${dataDirectory}. It is made at the first start, and by "user add".`,
    )
  }
  await withNewStores(context, work)
}
