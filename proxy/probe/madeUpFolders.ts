import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FolderSet } from '../isolation/userFolders.ts'
import { openPrivateFolder } from '../isolation/privateFolder.ts'
import type { UserFolderSource } from '../pipeline/engineUsers.ts'
import type { MadeUpPeople } from './madeUpPeople.ts'

const NAME = 'try-out'

/** Folders of their own for people who are made up, below the data folder, gone with them. */
export class MadeUpFolders {
  readonly #directory: string
  readonly #platform: NodeJS.Platform

  constructor(dataDirectory: string, platform: NodeJS.Platform) {
    this.#directory = join(dataDirectory, NAME)
    this.#platform = platform
  }

  async make(accountId: string): Promise<FolderSet> {
    const place = (name: string): string => join(this.#directory, accountId, name)
    const set = {
      inputDirectory: place('input'),
      outputDirectory: place('output'),
      tempDirectory: place('temp'),
      userdataDirectory: place('userdata'),
    }
    for (const directory of [this.#directory, join(this.#directory, accountId), ...Object.values(set)]) {
      await openPrivateFolder(directory, this.#platform)
    }
    return set
  }

  /** Everything that a try left, also one that ended with the program. */
  async removeAll(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Everybody's folders as before, and those of people who are made up. */
export function knowMadeUpFolders(
  source: UserFolderSource,
  madeUp: MadeUpPeople,
  folders: MadeUpFolders,
): UserFolderSource {
  return {
    ensure: (accountId) => (madeUp.find(accountId) === undefined ? source.ensure(accountId) : folders.make(accountId)),
    clearTemp: (accountId) => (madeUp.find(accountId) === undefined ? source.clearTemp(accountId) : Promise.resolve()),
    onMoved: (listener) => source.onMoved?.(listener) ?? (() => undefined),
    findGone: async (accountIds) => {
      const others = accountIds.filter((accountId) => madeUp.find(accountId) === undefined)
      return (await source.findGone?.(others)) ?? []
    },
  }
}
