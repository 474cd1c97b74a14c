import type { FileHandle } from 'node:fs/promises'
import { findFormat } from '../comfyui/uploadContent.ts'
import type { TextBlock } from './pictureProtocol.ts'
import { readAt } from './readAt.ts'

/*
 * Where pictures keep the texts that ComfyUI writes (0.3.64, nodes.py SaveImage: PNG chunks `prompt` and `workflow`;
 * comfy_extras/nodes_images.py SaveAnimatedWEBP: Exif). Files may be hostile: what is read is bounded in bytes and in
 * steps, whatever they say about themselves, and nothing of it is looked into here.
 */

export const wantedTexts: readonly string[] = ['prompt', 'workflow']

/** Of one picture, all in all. */
export const MAX_TEXT_BYTES = 2 * 1024 * 1024
const MAX_CHUNKS = 2_000
/** Where these stand in a JPEG's head. */
const MAX_SEGMENTS = 200
const NAME_BYTES = Math.max(...wantedTexts.map((name) => name.length)) + 1

/** The parts of the file in which `prompt` and `workflow` stand, if it has them; as they are, not decoded. */
export async function readTextBlocks(handle: FileHandle, fileBytes: number): Promise<TextBlock[]> {
  const format = findFormat(await readAt(handle, 0, 32))
  if (format === 'png') return readPng(handle, fileBytes)
  if (format === 'webp') return readWebp(handle, fileBytes)
  return format === 'jpeg' ? readJpeg(handle, fileBytes) : []
}

/** PNG (third edition), section 11.3.3: texts may stand before or behind the picture. The first of a name counts. */
async function readPng(handle: FileHandle, fileBytes: number): Promise<TextBlock[]> {
  const blocks: TextBlock[] = []
  const seen = new Set<string>()
  let left = MAX_TEXT_BYTES
  let at = 8
  for (let count = 0; count < MAX_CHUNKS && at + 12 <= fileBytes && seen.size < wantedTexts.length; count += 1) {
    const head = await readAt(handle, at, 8 + NAME_BYTES)
    if (head.length < 8) break
    const length = head.readUInt32BE(0)
    const type = head.toString('latin1', 4, 8)
    const name = wantedTexts.find((one) => head.toString('latin1', 8, 9 + one.length) === `${one}\0`)
    if (name !== undefined && !seen.has(name) && (type === 'tEXt' || type === 'zTXt' || type === 'iTXt')) {
      seen.add(name)
      if (length <= left) {
        left -= length
        blocks.push({ type, bytes: await readAt(handle, at + 8, length) })
      }
    }
    at += 12 + length
  }
  return blocks
}

/** RFC 9649, section 2.7. */
async function readWebp(handle: FileHandle, fileBytes: number): Promise<TextBlock[]> {
  let at = 12
  for (let count = 0; count < MAX_CHUNKS && at + 8 <= fileBytes; count += 1) {
    const head = await readAt(handle, at, 8)
    if (head.length < 8) return []
    const length = head.readUInt32LE(4)
    if (head.toString('latin1', 0, 4) === 'EXIF') {
      return [{ type: 'exif', bytes: await readAt(handle, at + 8, Math.min(length, MAX_TEXT_BYTES)) }]
    }
    at += 8 + length + (length % 2)
  }
  return []
}

async function readJpeg(handle: FileHandle, fileBytes: number): Promise<TextBlock[]> {
  const blocks: TextBlock[] = []
  let left = MAX_TEXT_BYTES
  let at = 2
  for (let count = 0; count < MAX_SEGMENTS && at + 4 <= fileBytes; count += 1) {
    const head = await readAt(handle, at, 4)
    if (head.length < 4 || head[0] !== 0xff || head[1] === 0xda) break
    const length = head.readUInt16BE(2)
    if (head[1] === 0xe1 && length > 2) {
      if (length > left) break
      left -= length
      blocks.push({ type: 'exif', bytes: await readAt(handle, at + 4, length - 2) })
    }
    at += 2 + length
  }
  return blocks
}
