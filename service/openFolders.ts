import { join, resolve } from 'node:path'
import type { Stores } from '../proxy/accounts/stores.ts'
import { Folders } from '../proxy/folders/folders.ts'
import type { ComfyuiOwnFolders } from '../proxy/isolation/folderOverlap.ts'
import { findSystemPlaces } from '../proxy/isolation/systemFolders.ts'
import { UserFolders } from '../proxy/isolation/userFolders.ts'
import type { ServiceOptions } from './serviceTypes.ts'

export interface OpenedFolders {
  readonly userFolders: UserFolders
  readonly folders: Folders
}

type Options = Pick<ServiceOptions, 'clock' | 'logger' | 'dataDirectory' | 'outputsRoot' | 'platform'>

/** Everybody's folders, over the stores of this data folder. */
export function openFolders(stores: Stores, options: Options, comfyui: () => ComfyuiOwnFolders): OpenedFolders {
  const { clock, logger, dataDirectory, platform } = options
  const { kysely } = stores.database
  const outputsRoot = outputsRootOf(options)
  const userFolders = new UserFolders({ kysely, clock, logger, dataDirectory, outputsRoot, platform, comfyui })
  const { settings } = stores
  const places = findSystemPlaces(platform, process.env)
  const folders = new Folders({ kysely, clock, logger, settings, userFolders, dataDirectory, outputsRoot, places })
  return { userFolders, folders }
}

const outputsRootOf = ({ outputsRoot, dataDirectory }: Pick<Options, 'outputsRoot' | 'dataDirectory'>): string =>
  outputsRoot ?? join(dataDirectory, 'outputs')

/** Everywhere that files of people lie, also of those who have not used the engine since it started. */
export async function listPrivateFolders(
  { database }: Pick<Stores, 'database'>,
  options: Pick<Options, 'outputsRoot' | 'dataDirectory'>,
): Promise<readonly string[]> {
  const known = await database.kysely.selectFrom('user_folders').select('output_directory').execute()
  const roots = [options.dataDirectory, outputsRootOf(options)]
  return [...roots, ...known.map((row) => row.output_directory)].map((path) => resolve(path))
}
