import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { toStrictJson } from '../comfyui/strictJson.ts'
import type { TextBlock } from './pictureProtocol.ts'
import { MAX_TEXT_BYTES, wantedTexts } from './textBlocks.ts'

const MAX_TAGS = 256
const unzip = promisify(inflate)

/**
 * `prompt` and `workflow`, as far as the parts of a picture say them: JSON texts as somebody wrote them, not parsed. The
 * first of a name counts, so that each is decoded once at most.
 */
export async function decodeTexts(blocks: readonly TextBlock[]): Promise<ReadonlyMap<string, string>> {
  const found: Found = new Map()
  for (const { type, bytes: sent } of blocks) {
    const bytes = Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength)
    if (type === 'exif') readExif(bytes, found)
    else await readTextChunk(type, bytes, found)
  }
  const texts = [...found].flatMap(([name, text]) => (text === undefined ? [] : [[name, toStrictJson(text)] as const]))
  return new Map(texts)
}

/** undefined: it is there and cannot be read. */
type Found = Map<string, string | undefined>

const isOpen = (found: Found, name: string): boolean => wantedTexts.includes(name) && !found.has(name)

/** PNG (third edition), section 11.3.3. */
async function readTextChunk(type: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer, found: Found): Promise<void> {
  const end = data.indexOf(0)
  const name = data.toString('latin1', 0, Math.max(0, end))
  if (isOpen(found, name)) found.set(name, await textOf(type, data, end))
}

async function textOf(type: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer, end: number): Promise<string | undefined> {
  // Python writes Latin-1 if the text fits, and iTXt otherwise.
  if (type === 'tEXt') return data.toString('latin1', end + 1)
  if (type === 'zTXt') return (await inflated(data.subarray(end + 2)))?.toString('latin1')
  const [isCompressed, language] = [data[end + 1] === 1, data.indexOf(0, end + 3)]
  const keyword = language < 0 ? -1 : data.indexOf(0, language + 1)
  if (keyword < 0) return undefined
  const rest = data.subarray(keyword + 1)
  return (isCompressed ? await inflated(rest) : rest)?.toString('utf8')
}

async function inflated(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_TEXT_BYTES })
  } catch {
    // Damaged, or a bomb.
    return undefined
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
    if (place + length <= tiff.length) readTag(tiff.subarray(place, place + length), found)
  }
}

/** `name:text`, with NULs at its end. Tags may all point to the same bytes: only what is wanted is decoded. */
function readTag(tag: Buffer, found: Found): void {
  const name = wantedTexts.find((one) => tag.toString('latin1', 0, one.length + 1) === `${one}:`)
  if (name === undefined || !isOpen(found, name)) return
  let end = tag.length
  while (tag[end - 1] === 0) end -= 1
  found.set(name, tag.toString('utf8', name.length + 1, end))
}
