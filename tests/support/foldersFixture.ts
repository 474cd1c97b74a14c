import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Logger } from '../../proxy/core/logger.ts'
import type { FoldersOptions } from '../../proxy/folders/folders.ts'
import { Folders } from '../../proxy/folders/folders.ts'
import type { Space } from '../../proxy/folders/diskSpace.ts'
import { UserFolders } from '../../proxy/isolation/userFolders.ts'
import type { ComfyuiOwnFolders } from '../../proxy/isolation/folderOverlap.ts'

const GiB = 1024 ** 3

export interface TestFolders {
  readonly userFolders: UserFolders
  readonly folders: Folders
  /** What every disk has left; change it at will. */
  readonly disk: { space: Space }
  /** Where the owner's ComfyUI keeps files; change it at will. */
  readonly comfyui: { folders: ComfyuiOwnFolders }
}

/** Folders of people over stores of a test, on a disk that the test fills. */
export function openTestFolders(
  stores: Stores,
  clock: Clock,
  logger: Logger,
  outputsRoot: string,
  { readSpace, mover }: Partial<Pick<FoldersOptions, 'readSpace' | 'mover'>> = {},
): TestFolders {
  const { dataDirectory, settings } = stores
  const { kysely } = stores.database
  const disk = { space: { freeBytes: 500 * GiB, totalBytes: 1000 * GiB } }
  const none: ComfyuiOwnFolders = { output: undefined, own: [], program: undefined }
  const comfyui = { folders: none }
  const userFolders = new UserFolders({
    kysely,
    clock,
    logger,
    dataDirectory,
    outputsRoot,
    platform: process.platform,
    comfyui: () => comfyui.folders,
  })
  const folders = new Folders({
    kysely,
    clock,
    logger,
    settings,
    userFolders,
    dataDirectory,
    outputsRoot,
    places: { home: '/nobody', forbidden: ['/etc', '/usr'] },
    mover: { settleMs: 1, ...mover },
    readSpace: readSpace ?? (() => Promise.resolve(disk.space)),
  })
  return { userFolders, folders, disk, comfyui }
}
