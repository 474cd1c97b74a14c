import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { markerFolder } from '../isolation/folderMarker.ts'
import { syncFolder } from './movedFile.ts'

/**
 * What a crash must not forget, in the folder that is in use: `to` while files are copied, `from` once the new place is
 * in use and the old files go.
 */
const journalSchema = z.discriminatedUnion('step', [
  z.object({ step: z.literal('copying'), account: z.string(), to: z.string(), isNew: z.boolean() }),
  z.object({ step: z.literal('clearing'), account: z.string(), from: z.string(), files: z.array(z.string()) }),
])
export type MoveJournal = z.infer<typeof journalSchema>

const FILE = 'moving.json'

const fileOf = (folder: string): string => join(folder, markerFolder, FILE)

/** On disk when it resolves; whole or not at all. */
export async function writeJournal(folder: string, journal: MoveJournal): Promise<void> {
  const unfinished = `${fileOf(folder)}.unfinished`
  await rm(unfinished, { force: true })
  const handle = await open(unfinished, 'wx', 0o600)
  try {
    await handle.writeFile(JSON.stringify(journal))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, fileOf(folder))
  await syncFolder(join(folder, markerFolder))
}

/** undefined: nothing is under way there. @throws when something else stands in the file */
export async function readJournal(folder: string): Promise<MoveJournal | undefined> {
  try {
    return journalSchema.parse(JSON.parse(await readFile(fileOf(folder), 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}

export const removeJournal = (folder: string): Promise<void> => rm(fileOf(folder), { force: true })
