import { link, lstat, mkdir, open, rename, rm, rmdir, utimes } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { binFolder, checkMarker, isMarked, markerFolder } from '../isolation/folderMarker.ts'
import { realPathOf } from '../isolation/folderOverlap.ts'

/** A recorded file: below the folder, with the separators of this system. */
export interface RecordedFile {
  readonly path: string
  readonly bytes: number
}

/** Everything in somebody's own folder that a job made, removed files that can come back included. Nothing else moves. */
export async function listRecorded(kysely: Kysely<Schema>, accountId: string): Promise<RecordedFile[]> {
  const rows = await kysely
    .selectFrom('outputs')
    .select(['id', 'subfolder', 'name', 'bytes', 'removed_at_ms'])
    .where('account_id', '=', accountId)
    .where('root', '=', '')
    .execute()
  return rows.flatMap(({ id, subfolder, name, bytes, removed_at_ms }) => {
    const parts =
      removed_at_ms === null ? [...(subfolder === '' ? [] : subfolder.split('/')), name] : [markerFolder, binFolder, id]
    // Never out of the folder, whatever stands in the database.
    return parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes(sep))
      ? [{ path: join(...parts), bytes }]
      : []
  })
}

/** Size of a regular file that really lies inside of the folder; undefined: there is none, or something else is there. */
export async function sizeInside(folder: string, path: string): Promise<number | undefined> {
  const file = join(folder, path)
  const stats = await lstat(file).catch(() => undefined)
  if (stats?.isFile() !== true) return undefined
  // A folder on the way that is a link leads elsewhere: what lies there is not this file.
  const [root, real] = [await realPathOf(folder), await realPathOf(file)]
  return relative(root, real) === path ? stats.size : undefined
}

/**
 * The same file in the other folder, whole, on disk, under its name. A second name for it where both are on one disk,
 * otherwise a copy. @returns false when there is no such file any more; @throws when a copy came out wrong
 */
export async function copyRecorded(from: string, to: string, path: string): Promise<boolean> {
  const bytes = await sizeInside(from, path)
  if (bytes === undefined) return false
  const [source, target] = [join(from, path), join(to, path)]
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const unfinished = join(to, markerFolder, 'unfinished')
  await rm(unfinished, { force: true })
  if (!(await tryLink(source, unfinished))) await copyWhole(source, unfinished)
  if ((await lstat(unfinished)).size !== bytes) throw new Error(`the copy of ${source} came out with another size`)
  await rename(unfinished, target)
  // Two names of one file: then the renaming does nothing and leaves both.
  await rm(unfinished, { force: true })
  await syncFolder(dirname(target))
  return true
}

async function tryLink(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target)
    return true
  } catch {
    // Another disk, or one without second names.
    return false
  }
}

async function copyWhole(source: string, target: string): Promise<void> {
  const reading = await open(source, 'r')
  try {
    const { atime, mtime } = await reading.stat()
    const writing = await open(target, 'wx', 0o600)
    try {
      await pipeline(reading.createReadStream({ autoClose: false }), writing.createWriteStream({ autoClose: false }))
      await writing.sync()
    } finally {
      await writing.close()
    }
    await utimes(target, atime, mtime)
  } finally {
    await reading.close()
  }
}

/** What a folder lists stands on disk then. Windows has no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch {
    // Some file systems cannot; they write it when they write the file.
  } finally {
    await handle.close()
  }
}

/**
 * Whether a folder that a journal names may be cleaned up: itself, no link in its place, and nobody else's. Without a mark
 * it is one in which nothing was done yet.
 */
export async function isPlaceOf(folder: string, accountId: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined)
  if (stats?.isDirectory() !== true || (await realPathOf(folder)) !== folder) return false
  if (!(await isMarked(folder))) return true
  return checkMarker(folder, accountId).then(
    () => true,
    () => false,
  )
}

/** Removes a file that lies in `other` with the same size, too; then folders on its way that are empty. */
export async function clearCopied(folder: string, other: string, path: string): Promise<boolean> {
  const bytes = await sizeInside(folder, path)
  if (bytes === undefined || bytes !== (await sizeInside(other, path))) return false
  await rm(join(folder, path))
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    if (!(await tryRemoveFolder(join(folder, parent)))) break
  }
  return true
}

/** @returns false when something is still in it, or it is not there */
export async function tryRemoveFolder(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  )
}

/** What is ours in a folder that nobody uses any more, then the folder if nothing else is in it. */
export async function removeOurs(folder: string, isWhole: boolean): Promise<void> {
  for (const name of ['unfinished', 'account.json']) await rm(join(folder, markerFolder, name), { force: true })
  await tryRemoveFolder(join(folder, markerFolder, binFolder))
  await tryRemoveFolder(join(folder, markerFolder))
  if (isWhole) await tryRemoveFolder(folder)
}
