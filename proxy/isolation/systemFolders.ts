import { homedir } from 'node:os'
import { dirname, relative, sep } from 'node:path'
import { contains } from './folderOverlap.ts'

/** What the rules of picked folders need to know of a computer. */
export interface SystemPlaces {
  readonly home: string
  /** Folders in which nobody's pictures belong. */
  readonly forbidden: readonly string[]
}

export function findSystemPlaces(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
  home: string = homedir(),
): SystemPlaces {
  if (platform === 'win32') {
    const names = ['SystemRoot', 'ProgramFiles', 'ProgramFiles(x86)', 'ProgramW6432', 'ProgramData']
    const found = names.flatMap((name) => environment[name] ?? [])
    return { home, forbidden: ['C:\\Windows', 'C:\\Program Files', 'C:\\Program Files (x86)', ...found] }
  }
  const everywhere = ['/bin', '/boot', '/dev', '/etc', '/opt', '/sbin', '/usr']
  const own =
    platform === 'darwin'
      ? ['/System', '/Library', '/Applications', '/private/etc', '/private/var/db', '/cores']
      : ['/lib', '/lib32', '/lib64', '/proc', '/root', '/run', '/snap', '/sys', '/var']
  return { home, forbidden: [...everywhere, ...own] }
}

/**
 * Why a folder is the system's or holds what programs of this user go by, in words; undefined: it is neither. `real` is
 * the path with every link followed.
 */
export async function findSystemProblem(real: string, places: SystemPlaces): Promise<string | undefined> {
  if (dirname(real) === real && (await holdsSystem(real, places))) return `${real} is the whole system disk.`
  if (await contains(real, places.home)) return `${real} is your home folder, or contains it. Pick a folder inside.`
  for (const folder of places.forbidden) {
    // Root's own home is where root's pictures lie.
    if (await contains(folder, places.home)) continue
    if (await contains(folder, real)) return `${real} belongs to the system.`
  }
  if (!(await contains(places.home, real))) return undefined
  const hidden = relative(places.home, real)
    .split(sep)
    .find((part) => part.startsWith('.') || programFolders.has(part.toLowerCase()))
  return hidden === undefined ? undefined : `${real} lies in ${hidden}, where programs keep their settings.`
}

/** Windows: what starts at login is in there, too; macOS. */
const programFolders = new Set(['appdata', 'library'])

async function holdsSystem(root: string, { home, forbidden }: SystemPlaces): Promise<boolean> {
  for (const folder of [home, ...forbidden]) if (await contains(root, folder)) return true
  return false
}
