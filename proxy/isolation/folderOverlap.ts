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
  return (await isWithin(one, other)) || (await isWithin(other, one))
}

/** Whether `inner` is `outer` or lies inside it. Either may be missing; then names decide, in whatever case. */
export async function isWithin(inner: string, outer: string): Promise<boolean> {
  const wanted = await identityOf(outer)
  const real = await realPathOf(inner)
  if (wanted === undefined) return isWithinByName(real, await realPathOf(outer))
  for (let path = real; ; path = dirname(path)) {
    if ((await identityOf(path)) === wanted) return true
    if (dirname(path) === path) return false
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
function isWithinByName(inner: string, outer: string): boolean {
  const [a, b] = [inner, outer].map((path) => `${path.normalize('NFC').toLowerCase()}${path.endsWith(sep) ? '' : sep}`)
  return a !== undefined && b !== undefined && a.startsWith(b)
}

/** Which of ComfyUI's folders this one overlaps with; undefined: none. */
export async function findComfyuiOverlap(
  path: string,
  { own, program }: ComfyuiOwnFolders,
): Promise<string | undefined> {
  for (const folder of own) if (await overlap(path, folder)) return folder
  return program !== undefined && (await isWithin(program, path)) ? program : undefined
}
