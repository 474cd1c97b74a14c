import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { accountIdSchema } from '../contract/accounts.ts'
import { hasCode } from '../core/systemErrors.ts'
import { syncFolder } from './movedFile.ts'

/**
 * What a crash must not forget of a move. `files`: what lies in both places, once everything was copied; from then on the
 * new place may come into use. Which of the two is in use the database says.
 */
const journalSchema = z.object({
  from: z.string(),
  to: z.string(),
  isNew: z.boolean(),
  files: z.array(z.string()).optional(),
})
export type MoveJournal = z.infer<typeof journalSchema>

const FOLDER = 'moves'
const ENDING = '.json'

/**
 * The journals of moves that are under way, by account, in the data folder: code of a job may write into the folders that
 * are moved, and whoever writes a journal says what the next start deletes.
 */
export class MoveJournals {
  readonly #folder: string

  constructor(dataDirectory: string) {
    this.#folder = join(dataDirectory, FOLDER)
  }

  /** On disk when it resolves; whole or not at all. */
  async write(accountId: string, journal: MoveJournal): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const unfinished = `${this.#fileOf(accountId)}.unfinished`
    await rm(unfinished, { force: true })
    const handle = await open(unfinished, 'wx', 0o600)
    try {
      await handle.writeFile(JSON.stringify(journal))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(unfinished, this.#fileOf(accountId))
    await syncFolder(this.#folder)
  }

  /** undefined: nothing is under way. @throws when something else stands in the file */
  async read(accountId: string): Promise<MoveJournal | undefined> {
    const text = await ifThere(readFile(this.#fileOf(accountId), 'utf8'))
    return text === undefined ? undefined : journalSchema.parse(JSON.parse(text))
  }

  async remove(accountId: string): Promise<void> {
    await rm(this.#fileOf(accountId), { force: true })
  }

  /** Of whom there are some. */
  async list(): Promise<string[]> {
    const names = (await ifThere(readdir(this.#folder))) ?? []
    return names
      .filter((name) => name.endsWith(ENDING))
      .map((name) => name.slice(0, -ENDING.length))
      .filter((name) => accountIdSchema.safeParse(name).success)
  }

  #fileOf(accountId: string): string {
    return join(this.#folder, `${accountIdSchema.parse(accountId)}${ENDING}`)
  }
}

async function ifThere<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
