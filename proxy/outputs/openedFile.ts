import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { GateError } from '../contract/errorCodes.ts'
import { hasCode } from '../core/systemErrors.ts'
import { toParts } from './namedFiles.ts'
import type { NamedFile } from './namedFiles.ts'

/** An open file of somebody's folder. Whoever has it closes `handle`. */
export interface OpenedFile {
  readonly handle: FileHandle
  readonly bytes: number
  readonly changedAtMs: number
  /** Where it lies, links resolved. */
  readonly path: string
}

const flags = new Map(Object.entries(constants))
/** O_NONBLOCK: a named pipe would wait for its other end. Windows has neither of the two. */
const READING = constants.O_RDONLY | (flags.get('O_NOFOLLOW') ?? 0) | (flags.get('O_NONBLOCK') ?? 0)

/**
 * Opens a regular file inside of `directory`; undefined when there is none: missing, a link, a pipe, or reached over a
 * folder that leads elsewhere. What was opened is compared with what lies inside, so that nothing can be exchanged
 * between the look and the opening.
 * @throws GateError FOLDER_REFUSED when the folder itself is not there
 */
export async function openInside(directory: string, file: NamedFile): Promise<OpenedFile | undefined> {
  const parts = toParts(file)
  if (parts === undefined) return undefined
  const root = await findRealRoot(directory)
  const path = join(root, ...parts)
  const handle = await open(path, READING).catch(missing)
  if (handle === undefined) return undefined
  try {
    const stats = await handle.stat({ bigint: true })
    const real = stats.isFile() ? await realpath(path).catch(missing) : undefined
    if (
      real !== undefined &&
      isInside(root, real) &&
      isSame(stats, await stat(real, { bigint: true }).catch(missing))
    ) {
      return { handle, bytes: Number(stats.size), changedAtMs: toTime(stats.mtimeMs), path: real }
    }
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return undefined
}

/** Programs may set any time; a Date holds up to 8.64e15 on both sides (ECMA-262, 21.4.1.1). */
const toTime = (mtimeMs: bigint): number => Math.min(Math.max(0, Number(mtimeMs)), 8.64e15)

/** @throws GateError FOLDER_REFUSED */
export async function findRealRoot(directory: string): Promise<string> {
  try {
    return await realpath(directory)
  } catch (cause) {
    throw new GateError('FOLDER_REFUSED', 'The folder with these files is not there at the moment.', { cause })
  }
}

export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

const isSame = (one: BigIntStats, other: BigIntStats | undefined): boolean =>
  other !== undefined && one.ino === other.ino && one.dev === other.dev

/** ELOOP: a link, ENXIO: a socket, EISDIR and ENOTDIR: a folder where a file should be or the other way round. */
const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'EISDIR', 'ENXIO', 'ENAMETOOLONG']
/** The file may well be there: a drive that just came, a program on Windows that has it. */
const NOT_NOW = ['EACCES', 'EPERM', 'EBUSY']

/** @throws GateError FOLDER_REFUSED for what may be there but cannot be looked at */
export function missing(error: unknown): undefined {
  if (hasCode(error, ...MISSING)) return undefined
  if (!hasCode(error, ...NOT_NOW)) throw error
  throw new GateError('FOLDER_REFUSED', 'This file cannot be read now.', { cause: error })
}

/** Whether `openInside` refused because of the file, which may be there. */
export const isUnreadable = (error: unknown): boolean => error instanceof GateError && hasCode(error.cause, ...NOT_NOW)
