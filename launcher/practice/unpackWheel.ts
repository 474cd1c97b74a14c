import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers'
import { unzipSync, type UnzipFileInfo } from 'fflate'
import { FrontendInstallError } from './frontendInstallError.ts'
import { joinInside } from './nodes/savePath.ts'

const PREFIX = 'comfyui_frontend_package/static/'
const MAX_FILES = 5_000
const MAX_FILE_BYTES = 64 * 1024 * 1024
const MAX_TOTAL_BYTES = 256 * 1024 * 1024
const FILES_AT_ONCE = 40

export interface UnpackOptions {
  readonly onFraction: (fraction: number) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Unpacks what lies below the package's `static/` into `target`, which must not exist. Names that lead elsewhere and
 * sizes beyond reason are refused before anything is written. @throws FrontendInstallError
 */
export async function unpackWheel(wheel: Buffer, target: string, options: UnpackOptions): Promise<void> {
  const names = listStaticFiles(wheel)
  await mkdir(target)
  for (let at = 0; at < names.length; at += FILES_AT_ONCE) {
    if (options.signal?.aborted) throw new FrontendInstallError('cancelled', 'The download was cancelled.', '')
    const batch = new Set(names.slice(at, at + FILES_AT_ONCE))
    for (const [name, content] of Object.entries(inflate(wheel, (file) => batch.has(file.name)))) {
      const path = toTargetPath(target, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content, { flag: 'wx' })
    }
    options.onFraction(Math.min(1, (at + FILES_AT_ONCE) / names.length))
    // A bundle of files takes some milliseconds; the app goes on in between.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

function listStaticFiles(wheel: Buffer): string[] {
  const names: string[] = []
  let total = 0
  inflate(wheel, ({ name, originalSize }) => {
    if (!name.startsWith(PREFIX) || name.endsWith('/')) return false
    toTargetPath('/', name)
    names.push(name)
    total += originalSize
    if (names.length > MAX_FILES || originalSize > MAX_FILE_BYTES || total > MAX_TOTAL_BYTES)
      throw badPackage('it is far too large')
    return false
  })
  if (names.length === 0) throw badPackage('it holds no page')
  if (new Set(names).size !== names.length) throw badPackage('it holds a name twice')
  return names
}

function inflate(wheel: Buffer, filter: (file: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(wheel, { filter })
  } catch (error) {
    if (error instanceof FrontendInstallError) throw error
    throw badPackage('it is no archive')
  }
}

/** @throws FrontendInstallError for a name that is not plain: traversal, drives, devices and streams included */
function toTargetPath(target: string, name: string): string {
  const segments = name.slice(PREFIX.length).split('/')
  const isPlain = segments.every((segment) => /^[\w@+() -][\w@+(). -]*$/.test(segment) && !/[. ]$/.test(segment))
  const path = isPlain ? joinInside(target, join(...segments)) : undefined
  if (path === undefined) throw badPackage('it holds a name that leads elsewhere')
  return path
}

function badPackage(why: string): FrontendInstallError {
  return new FrontendInstallError('badPackage', `The downloaded package cannot be used: ${why}.`, '')
}
