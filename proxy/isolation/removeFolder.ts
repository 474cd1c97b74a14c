import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../core/systemErrors.ts'
import { checkMarker, markerFile, markerFolder } from './folderMarker.ts'
import { checkPrivateFolder } from './privateFolder.ts'

/**
 * Deletes a person's folder for good, if it says that it is theirs. What says so goes last: whoever is killed in between
 * begins again, and the folder of nobody is never deleted.
 * @returns false when nothing was there; @throws FolderProblem when it is not theirs
 */
export async function removeMarkedFolder(path: string, accountId: string, platform: NodeJS.Platform): Promise<boolean> {
  const names = await readNames(path)
  if (names === undefined) return false
  // All that an earlier try left. An empty folder holds nothing of anybody.
  const isBare = names.every((name) => name === markerFolder)
  if (isBare && (await removeEmpty(path))) return true
  await checkPrivateFolder(path, platform)
  await checkMarker(path, accountId)
  const marker = join(path, markerFolder)
  const others = (await readNames(marker)) ?? []
  const contents = [
    ...names.filter((name) => name !== markerFolder).map((name) => join(path, name)),
    ...others.filter((name) => name !== markerFile).map((name) => join(marker, name)),
  ]
  // Links are deleted, never followed.
  for (const entry of contents) await rm(entry, { recursive: true, force: true })
  await rm(join(marker, markerFile), { force: true })
  await removeEmpty(path)
  return true
}

/** undefined: there is no such folder. */
async function readNames(path: string): Promise<string[] | undefined> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  return stats?.isDirectory() === true ? readdir(path) : stats && []
}

/** The folder and the one for the marker in it, if they hold nothing. @returns whether they are gone */
async function removeEmpty(path: string): Promise<boolean> {
  for (const folder of [join(path, markerFolder), path]) {
    try {
      await rmdir(folder)
    } catch (error) {
      if (folder !== path && hasCode(error, 'ENOENT')) continue
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return false
      throw error
    }
  }
  return true
}
