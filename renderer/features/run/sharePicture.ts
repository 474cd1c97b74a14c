import type { Output } from '../../../proxy/contract/outputs.ts'
import { downloadPath } from '../outputs/outputLinks.ts'

/** Whether this browser hands files to other apps: on phones, and only over HTTPS. */
export function canShareFiles(output: Pick<Output, 'name' | 'mediaType'>): boolean {
  if (typeof navigator.canShare !== 'function' || typeof navigator.share !== 'function') return false
  return navigator.canShare({ files: [new File([''], output.name, { type: output.mediaType })] })
}

/** Reads what is to be shared, without the workflow, place and camera that stand in it. @throws Error in words */
export async function readForSharing(output: Output): Promise<File> {
  const response = await fetch(downloadPath(output.id, output.kind !== 'image'), {
    credentials: 'same-origin',
    cache: 'no-store',
  })
  if (!response.ok) throw new Error(`${output.name} could not be read.`)
  return new File([await response.blob()], output.name, { type: output.mediaType })
}

/** `again`: the browser wants another tap, because reading took long. */
export async function shareFile(file: File): Promise<'shared' | 'again'> {
  try {
    await navigator.share({ files: [file] })
    return 'shared'
  } catch (error) {
    // AbortError: somebody thought better of it.
    if (error instanceof DOMException && error.name === 'AbortError') return 'shared'
    if (error instanceof DOMException && error.name === 'NotAllowedError') return 'again'
    throw error
  }
}
