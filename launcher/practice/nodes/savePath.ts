import { lstat, mkdir, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, normalize, relative, resolve, sep } from 'node:path'
import { NodeFailure } from './nodeClass.ts'

export interface SavePlace {
  readonly directory: string
  /** Relative to the folder of that type, `''` for the folder itself. */
  readonly subfolder: string
  readonly name: string
  readonly firstCounter: number
}

/**
 * Where the next picture of that prefix goes: ComfyUI's placeholders, sub-folders and counter. Makes the folder.
 * @throws NodeFailure when the prefix leads out of `root`
 */
export async function findSavePlace(
  prefix: string,
  root: string,
  size: { width: number; height: number },
  now: Date,
): Promise<SavePlace> {
  if (!isPlainPath(prefix) || prefix.includes('\\') || prefix.split('/').length > MAX_FOLDERS) {
    throw new NodeFailure(
      'SavingRefused',
      'That file name is not allowed: take the folders and special characters out of it.',
    )
  }
  const path = normalize(replacePlaceholders(prefix, size, now))
  const name = basename(path)
  const subfolder = dirname(path) === '.' ? '' : dirname(path)
  // An absolute prefix counts as absolute, so it is refused like one with `..`.
  const directory = resolve(root, subfolder)
  // Links are followed before anything is made: one below the folder may lead out of it.
  if (name === '..' || (await findInside(root, subfolder)) === undefined) {
    throw new NodeFailure('Exception', '**** ERROR: Saving image outside the output folder is not allowed.')
  }
  await mkdir(directory, { recursive: true })
  return { directory, subfolder, name, firstCounter: (await highestCounter(directory, name)) + 1 }
}

const MAX_FOLDERS = 30
/** The gate's own folder within somebody's, with what a file system may make of its name. */
const OURS = /^(?:\.gatehouse|gateho~\d+)(?:[. ]*$|:)/
const IGNORED = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g
// eslint-disable-next-line no-control-regex -- control bytes are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** As the companion decides: nothing in the gate's own folder, no control characters, no backslash that is no separator. */
export function isPlainPath(path: string): boolean {
  const isOurs = (part: string): boolean => OURS.test(part.normalize('NFKC').replace(IGNORED, '').toLowerCase())
  const hasOddBackslash = sep === '/' && path.includes('\\')
  return !CONTROL.test(path) && !hasOddBackslash && !path.split(/[/\\]/).some(isOurs)
}

/** True when `path` is `root` or below it. Both absolute. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(root, way) === path)
}

/** The file name of one picture. */
export function toPictureName(place: SavePlace, batchNumber: number): string {
  const name = place.name.replaceAll('%batch_num%', String(batchNumber))
  return `${name}_${String(place.firstCounter + batchNumber).padStart(5, '0')}_.png`
}

/** A path inside one of ComfyUI's folders as answers carry it. */
export function toForwardSlashes(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path
}

/** Joins below `root`. @returns undefined when the result would lie outside */
export function joinInside(root: string, path: string): string | undefined {
  if (path.includes('\0')) return undefined
  const joined = resolve(root, path)
  return isInside(root, joined) ? join(joined) : undefined
}

/** As joinInside, with links followed: undefined also for what is or would be there outside of `root`, or is the gate's. */
export async function findInside(root: string, path: string): Promise<string | undefined> {
  const joined = joinInside(root, path)
  if (joined === undefined || !isPlainPath(relative(root, joined))) return undefined
  const [realRoot, real] = [await followLinks(root), await followLinks(joined)]
  return realRoot !== undefined && real !== undefined && isInside(realRoot, real) ? joined : undefined
}

/** Where a path really leads, whether or not anything is there; undefined for a link that leads nowhere. */
async function followLinks(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch {
    // Not there, or not readable: what stands above it decides.
  }
  if (await isLink(path)) return undefined
  const above = dirname(path) === path ? undefined : await followLinks(dirname(path))
  return above === undefined ? undefined : join(above, basename(path))
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch {
    // Nothing of that name.
    return false
  }
}

function replacePlaceholders(prefix: string, size: { width: number; height: number }, now: Date): string {
  if (!prefix.includes('%')) return prefix
  const two = (value: number): string => String(value).padStart(2, '0')
  return prefix
    .replaceAll('%width%', String(size.width))
    .replaceAll('%height%', String(size.height))
    .replaceAll('%year%', String(now.getFullYear()))
    .replaceAll('%month%', two(now.getMonth() + 1))
    .replaceAll('%day%', two(now.getDate()))
    .replaceAll('%hour%', two(now.getHours()))
    .replaceAll('%minute%', two(now.getMinutes()))
    .replaceAll('%second%', two(now.getSeconds()))
}

async function highestCounter(directory: string, name: string): Promise<number> {
  let highest = 0
  for (const file of await readdir(directory)) {
    if (!file.startsWith(`${name}_`)) continue
    const digits = Number.parseInt(file.slice(name.length + 1).split('_')[0] ?? '', 10)
    if (digits > highest) highest = digits
  }
  return highest
}
