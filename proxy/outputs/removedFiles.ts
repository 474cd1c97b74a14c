import { link, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { GateError } from '../contract/errorCodes.ts'
import { hasCode } from '../core/systemErrors.ts'
import { binFolder, markerFolder } from '../isolation/folderMarker.ts'
import { toParts } from './namedFiles.ts'
import type { NamedFile } from './namedFiles.ts'
import { findRealRoot, isInside, missing } from './openedFile.ts'
import type { OpenedFile } from './openedFile.ts'

/*
 * What a person removes lies in `.gatehouse/removed` of the same folder, under the file's id, so that moving it is one
 * step that either happened or did not.
 */

const MAX_NAMES = 1_000

/** @throws GateError FOLDER_REFUSED when something else lies where the bin belongs */
export async function moveToBin(directory: string, opened: OpenedFile, id: string): Promise<void> {
  const target = join(await openBin(await findRealRoot(directory)), id)
  const there = await lstat(target, { bigint: true }).catch(missing)
  if (there !== undefined) {
    // What a restoring that was cut short left there is this very file, and renaming one of its names to the other does nothing.
    if (await isSameFile(target, opened.path)) await rm(target, { force: true })
    else await putAside(target)
  }
  await rename(opened.path, target)
}

/** Nothing of what lies in the bin's place is deleted for what comes: nobody knows what it is. */
async function putAside(path: string): Promise<void> {
  if ((await lstat(asideOf(path)).catch(missing)) !== undefined) throw inTheWay()
  await rename(path, asideOf(path))
}

const asideOf = (path: string): string => `${path}.earlier`

/**
 * Back to where it was, under another name if that is taken. `onNamed` is awaited between the choice of the name and the
 * move. @returns false when the bin does not have it
 */
export async function moveFromBin(
  directory: string,
  file: NamedFile,
  id: string,
  onNamed: (name: string) => Promise<void>,
): Promise<boolean> {
  const root = await findRealRoot(directory)
  const bin = await findBin(root)
  const source = join(bin ?? root, id)
  if (bin === undefined || !(await isFile(source))) return false
  const parts = toParts(file)
  if (parts === undefined) throw inTheWay()
  const folder = join(root, ...parts.slice(0, -1))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const real = await realpath(folder)
  if (real !== root && !isInside(root, real)) throw inTheWay()
  const name = await placeUnderFreeName(source, real, file.name)
  await onNamed(name)
  await rm(source, { force: true })
  return true
}

/** @returns whether it was there */
export async function deleteFromBin(directory: string, id: string): Promise<boolean> {
  const bin = await findBin(await findRealRoot(directory))
  if (bin === undefined) return false
  const path = join(bin, id)
  const wasThere = await isFile(path)
  for (const file of [path, asideOf(path)]) if (await isFile(file)) await rm(file, { force: true })
  return wasThere
}

export async function isInBin(directory: string, id: string): Promise<boolean> {
  const bin = await findBin(await findRealRoot(directory))
  return bin !== undefined && isFile(join(bin, id))
}

/**
 * For who is about to forget a file that is not in its folder: where a drive is missing, its empty place looks like a
 * folder from which everything was taken. @throws GateError FOLDER_REFUSED
 */
export async function checkMounted(directory: string): Promise<void> {
  const root = await findRealRoot(directory)
  const names = await readdir(root)
  if (names.some((name) => name !== markerFolder)) return
  const ours = names.length === 0 ? [] : await readdir(join(root, markerFolder))
  const bin = await findBin(root)
  const removed = bin === undefined ? [] : await readdir(bin)
  if (ours.some((name) => name !== binFolder) || removed.length > 0) return
  throw new GateError('FOLDER_REFUSED', 'The folder with these files is empty: its drive may be away.')
}

/** `x.png`, then `x (1).png` and so on. */
export function* toFreeNames(name: string): Generator<string> {
  const extension = extname(name)
  const stem = name.slice(0, name.length - extension.length)
  yield name
  for (let count = 1; count < MAX_NAMES; count += 1) yield `${stem} (${count})${extension}`
}

/** Never over a file that is there: a second name for the same file is made, and the old one goes later. */
async function placeUnderFreeName(source: string, folder: string, wanted: string): Promise<string> {
  for (const name of toFreeNames(wanted)) {
    try {
      await link(source, join(folder, name))
      return name
    } catch (error) {
      if (hasCode(error, 'EEXIST')) {
        if (await isSameFile(source, join(folder, name))) return name
        continue
      }
      // No second names on this file system (exFAT, some network drives).
      if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'UNKNOWN', 'EISDIR')) throw error
      if (await claim(join(folder, name))) {
        await rename(source, join(folder, name))
        return name
      }
    }
  }
  throw new GateError('ALREADY_EXISTS', 'Every name for this file is taken.')
}

/** Left by a restoring that was cut short. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = [await lstat(one, { bigint: true }), await lstat(other, { bigint: true })]
  return a.ino === b.ino && a.dev === b.dev
}

async function claim(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close()
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(missing))?.isFile() === true
}

const inTheWay = (): GateError =>
  new GateError('FOLDER_REFUSED', 'Files of this folder cannot be moved now: something lies in the way.')

/** Where it is, if it is: nothing is made where only a look is wanted. @throws GateError FOLDER_REFUSED as `openBin` */
async function findBin(root: string): Promise<string | undefined> {
  let path = root
  for (const part of [markerFolder, binFolder]) {
    path = join(path, part)
    const stats = await lstat(path).catch(missing)
    if (stats === undefined) return undefined
    if (!stats.isDirectory()) throw inTheWay()
  }
  return path
}

/** A link in its place would carry what is removed out of the folder. */
async function openBin(root: string): Promise<string> {
  let path = root
  for (const part of [markerFolder, binFolder]) {
    path = join(path, part)
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
    if (!(await lstat(path)).isDirectory()) {
      throw inTheWay()
    }
  }
  return path
}
