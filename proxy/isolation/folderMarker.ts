import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FolderProblem } from './privateFolder.ts'

/** A folder, because ComfyUI lists the files of an output folder. */
export const markerFolder = '.gatehouse'
/** In there: files that were removed and can come back, under their ids. */
export const binFolder = 'removed'
/** In the same: whose it is. */
export const markerFile = 'account.json'
const markerSchema = z.object({ account: z.string() })

/** Whether the folder is somebody's, or was. */
export async function hasMarker(path: string): Promise<boolean> {
  return lstat(join(path, markerFolder)).then(
    () => true,
    () => false,
  )
}

/** Whether it says whose it is, rightly or not. */
export async function isMarked(path: string): Promise<boolean> {
  return lstat(join(path, markerFolder, markerFile)).then(
    () => true,
    () => false,
  )
}

/** Writes whose folder this is; it must not say so yet. */
export async function writeMarker(path: string, accountId: string): Promise<void> {
  const marker = join(path, markerFolder)
  await mkdir(marker, { recursive: true, mode: 0o700 })
  await writeFile(join(marker, markerFile), JSON.stringify({ account: accountId }), { mode: 0o600, flag: 'wx' })
}

/** @throws FolderProblem when the folder does not say that it is this account's */
export async function checkMarker(path: string, accountId: string): Promise<void> {
  const file = join(path, markerFolder, markerFile)
  try {
    if (markerSchema.parse(JSON.parse(await readFile(file, 'utf8'))).account === accountId) return
  } catch (cause) {
    throw new FolderProblem(`${file}, which says whose folder this is, is missing or damaged.`, { cause })
  }
  throw new FolderProblem(`${path} is the folder of another account.`)
}
