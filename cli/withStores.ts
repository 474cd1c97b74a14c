import type { Stores } from '../proxy/accounts/stores.ts'
import type { CommandContext } from './commandContext.ts'

/** Opens the data folder for one command, and closes it whatever happens. */
export async function withStores(context: CommandContext, work: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = await context.openStores()
  try {
    await work(stores)
  } finally {
    await stores.close()
  }
}
