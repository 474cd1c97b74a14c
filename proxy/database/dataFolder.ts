import { lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { posix, win32 } from 'node:path'
import { tmpdir, userInfo } from 'node:os'
import { GateError } from '../contract/errorCodes.ts'
import { createDirectoryAclCommand, quoteWindows, readUserSid, unexpectedTrustees } from './windowsAcl.ts'

export const databaseFileName = 'gatehouse.db'
export const lockFileName = 'gatehouse.lock'
export const secretsFileName = 'secrets.json'

/** Files that must be readable by nobody else; the folder's own rights protect everything below it. */
const privateFiles = [databaseFileName, `${databaseFileName}-wal`, `${databaseFileName}-shm`, secretsFileName]

/** Where Gatehouse keeps its data when nobody says otherwise: the system's folder for application data. */
export function defaultDataFolder(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
  homeDirectory: string,
): string {
  if (platform === 'win32') {
    const local = environment['LOCALAPPDATA']
    return win32.join(isGiven(local) ? local : win32.join(homeDirectory, 'AppData', 'Local'), 'Gatehouse')
  }
  if (platform === 'darwin') return posix.join(homeDirectory, 'Library', 'Application Support', 'Gatehouse')
  const data = environment['XDG_DATA_HOME']
  // The XDG base directory specification: a relative path is to be ignored.
  const isUsable = isGiven(data) && posix.isAbsolute(data)
  return posix.join(isUsable ? data : posix.join(homeDirectory, '.local', 'share'), 'Gatehouse')
}

const isGiven = (value: string | undefined): value is string => value !== undefined && value !== ''

/** What one path is, as far as its protection goes. */
export interface PathRights {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly isDirectory: boolean
  readonly isSymbolicLink: boolean
  /** Whose the link itself is, when the path is one. */
  readonly linkUid?: number
}

/** Why a path is not private to `uid`, with the command that mends it; undefined when it is. */
export function findRightsProblem(rights: PathRights, uid: number, userName: string): string | undefined {
  const quoted = quotePosix(rights.path)
  if (rights.isSymbolicLink && !rights.isDirectory) {
    return `${rights.path} is a link to somewhere else. Put the file itself there.`
  }
  // Whoever owns the link can point it elsewhere after this look (a race); root need not be kept out.
  if (rights.linkUid !== undefined && rights.linkUid !== uid && rights.linkUid !== 0) {
    return `${rights.path} is a link that another user of this computer made. Name the folder behind it instead.`
  }
  if (rights.uid !== uid) {
    return `${rights.path} belongs to another user of this computer. To mend it: sudo chown -R ${quotePosix(userName)} ${quoted}`
  }
  if ((rights.mode & 0o077) !== 0) {
    return `Other users of this computer can open ${rights.path}. To mend it: chmod ${rights.isDirectory ? '700' : '600'} ${quoted}`
  }
  return undefined
}

const quotePosix = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`)

/**
 * Makes the data folder, private to this user, or checks that it still is.
 * @throws GateError DATA_FOLDER_REFUSED in words, with the command that mends it
 */
export function openDataFolder(directory: string, platform: NodeJS.Platform = process.platform): void {
  let isNew: boolean
  try {
    isNew = mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined
  } catch (cause) {
    throw new GateError('DATA_FOLDER_REFUSED', `The data folder ${directory} cannot be made.`, { cause })
  }
  const problem = platform === 'win32' ? findWindowsProblem(directory, isNew) : findPosixProblem(directory)
  if (problem !== undefined) throw new GateError('DATA_FOLDER_REFUSED', problem)
}

function findPosixProblem(directory: string): string | undefined {
  const uid = process.getuid?.() ?? -1
  const { username } = userInfo()
  for (const path of [directory, ...privateFiles.map((name) => join(directory, name))]) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) continue
    const rights = {
      path,
      mode: stats.mode,
      uid: stats.uid,
      isDirectory: path === directory,
      isSymbolicLink: stats.isSymbolicLink(),
    }
    const isLinkedFolder = rights.isDirectory && rights.isSymbolicLink
    // The folder may be reached over a link; then the folder behind it is what counts.
    const target = isLinkedFolder ? lstatSync(`${path}/`) : stats
    const behind = { ...rights, mode: target.mode, uid: target.uid, ...(isLinkedFolder ? { linkUid: stats.uid } : {}) }
    const problem = findRightsProblem(behind, uid, username)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Why others may open a folder on Windows; a new one is given to this user alone first. */
export function findWindowsProblem(directory: string, isNew: boolean): string | undefined {
  const run = (file: string, args: readonly string[]): string =>
    execFileSync(file, args, { encoding: 'utf8', windowsHide: true, timeout: 15_000 })
  const sid = readUserSid(run('whoami', ['/user', '/fo', 'csv', '/nh']))
  const mend = createDirectoryAclCommand(directory, sid)
  if (isNew) run(mend.file, mend.args)
  const saved = join(tmpdir(), `gatehouse-acl-${process.pid}.txt`)
  try {
    run('icacls', [directory, '/save', saved])
    const others = unexpectedTrustees(readFileSync(saved, 'utf16le'), sid)
    if (others.length === 0) return undefined
    return `Other users of this computer can open ${directory} (${others.join(', ')}). To mend it: ${[mend.file, ...mend.args.map(quoteWindows)].join(' ')}`
  } finally {
    rmSync(saved, { force: true })
  }
}
