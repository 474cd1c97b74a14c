import { describeBytes } from '../../../proxy/contract/byteWords.ts'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { downloadPath, filePath } from './outputLinks.ts'

/** The packed files lie in this page's memory until they are saved. */
const mostPackedBytes = 1024 ** 3

/** Saves one file as it is, several packed into one. @throws Error in words when they cannot be had. */
export async function downloadOutputs(outputs: readonly Output[]): Promise<void> {
  const [only, ...others] = outputs
  if (only === undefined) return
  if (others.length === 0) {
    save(downloadPath(only.id), only.name)
    return
  }
  const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0)
  if (bytes > mostPackedBytes) {
    throw new Error(
      `These are ${describeBytes(bytes)}; at most ${describeBytes(mostPackedBytes)} can be packed at once. Choose fewer.`,
    )
  }
  const url = URL.createObjectURL(await pack(outputs))
  save(url, 'Pictures.zip')
  // The browser has read it by then; there is no event that says so.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

function save(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
}

/** Pictures are compressed as they are: they are only put one behind the other. */
async function pack(outputs: readonly Output[]): Promise<Blob> {
  const { Zip, ZipPassThrough } = await import('fflate')
  const parts: BlobPart[] = []
  const zip = new Zip((error, chunk) => {
    if (error !== null) throw error
    parts.push(new Uint8Array(chunk))
  })
  for (const { output, name } of nameApart(outputs)) {
    const response = await fetch(filePath(output.id), { credentials: 'same-origin', cache: 'no-store' })
    if (!response.ok) throw new Error(`${output.name} could not be read.`)
    const entry = new ZipPassThrough(name)
    entry.mtime = output.madeAt
    zip.add(entry)
    entry.push(new Uint8Array(await response.arrayBuffer()), true)
  }
  zip.end()
  return new Blob(parts, { type: 'application/zip' })
}

/** Names for one folder: a name that several have gets a number. */
export function nameApart(outputs: readonly Output[]): { readonly output: Output; readonly name: string }[] {
  const taken = new Set<string>()
  return outputs.map((output) => {
    const [, stem = output.name, ending = ''] = /^(.+?)(\.[^.]*)?$/s.exec(output.name) ?? []
    let name = output.name
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${stem} (${number})${ending}`
    taken.add(name.toLowerCase())
    return { output, name }
  })
}
