import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { accountIdSchema } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { hasCode } from '../core/systemErrors.ts'
import { findMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import { checkMarker, writeMarker } from './folderMarker.ts'
import { contains, findComfyuiOverlap } from './folderOverlap.ts'
import type { ComfyuiOwnFolders } from './folderOverlap.ts'
import { toOutputNames } from './outputName.ts'
import type { PickRules } from './pickedFolder.ts'
import { removeMarkedFolder } from './removeFolder.ts'
import type { SystemPlaces } from './systemFolders.ts'
import { checkPrivateFolder, FolderProblem, openPrivateFolder } from './privateFolder.ts'

/*
 * proxy/isolation/ knows where each person's files lie and that nobody's folders are anybody else's. It makes folders
 * and remembers them; what ComfyUI does in them is the engine's business, and who may ask for them the pipeline's.
 */

/** Absolute paths; null: the folder that ComfyUI itself would use. */
export interface FolderSet {
  readonly inputDirectory: string | null
  readonly outputDirectory: string | null
  readonly tempDirectory: string | null
  readonly userdataDirectory: string | null
}

/** Where somebody's results lie. */
export interface OutputPlace {
  readonly directory: string
  /** As recorded files name it: empty for a folder of the person's own, the path itself for ComfyUI's. */
  readonly root: string
}

export interface UserFoldersOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly logger: Logger
  readonly dataDirectory: string
  /** Where the output folders of new people are made. */
  readonly outputsRoot: string
  readonly platform: NodeJS.Platform
  /** As the settings say now; left out: nothing of ComfyUI is known. */
  readonly comfyui?: () => ComfyuiOwnFolders
}

/** Where somebody's results lie, whether or not it is there. */
export interface RememberedOutput {
  /** Absolute; undefined: not made yet, or the owner has chosen no ComfyUI. */
  readonly path: string | undefined
  /** The owner's: ComfyUI's own. */
  readonly isComfyuis: boolean
}

const APART_MS = 10_000
const OWN_OF_COMFYUI: FolderSet = {
  inputDirectory: null,
  outputDirectory: null,
  tempDirectory: null,
  userdataDirectory: null,
}

/** The folders of each account, made when they are first needed. */
export class UserFolders {
  readonly #options: UserFoldersOptions
  /** Folders that were found to be none of ComfyUI's, and until when that is believed. */
  readonly #apart = new Map<string, number>()
  readonly #closedOutputs = new Set<string>()
  readonly #moveListeners = new Set<(accountId: string) => void>()
  readonly #underWay = new Map<string, Promise<FolderSet>>()
  /** Whose folders are deleted; ids never come back, unless the account was there all the time. */
  readonly #deleted = new Set<string>()

  constructor(options: UserFoldersOptions) {
    this.#options = options
  }

  /**
   * Makes what is missing and checks what is there. The owner of this computer works in ComfyUI's own folders.
   * @throws GateError FOLDER_REFUSED when a folder that was there is gone, was exchanged or is open to others
   */
  ensure(accountId: string): Promise<FolderSet> {
    const underWay = this.#underWay.get(accountId)
    if (underWay !== undefined) return underWay
    const work = this.#ensure(accountId).finally(() => this.#underWay.delete(accountId))
    this.#underWay.set(accountId, work)
    return work
  }

  /**
   * Where the person's results lie, for reading; undefined while nothing was made there.
   * @throws GateError FOLDER_REFUSED when the folder is gone, was exchanged or is open to others
   */
  async findOutput(accountId: string): Promise<OutputPlace | undefined> {
    if (await this.#isOwner(accountId)) {
      const directory = this.#options.comfyui?.().output
      return directory === undefined ? undefined : { directory, root: directory }
    }
    if (this.#closedOutputs.has(accountId)) {
      throw new GateError('FOLDER_REFUSED', 'This folder is being moved. Try again in a moment.')
    }
    const directory = await this.#inWords(accountId, () => this.#openKnownOutput(accountId))
    return directory === undefined ? undefined : { directory, root: '' }
  }

