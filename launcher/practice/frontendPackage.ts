/**
 * ComfyUI's own frontend for the practice engine: downloaded once with the user's pip (whose configuration, mirror and
 * proxy hold), checked against a pinned hash, unpacked into the data folder. Nothing of the package is ever executed.
 */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FrontendInstallError } from './frontendInstallError.ts'
import { downloadWheel, listPythons, type PythonCommand } from './pipDownload.ts'
import { unpackWheel } from './unpackWheel.ts'

export const FRONTEND_PACKAGE = {
  name: 'comfyui-frontend-package',
  version: '1.27.10',
  sha256: '822b2ef715771ec83ad19605d02e25b069991d366b81ccc550ab280ae9c831b8',
  bytes: 11_278_568,
} as const

const WORK_PREFIX = '.frontend-'
const UNPACKING_FROM = 0.9

export interface InstallFrontendOptions {
  /** Where the frontend is kept; made when it is missing. */
  readonly directory: string
  /** Tried in this order; without them, what the system usually has. */
  readonly python?: readonly PythonCommand[]
  /** `fraction` 0..1 and a few words. */
  readonly onProgress?: (progress: { fraction: number; text: string }) => void
  readonly signal?: AbortSignal
  /** For tests; another package than the pinned one. */
  readonly package?: {
    readonly name: string
    readonly version: string
    readonly sha256: string
    readonly bytes: number
  }
}

/** The frontend's folder when it is installed completely. */
export async function findFrontend(
  directory: string,
  version: string = FRONTEND_PACKAGE.version,
): Promise<string | undefined> {
  const folder = join(directory, `comfyui-frontend-${version}`)
  try {
    return (await stat(join(folder, 'index.html'))).isFile() ? folder : undefined
  } catch {
    // Not installed.
    return undefined
  }
}

/**
 * Installs the frontend and returns its folder; at once when it is there already. A broken attempt leaves nothing behind.
 * @throws FrontendInstallError with a sentence for the owner
 */
export async function installFrontend(options: InstallFrontendOptions): Promise<string> {
  const wanted = options.package ?? FRONTEND_PACKAGE
  const existing = await findFrontend(options.directory, wanted.version)
  if (existing !== undefined) return existing
  await mkdir(options.directory, { recursive: true })
  await removeLeftovers(options.directory)
  const work = await mkdtemp(join(options.directory, WORK_PREFIX))
  const report = options.onProgress ?? ((): void => undefined)
  try {
    const wheel = await downloadWheel({
      requirement: `${wanted.name}==${wanted.version}`,
      expectedBytes: wanted.bytes,
      workDirectory: work,
      pythons: options.python ?? listPythons(process.platform),
      onFraction: (fraction) => report({ fraction: fraction * UNPACKING_FROM, text: 'Downloading ComfyUI’s page' }),
      signal: options.signal,
    })
    report({ fraction: UNPACKING_FROM, text: 'Checking what was downloaded' })
    const content = await readFile(wheel)
    checkHash(content, wanted.sha256)
    const unpacked = join(work, 'static')
    await unpackWheel(content, unpacked, {
      onFraction: (fraction) =>
        report({ fraction: UNPACKING_FROM + fraction * (1 - UNPACKING_FROM), text: 'Unpacking ComfyUI’s page' }),
      signal: options.signal,
    })
    return await moveIntoPlace(unpacked, options.directory, wanted.version)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function checkHash(content: Buffer, sha256: string): void {
  const actual = createHash('sha256').update(content).digest('hex')
  if (actual === sha256) return
  throw new FrontendInstallError(
    'wrongHash',
    'What was downloaded is not the file that Gatehouse knows, so it was thrown away. Check which package index or mirror pip uses here, then try again.',
    `expected SHA-256 ${sha256}, got ${actual}`,
  )
}

async function moveIntoPlace(unpacked: string, directory: string, version: string): Promise<string> {
  const target = join(directory, `comfyui-frontend-${version}`)
  // What stands there is no complete frontend, or findFrontend would have found it.
  await rm(target, { recursive: true, force: true })
  await rename(unpacked, target)
  const found = await findFrontend(directory, version)
  if (found === undefined) throw new FrontendInstallError('badPackage', 'The downloaded package holds no page.', '')
  return found
}

/** Folders of attempts that were cut off. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(WORK_PREFIX)) await rm(join(directory, name), { recursive: true, force: true })
  }
}
