import { join } from 'node:path'
import type { Stores } from '../proxy/accounts/stores.ts'
import { Folders } from '../proxy/folders/folders.ts'
import type { ComfyuiOwnFolders } from '../proxy/isolation/folderOverlap.ts'
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
  const outputsRoot = options.outputsRoot ?? join(dataDirectory, 'outputs')
  const userFolders = new UserFolders({ kysely, clock, logger, dataDirectory, outputsRoot, platform, comfyui })
  const { settings } = stores
  const folders = new Folders({ kysely, clock, logger, settings, userFolders, dataDirectory, outputsRoot })
  return { userFolders, folders }
}