  /** Where the person's uploads lie; undefined for the owner while no ComfyUI is chosen. @throws GateError FOLDER_REFUSED */
  async findInput(accountId: string): Promise<string | undefined> {
    const { inputDirectory } = await this.ensure(accountId)
    return inputDirectory ?? this.#options.comfyui?.().input
  }

  /** Where the person's results lie, as it stands in the settings: nothing is made and nothing looked at. */
  async recallOutput(accountId: string): Promise<RememberedOutput> {
    if (await this.#isOwner(accountId)) {
      return { path: this.#options.comfyui?.().output, isComfyuis: true }
    }
    return { path: (await this.#findRow(accountId))?.output_directory, isComfyuis: false }
  }

  /** Whether that is as it must be, with the words for the owner. @throws FolderProblem */
  async checkOutput(accountId: string): Promise<void> {
    const { path, isComfyuis } = await this.recallOutput(accountId)
    if (path === undefined) return
    if (isComfyuis) await checkThere(path)
    else await this.#checkOutput(path, accountId)
  }

  /**
   * The same for who moves it: where it lies, its person's own, but perhaps among ComfyUI's. undefined: not made yet.
   * @throws FolderProblem
   */
  async checkMovable(accountId: string): Promise<string | undefined> {
    const path = (await this.#findRow(accountId))?.output_directory
    if (path === undefined) return undefined
    await checkPrivateFolder(path, this.#options.platform)
    await checkMarker(path, accountId)
    return path
  }

  /** What a folder that the owner picks for this person must not be. @throws GateError NOT_FOUND, OWNER_ONLY for the owner's */
  async readPickRules(accountId: string, places: SystemPlaces): Promise<PickRules> {
    const { kysely, platform, dataDirectory, comfyui } = this.#options
    if (await this.#isOwner(accountId)) {
      throw new GateError('OWNER_ONLY', 'The owner works in ComfyUI’s own folder; choose another in its arguments.')
    }
    const account = await kysely
      .selectFrom('accounts')
      .select(['id', 'name'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (account === undefined) throw new GateError('NOT_FOUND', 'There is no such person.')
    const people = await kysely
      .selectFrom('user_folders')
      .innerJoin('accounts', 'accounts.id', 'user_folders.account_id')
      .select(['accounts.name', 'user_folders.output_directory as path'])
      .execute()
    const ofComfyui = comfyui?.()
    const taken = [
      { path: resolve(dataDirectory), what: 'the data folder of Gatehouse' },
      ...[...(ofComfyui?.own ?? []), ofComfyui?.program].flatMap((path) =>
        path === undefined ? [] : [{ path, what: 'a folder of ComfyUI' }],
      ),
      ...people.map(({ path, name }) => ({ path, what: `the folder of ${name}` })),
    ]
    return { platform, places, account, taken }
  }

  /** Writes that the person's results lie elsewhere now. @throws GateError FOLDER_REFUSED when they do not lie in `from` */
  async setOutput(accountId: string, from: string | undefined, to: string): Promise<void> {
    const { kysely, clock } = this.#options
    const values = { account_id: accountId, output_directory: to, made_at_ms: clock.nowMs() }
    const result =
      from === undefined
        ? await kysely
            .insertInto('user_folders')
            .values(values)
            .onConflict((conflict) => conflict.doNothing())
            .execute()
        : await kysely
            .updateTable('user_folders')
            .set({ output_directory: to })
            .where('account_id', '=', accountId)
            .where('output_directory', '=', from)
            .execute()
    const changed = result.some(
      (row) => ('numUpdatedRows' in row ? row.numUpdatedRows : row.numInsertedOrUpdatedRows) === 1n,
    )
    if (!changed) throw new GateError('FOLDER_REFUSED', 'That folder changed in the meantime. Try again.')
    // Normal synchronisation leaves a commit in memory for a while; what lies in the old place goes next.
    await sql`pragma wal_checkpoint(full)`.execute(kysely).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'the database could not be written through')
    })
    for (const listener of [...this.#moveListeners]) listener(accountId)
  }

  /** Nothing in the person's output folder is read or changed through here until the answer is called. */
  closeOutput(accountId: string): () => void {
    this.#closedOutputs.add(accountId)
    return () => this.#closedOutputs.delete(accountId)
  }

  /** Tells whose results lie elsewhere now: the engine must hear of it before the next request. */
  onMoved(listener: (accountId: string) => void): () => void {
    this.#moveListeners.add(listener)
    return () => this.#moveListeners.delete(listener)
  }

  /** Which of these accounts are no longer there, are disabled or have come to their end. */
  async findGone(accountIds: readonly string[]): Promise<string[]> {
    const { kysely, clock } = this.#options
    const rows = await kysely
      .selectFrom('accounts')
      .select('id')
      .where('disabled', '=', 0)
      .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', clock.nowMs())]))
      .execute()
    const there = new Set(rows.map(({ id }) => id))
    return accountIds.filter((id) => !there.has(id))
  }

  /** Empties the folder for what a start of the engine keeps only while it runs. Never the owner's. */
  async clearTemp(accountId: string): Promise<void> {
    await rm(this.#below(accountId, 'temp'), { recursive: true, force: true })
  }

  /**
   * Deletes for good what the person made and sent; from then on nothing is made for them. A folder that does not say it
   * is theirs stays, and the log says so. Never the owner's. @throws when something cannot be deleted now
   */
  async deleteAll(accountId: string): Promise<void> {
    if (!accountIdSchema.safeParse(accountId).success) throw new TypeError('that is no account id')
    if (await this.#isOwner(accountId)) throw new TypeError("the owner's folders are not deleted")
    const { platform, logger } = this.#options
    this.#deleted.add(accountId)
    await this.#underWay.get(accountId)?.catch(() => undefined)
    const known = await this.#findRow(accountId)
    try {
      if (known !== undefined) {
        await this.#refuseComfyuis(known.output_directory)
        await removeMarkedFolder(known.output_directory, accountId, platform)
      }
    } catch (error) {
      if (!(error instanceof FolderProblem)) throw error
      logger.error({ err: error, account: accountId }, 'the folder of an account that is gone was left as it is')
    }
    await rm(this.#below(accountId), { recursive: true, force: true })
  }

  async #ensure(accountId: string): Promise<FolderSet> {
    if (this.#deleted.has(accountId)) {
      const [gone] = await this.findGone([accountId])
      if (gone !== undefined) throw new GateError('AUTH_INVALID', 'That account is no longer there.')
      this.#deleted.delete(accountId)
    }
    if (await this.#isOwner(accountId)) return OWN_OF_COMFYUI
    return this.#inWords(accountId, () => this.#open(accountId))
  }

  async #isOwner(accountId: string): Promise<boolean> {
    return (await findMeta(this.#options.kysely, 'ownerAccountId')) === accountId
  }

  async #inWords<Result>(accountId: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw this.#toRefusal(error, accountId)
    }
  }

  #toRefusal(error: unknown, accountId: string): unknown {
    if (!(error instanceof FolderProblem)) return error
    this.#options.logger.error({ err: error, account: accountId }, 'the folders of an account cannot be used')
    return new GateError('FOLDER_REFUSED', unusableFolderWords, { cause: error })
  }

  #findRow(accountId: string): Promise<{ output_directory: string } | undefined> {
    return this.#options.kysely
      .selectFrom('user_folders')
      .select('output_directory')
      .where('account_id', '=', accountId)
      .executeTakeFirst()
  }

  async #open(accountId: string): Promise<FolderSet> {
    // The id becomes part of a path.
    if (!accountIdSchema.safeParse(accountId).success) throw new TypeError('that is no account id')
    const { platform } = this.#options
    const output = await this.#openOutput(accountId)
    const [input, userdata] = [this.#below(accountId, 'input'), this.#below(accountId, 'userdata')]
    for (const path of [this.#below(accountId), input, userdata]) await openPrivateFolder(path, platform)
    return {
      inputDirectory: input,
      outputDirectory: output,
      tempDirectory: this.#below(accountId, 'temp'),
      userdataDirectory: userdata,
    }
  }

  async #openOutput(accountId: string): Promise<string> {
    return (await this.#openKnownOutput(accountId)) ?? (await this.#makeOutput(accountId))
  }

  async #openKnownOutput(accountId: string): Promise<string | undefined> {
    const known = await this.#findRow(accountId)
    if (known === undefined) return undefined
    await this.#checkOutput(known.output_directory, accountId)
    return known.output_directory
  }

  async #checkOutput(path: string, accountId: string): Promise<void> {
    await checkPrivateFolder(path, this.#options.platform)
    // Never made again: a drive that is not there now must not get an empty folder in its place.
    await checkMarker(path, accountId)
    await this.#refuseComfyuis(path)
  }

  /** ComfyUI would show what lies there to its owner as its own, and the engine refuses such a person without a word. */
  async #refuseComfyuis(path: string): Promise<void> {
    const { comfyui, clock } = this.#options
    if (comfyui === undefined) return
    const folders = comfyui()
    // Dozens of questions to the disk, and a gallery asks for each picture.
    const key = JSON.stringify([path, folders])
    if (clock.nowMs() < (this.#apart.get(key) ?? 0)) return
    const folder = await findComfyuiOverlap(path, folders)
    if (folder === undefined) {
      this.#apart.set(key, clock.nowMs() + APART_MS)
      return
    }
    const mend = 'Choose a folder for this person that is neither inside nor around it.'
    throw new FolderProblem(`${path} overlaps with ${folder}, which ComfyUI uses itself. ${mend}`)
  }

  async #makeOutput(accountId: string): Promise<string> {
    const { kysely, clock } = this.#options
    const account = await kysely.selectFrom('accounts').select('name').where('id', '=', accountId).executeTakeFirst()
    if (account === undefined) throw new GateError('AUTH_INVALID', 'That account is no longer there.')
    const path = await this.#makeNew(account.name, accountId)
    await writeMarker(path, accountId)
    await kysely
      .insertInto('user_folders')
      .values({ account_id: accountId, output_directory: path, made_at_ms: clock.nowMs() })
      .execute()
    return path
  }

  /** A folder that was not there before: nobody inherits what somebody of the same name left. */
  async #makeNew(accountName: string, accountId: string): Promise<string> {
    const root = resolve(this.#options.outputsRoot)
    await this.#refuseRootInComfyui(root)
    await mkdir(root, { recursive: true, mode: 0o700 })
    const taken = new Set((await readdir(root)).map((name) => name.normalize('NFC').toLowerCase()))
    for (const name of toOutputNames(accountName, accountId)) {
      if (taken.has(name)) continue
      const path = join(root, name)
      if (await makeExclusively(path)) return path
    }
    throw new FolderProblem(`${root} holds every name that was left for a new folder.`)
  }

  async #refuseRootInComfyui(root: string): Promise<void> {
    for (const folder of this.#options.comfyui?.().own ?? []) {
      if (!(await contains(folder, root))) continue
      const mend = "Let ComfyUI keep its own pictures elsewhere, or choose each person's folder yourself."
      throw new FolderProblem(`New folders are made in ${root}, which lies inside ${folder} of ComfyUI. ${mend}`)
    }
  }

  #below(accountId: string, ...names: string[]): string {
    return join(resolve(this.#options.dataDirectory), 'users', accountId, ...names)
  }
}

/** What a person is told whose folder is not as it must be; paths are the owner's business. */
export const unusableFolderWords =
  'Your folder on this computer cannot be used. Ask the owner of the computer to look at its log.'

async function checkThere(path: string): Promise<void> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new FolderProblem(`ComfyUI's output folder ${path} is not there.`, { cause, isMissing: true })
  })
  if (!stats.isDirectory()) throw new FolderProblem(`ComfyUI's output folder ${path} is no folder.`)
}

async function makeExclusively(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) return false
    throw new FolderProblem(`${path} cannot be made.`, { cause })
  }
}
