import { lstat, mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { findRightsProblem } from '../database/dataFolder.ts'

/** A folder of ours is not as it must be. The message is for the owner's log: it names the path and what mends it. */
export class FolderProblem extends Error {
  /** Nothing is there: a drive may come back. */
  readonly isMissing: boolean

  constructor(message: string, options: { readonly cause?: unknown; readonly isMissing?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.isMissing = options.isMissing === true
  }
}

/**
 * Makes the folder, private to this user of the computer, or checks that it still is.
 * @throws FolderProblem
 */
export async function openPrivateFolder(path: string, platform: NodeJS.Platform): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new FolderProblem(`${path} cannot be made.`, { cause })
  }
  await checkPrivateFolder(path, platform)
}

/** @throws FolderProblem when nothing is there, or no folder, a link, or one that others may open */
export async function checkPrivateFolder(path: string, platform: NodeJS.Platform): Promise<void> {
  const stats = await lstat(path).catch((cause: unknown) => {
    throw new FolderProblem(`${path} is not there. If it is on a drive, plug that in.`, { cause, isMissing: true })
  })
  if (stats.isSymbolicLink())
    throw new FolderProblem(`${path} is a link to somewhere else. Put the folder itself there.`)
  if (!stats.isDirectory()) throw new FolderProblem(`${path} is no folder.`)
  // On Windows the folders inherit the access list of the data folder or of the owner's own pictures.
  if (platform === 'win32') return
  const rights = { path, mode: stats.mode, uid: stats.uid, isDirectory: true, isSymbolicLink: false }
  const problem = findRightsProblem(rights, process.getuid?.() ?? -1, userInfo().username)
  if (problem !== undefined) throw new FolderProblem(problem)
}
