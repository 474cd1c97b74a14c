import { NodeFailure } from './nodeClass.ts'

const SIGNATURE_AND_IHDR_LENGTH = 8 + 12 + 13

/**
 * Puts tEXt chunks behind the header of a PNG (PNG specification, section 11.3.3.2).
 * @throws NodeFailure for a key that is empty, longer than 79 bytes or not Latin-1
 */
export function addPngText(png: Buffer, texts: ReadonlyMap<string, string>): Buffer {
  const chunks: Buffer[] = [png.subarray(0, SIGNATURE_AND_IHDR_LENGTH)]
  for (const [key, text] of texts) {
    if (key.length === 0 || key.length > 79 || !/^[\u0020-\u007e\u00a1-\u00ff]+$/.test(key)) {
      throw new NodeFailure('ValueError', 'a key of extra_pnginfo cannot stand in a PNG')
    }
    chunks.push(toChunk('tEXt', Buffer.concat([Buffer.from(`${key}\0`, 'latin1'), Buffer.from(text, 'latin1')])))
  }
  return Buffer.concat([...chunks, png.subarray(SIGNATURE_AND_IHDR_LENGTH)])
}

/** Reads the tEXt chunks of a PNG; an empty map for anything else. */
export function readPngText(png: Buffer): Map<string, string> {
  const texts = new Map<string, string>()
  for (let at = 8; at + 12 <= png.length;) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    const end = data.indexOf(0)
    if (type === 'tEXt' && end > 0) texts.set(data.toString('latin1', 0, end), data.toString('latin1', end + 1))
    at += 12 + length
  }
  return texts
}

function toChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
