import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'

/** Folders that ComfyUI uses itself: those of the owner. */
export interface ComfyuiOwnFolders {
  /** Where the owner's results lie; undefined: no ComfyUI is chosen. */
  readonly output: string | undefined
  /** And the owner's uploads. */
  readonly input?: string | undefined
  /** Where it keeps files: nobody else's folder may overlap with one. */
  readonly own: readonly string[]
  /** Where its program lies, which nobody's folder may contain. */
  readonly program: string | undefined
}

/**
 * Whether two folders are the same, or one lies inside the other. By what the disk says they are and not by their names:
 * links, mounts, `..`, letter case and short names lead to one folder under many names.
 */
export async function overlap(one: string, other: string): Promise<boolean> {
  return (await contains(one, other)) || (await contains(other, one))
}

/** Whether `path` is `folder` or lies inside it. Either may be missing; then names decide, in whatever case. */
export async function contains(folder: string, path: string): Promise<boolean> {
  const wanted = await identityOf(folder)
  const real = await realPathOf(path)
  if (wanted === undefined) return containsByName(await realPathOf(folder), real)
  for (let at = real; ; at = dirname(at)) {
    if ((await identityOf(at)) === wanted) return true
    if (dirname(at) === at) return false
  }
}

/** The path with every link followed, as far as it is there; what is missing at its end stays as it was written. */
export async function realPathOf(path: string): Promise<string> {
  const missing: string[] = []
  for (let there = resolve(path); ; there = dirname(there)) {
    try {
      return join(await realpath(there), ...missing)
    } catch (error) {
      if (dirname(there) === there) throw error
      missing.unshift(basename(there))
    }
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    // Missing, or not to be looked at: names decide then.
    return undefined
  }
}

/** In any case and either spelling of accents: a disk that is away now may be of either kind. */
function containsByName(folder: string, path: string): boolean {
  const [a, b] = [folder, path].map((one) => `${one.normalize('NFC').toLowerCase()}${one.endsWith(sep) ? '' : sep}`)
  return a !== undefined && b !== undefined && b.startsWith(a)
}

/** Which of ComfyUI's folders this one overlaps with; undefined: none. */
export async function findComfyuiOverlap(
  path: string,
  { own, program }: ComfyuiOwnFolders,
): Promise<string | undefined> {
  for (const folder of own) if (await overlap(path, folder)) return folder
  return program !== undefined && (await contains(path, program)) ? program : undefined
}
