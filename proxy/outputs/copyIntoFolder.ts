import { open, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { checkFileName, hasFolderSuffix } from '../comfyui/fileNames.ts'
import { findUploadKinds } from '../comfyui/uploadContent.ts'
import { GateError } from '../contract/errorCodes.ts'
import { hasCode } from '../core/systemErrors.ts'
import { findRealRoot } from './openedFile.ts'
import type { OpenedFile } from './openedFile.ts'
import type { OutputRow } from './outputStore.ts'
import { toFreeNames } from './removedFiles.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * Copies an open file under a name that was free. Nodes name what they save as they like: a name that no upload could
 * have becomes a plain one. `admit` is asked once nothing else stands in the way.
 * @throws GateError UNSUPPORTED_MEDIA_TYPE, FOLDER_REFUSED, NOT_FOUND
 */
export async function copyIntoFolder(
  { handle, bytes }: OpenedFile,
  row: Pick<OutputRow, 'id' | 'name' | 'kind'>,
  folder: string,
  admit: (bytes: number) => Promise<void>,
): Promise<string> {
  findUploadKinds(row.name)
  if (row.kind === 'other') throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'The file is not what its name says.')
  const root = await findRealRoot(folder)
  await admit(bytes)
  for (const name of toFreeNames(toPlainName(row))) {
    const path = join(root, name)
    const target = await open(path, 'wx', 0o600).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) return undefined
      throw error
    })
    if (target === undefined) continue
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      for (let at = 0; at < bytes;) {
        const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, bytes - at), at)
        if (bytesRead === 0) break
        await target.writeFile(chunk.subarray(0, bytesRead))
        at += bytesRead
      }
      await target.close()
      return name
    } catch (error) {
      await target.close()
      await rm(path, { force: true })
      throw error
    }
  }
  throw new GateError('ALREADY_EXISTS', 'Every name for this file is taken.')
}

function toPlainName({ id, name }: Pick<OutputRow, 'id' | 'name'>): string {
  try {
    checkFileName(name)
    if (!hasFolderSuffix(name)) return name
  } catch {
    // Not a name for every system; what follows is.
  }
  return `output-${id}${extname(name).toLowerCase()}`
}
