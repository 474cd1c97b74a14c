import { join, resolve } from 'node:path'
import { systemInstallationDeps } from '../launcher/installation/installationDeps.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import { systemClock } from '../proxy/core/clock.ts'
import { silentLogger } from '../proxy/core/logger.ts'
import { systemRandom } from '../proxy/core/random.ts'
import { Folders } from '../proxy/folders/folders.ts'
import { RetentionSweep } from '../proxy/folders/retentionSweep.ts'
import type { ComfyuiOwnFolders } from '../proxy/isolation/folderOverlap.ts'
import { findSystemPlaces } from '../proxy/isolation/systemFolders.ts'
import { UserFolders } from '../proxy/isolation/userFolders.ts'
import { Outputs } from '../proxy/outputs/outputs.ts'
import { EngineChoices } from './engineChoices.ts'
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

/** The same for a command that runs beside the gate or instead of it: over what the settings say of ComfyUI. */
export function openFoldersOf(stores: Stores): OpenedFolders {
  const { dataDirectory, settings } = stores
  const choices = new EngineChoices({
    dataDirectory,
    settings,
    nodeCommand: { file: '', args: [], env: {} },
    practiceEngine: '',
    companionDirectory: '',
    installationDeps: systemInstallationDeps(),
    override: {},
  })
  const { platform } = process
  return openFolders(stores, { clock: systemClock, logger: silentLogger, dataDirectory, platform }, () =>
    choices.folders(),
  )
}

/** Records what jobs made before the program was killed: a move takes recorded files. Only while no gate runs. */
export async function recordFilesOf({ database }: Stores, folders: UserFolders): Promise<void> {
  const outputs = new Outputs({
    kysely: database.kysely,
    folders,
    jobs: { onChange: () => () => undefined },
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  })
  await outputs.recordNow()
  await outputs.close()
}

/** Clears away old files of people, from its start on. */
export function openRetention(
  { database, audit }: Pick<Stores, 'database' | 'audit'>,
  folders: Folders,
  outputs: Pick<Outputs, 'expire'>,
  { clock, logger }: Pick<ServiceOptions, 'clock' | 'logger'>,
): RetentionSweep {
  return new RetentionSweep({
    kysely: database.kysely,
    clock,
    logger,
    audit,
    rulesOf: (accountId) => folders.rulesOf(accountId),
    isMoving: (accountId) => folders.isMoving(accountId),
    expire: (accountId, madeBeforeMs, atMost) => outputs.expire(accountId, madeBeforeMs, atMost),
  })
}
