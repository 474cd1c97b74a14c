import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLockHolder } from '../../proxy/database/lockFile.ts'

const PREFIX = 'gatehouse-protection-'
/** A folder without a lock may be one that is just being filled. */
const YOUNG_MS = 10 * 60_000

/** A folder that only this user can open. */
export const makeTemporaryFolder = (parent = tmpdir()): string => mkdtempSync(join(parent, PREFIX))

/** On Windows what ran a moment ago still holds files. */
export const removeTemporaryFolder = (directory: string): void =>
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })

/** Removes what tries left that ended with their process. Folders of others, links, and those in use stay. */
export function removeAbandonedFolders(nowMs: number, parent = tmpdir()): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name)
    if (name.startsWith(PREFIX) && isAbandoned(path, nowMs)) removeTemporaryFolder(path)
  }
}

function isAbandoned(path: string, nowMs: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isDirectory() || stats.uid !== (process.getuid?.() ?? stats.uid)) return false
  return findLockHolder(path) === undefined && nowMs - stats.mtimeMs > YOUNG_MS
}
