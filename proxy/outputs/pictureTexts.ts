import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { toStrictJson } from '../comfyui/historyViews.ts'
import { findFormat } from '../comfyui/uploadContent.ts'
import { readAt } from './readAt.ts'

/*
 * The texts that ComfyUI writes into pictures (0.3.64, nodes.py SaveImage: tEXt chunks `prompt` and `workflow`;
 * comfy_extras/nodes_images.py SaveAnimatedWEBP: Exif texts that begin with the same names). Files may be hostile: what is
 * read is bounded in bytes and in steps, whatever they say about themselves.
 */

const MAX_TEXT_BYTES = 2 * 1024 * 1024
const MAX_CHUNKS = 2_000
const MAX_TAGS = 256
/** Where these stand in a JPEG's head. */
const MAX_SEGMENTS = 200
const WANTED = new Set(['prompt', 'workflow'])
const unzip = promisify(inflate)

/** `prompt` and `workflow`, as far as the file has them: JSON texts as somebody wrote them, not parsed. */
export async function readPictureTexts(handle: FileHandle, fileBytes: number): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const format = findFormat(await readAt(handle, 0, 32))
  if (format === 'png') await readPng(handle, fileBytes, found)
  if (format === 'webp') await readWebp(handle, fileBytes, found)
  if (format === 'jpeg') await readJpeg(handle, fileBytes, found)
  return found
}

type Found = Map<string, string>

/** PNG (third edition), section 11.3.3: texts may stand before or behind the picture. */
async function readPng(handle: FileHandle, fileBytes: number, found: Found): Promise<void> {
  let left = MAX_TEXT_BYTES
  let at = 8
  for (let count = 0; count < MAX_CHUNKS && at + 12 <= fileBytes && found.size < WANTED.size; count += 1) {
    const head = await readAt(handle, at, 8)
    if (head.length < 8) return
    const length = head.readUInt32BE(0)
    const type = head.toString('latin1', 4, 8)
    if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') {
      if (length > left) return
      left -= length
      const text = await readTextChunk(type, await readAt(handle, at + 8, length))
      if (text !== undefined) keep(found, text.name, text.value)
    }
    at += 12 + length
  }
}

interface NamedText {
  readonly name: string
  readonly value: string
}

async function readTextChunk(type: string, data: Buffer): Promise<NamedText | undefined> {
  const end = data.indexOf(0)
  const name = data.toString('latin1', 0, Math.max(0, end))
  if (!WANTED.has(name)) return undefined
  // Python writes Latin-1 if the text fits, and iTXt otherwise.
  if (type === 'tEXt') return { name, value: data.toString('latin1', end + 1) }
  if (type === 'zTXt') return named(name, await inflated(data.subarray(end + 2)), 'latin1')
  const [isCompressed, language] = [data[end + 1] === 1, data.indexOf(0, end + 3)]
  const keyword = language < 0 ? -1 : data.indexOf(0, language + 1)
  if (keyword < 0) return undefined
  const rest = data.subarray(keyword + 1)
  return named(name, isCompressed ? await inflated(rest) : rest, 'utf8')
}

const named = (name: string, bytes: Buffer | undefined, encoding: 'latin1' | 'utf8'): NamedText | undefined =>
  bytes && { name, value: bytes.toString(encoding) }

async function inflated(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_TEXT_BYTES })
  } catch {
    // Damaged, or a bomb.
    return undefined
  }
}

/** RFC 9649, section 2.7. */
async function readWebp(handle: FileHandle, fileBytes: number, found: Found): Promise<void> {
  let at = 12
  for (let count = 0; count < MAX_CHUNKS && at + 8 <= fileBytes; count += 1) {
    const head = await readAt(handle, at, 8)
    if (head.length < 8) return
    const length = head.readUInt32LE(4)
    if (head.toString('latin1', 0, 4) === 'EXIF') {
      readExif(await readAt(handle, at + 8, Math.min(length, MAX_TEXT_BYTES)), found)
      return
    }
    at += 8 + length + (length % 2)
  }
}

async function readJpeg(handle: FileHandle, fileBytes: number, found: Found): Promise<void> {
  let at = 2
  for (let count = 0; count < MAX_SEGMENTS && at + 4 <= fileBytes; count += 1) {
    const head = await readAt(handle, at, 4)
    if (head.length < 4 || head[0] !== 0xff || head[1] === 0xda) return
    const length = head.readUInt16BE(2)
    if (head[1] === 0xe1) readExif(await readAt(handle, at + 4, Math.max(0, length - 2)), found)
    at += 2 + length
  }
}

/** TIFF 6.0, section 2: texts of the first directory. */
function readExif(data: Buffer, found: Found): void {
  const tiff = data.toString('latin1', 0, 6) === 'Exif\0\0' ? data.subarray(6) : data
  const order = tiff.toString('latin1', 0, 2)
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return
  const isLittle = order === 'II'
  const read16 = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const read32 = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  const start = read32(4)
  if (start + 2 > tiff.length) return
  const count = Math.min(read16(start), MAX_TAGS)
  for (let entry = start + 2; entry < start + 2 + count * 12 && entry + 12 <= tiff.length; entry += 12) {
    if (read16(entry + 2) !== 2) continue
    const length = read32(entry + 4)
    const place = length <= 4 ? entry + 8 : read32(entry + 8)
    if (place + length > tiff.length) continue
    const text = tiff.toString('utf8', place, place + length).replace(/\0+$/, '')
    const split = text.indexOf(':')
    if (split > 0) keep(found, text.slice(0, split), text.slice(split + 1))
  }
}

function keep(found: Found, name: string, value: string): void {
  if (WANTED.has(name) && !found.has(name)) found.set(name, toStrictJson(value))
}
