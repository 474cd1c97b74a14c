import { chmod, lstat, mkdir, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { GateError } from '../contract/errorCodes.ts'
import { findWindowsProblem } from '../database/dataFolder.ts'
import { hasMarker } from './folderMarker.ts'
import { overlap, realPathOf } from './folderOverlap.ts'
import { toPickedNames } from './outputName.ts'
import { checkPrivateFolder, FolderProblem } from './privateFolder.ts'
import { findSystemProblem } from './systemFolders.ts'
import type { SystemPlaces } from './systemFolders.ts'

/*
 * Which folder the owner may give to somebody. Whoever decides on a path could have Gatehouse write into another
 * person's pictures, into a program, or into what starts at login; so all of it is refused, whatever it is called.
 */

export interface PickRules {
  readonly platform: NodeJS.Platform
  readonly places: SystemPlaces
  /** Whose it becomes. */
  readonly account: { readonly id: string; readonly name: string }
  /** Folders that it must not overlap with, each with words for what it is. */
  readonly taken: readonly { readonly path: string; readonly what: string }[]
}

/** Where somebody's results will lie. */
export interface PickedPlace {
  /** Absolute, every link followed. */
  readonly path: string
  /** false: the folder is there, and empty. */
  readonly isNew: boolean
}

const MAX_LENGTH = 1024

/**
 * What the owner's choice leads to; nothing is made yet. A folder that holds something gets one of ours inside of it.
 * @throws GateError FOLDER_REFUSED in words for the owner
 */
export async function planPickedFolder(picked: string, rules: PickRules): Promise<PickedPlace> {
  checkText(picked, rules.platform)
  const real = await realPathOf(picked)
  // Asked before anything of it is looked at: a folder of the system stays unread.
  await refuseSystem(real, rules.places)
  const place = await findPlace(real, rules)
  await checkPlace(place.path, rules)
  return place
}

/** Makes it, for nobody else to open. @throws GateError FOLDER_REFUSED, also when it was exchanged since it was looked at */
export async function makePickedFolder({ path, isNew }: PickedPlace, rules: PickRules): Promise<void> {
  try {
    if (isNew) await mkdir(path, { mode: 0o700 })
    else if (rules.platform !== 'win32') await chmod(path, 0o700)
  } catch (cause) {
    refuse(`${path} cannot be used: you may not write there.`, cause)
  }
  // Looked at again as it is now: a link could stand in place of it, or of a folder above it.
  if ((await realpath(path)) !== path) refuse(`${path} was exchanged while it was looked at.`)
  if (!(await isEmpty(path))) refuse(`${path} is not empty any more.`)
  await checkPlace(path, rules)
  await checkRights(path, rules.platform)
}

async function checkRights(path: string, platform: NodeJS.Platform): Promise<void> {
  try {
    await checkPrivateFolder(path, platform)
    const problem = platform === 'win32' ? findWindowsProblem(path, true) : undefined
    if (problem !== undefined) refuse(problem)
  } catch (error) {
    if (!(error instanceof FolderProblem)) throw error
    refuse(
      `${error.message} If that changes nothing, the drive cannot keep files from others: pick another one.`,
      error,
    )
  }
}

function checkText(picked: string, platform: NodeJS.Platform): void {
  if (picked.includes('\0') || picked.length > MAX_LENGTH) refuse('That is no path of a folder.')
  // `\\server\share` gives a password's hash away to whoever runs that server; `\\.\` and `\\?\` are devices.
  if (/^[\\/]{2}/.test(picked))
    refuse('Folders of other computers and devices cannot be used. Pick one on a disk of this PC.')
  if (platform === 'win32' && !/^[a-z]:[\\/]/i.test(picked)) refuse('Give the whole path, beginning with the drive.')
  if (!isAbsolute(picked)) refuse('Give the whole path of the folder.')
}

async function refuseSystem(real: string, places: SystemPlaces): Promise<void> {
  const problem = await findSystemProblem(real, places)
  if (problem !== undefined) refuse(problem)
}

async function findPlace(real: string, { account }: PickRules): Promise<PickedPlace> {
  const stats = await lstat(real).catch(() => undefined)
  if (stats === undefined) {
    // Never a whole tree: where a drive is missing, it would be made on the disk below.
    if (!(await isDirectory(dirname(real))))
      refuse(`${dirname(real)} is not there. Make it first, or plug its drive in.`)
    return { path: join(await realpath(dirname(real)), basename(real)), isNew: true }
  }
  if (!stats.isDirectory()) refuse(`${real} is no folder.`)
  if (await isEmpty(real)) return { path: real, isNew: false }
  const taken = new Set((await readdir(real)).map((name) => name.normalize('NFC').toLowerCase()))
  for (const name of toPickedNames(account.name, account.id)) {
    if (!taken.has(name.toLowerCase())) return { path: join(real, name), isNew: true }
  }
  return refuse(`${real} holds every name that was left for a new folder.`)
}

async function checkPlace(path: string, { places, taken }: PickRules): Promise<void> {
  await refuseSystem(path, places)
  for (const other of taken) {
    if (await overlap(path, other.path)) refuse(`${path} overlaps with ${other.what} (${other.path}).`)
  }
  // Also those of people who were removed: nobody inherits their pictures.
  for (let folder = path; ; folder = dirname(folder)) {
    if (await hasMarker(folder)) refuse(`${folder} is the folder of somebody else, or was.`)
    if (dirname(folder) === folder) return
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )

async function isEmpty(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0
  } catch (cause) {
    return refuse(`${path} cannot be looked into.`, cause)
  }
}

function refuse(message: string, cause?: unknown): never {
  throw new GateError('FOLDER_REFUSED', message, cause === undefined ? {} : { cause })
}
