/*
 * How large a picture will be when it is decoded, read from its head while the file streams past: a few bytes of each
 * format, never a pixel. Readers are generators that ask for bytes by their place in the file, in rising order; at the
 * end of the file they may get fewer than they asked for.
 */

export interface PictureSize {
  readonly width: number
  readonly height: number
  /** Of all frames or pages together: nodes load them all. */
  readonly pixels: number
}

export interface WantedBytes {
  readonly at: number
  readonly length: number
}

/** Ends with the size, or with undefined when the file is not what it begins as. */
export type SizeReader = Generator<WantedBytes, PictureSize | undefined, Buffer>

export type PictureFormat = 'png' | 'jpeg' | 'gif' | 'webp' | 'bmp' | 'tiff' | 'avif'

const MAX_JPEG_SEGMENTS = 10_000
const MAX_CHUNKS = 100_000
/** Each is at least three bytes of the file; walking them is what counting frames costs. */
const MAX_GIF_BLOCKS = 1_000_000
const MAX_TIFF_PAGES = 1_000
const MAX_TIFF_ENTRIES = 4_096
const MAX_BOXES = 1_000
const MAX_META_BYTES = 1024 * 1024

export const sizeReaders: Readonly<Record<PictureFormat, () => SizeReader>> = {
  png: readPng,
  jpeg: readJpeg,
  gif: readGif,
  webp: readWebp,
  bmp: readBmp,
  tiff: readTiff,
  avif: readAvif,
}

const still = (width: number, height: number): PictureSize => ({ width, height, pixels: width * height })
const moving = (width: number, height: number, frames: number): PictureSize => ({
  width,
  height,
  pixels: width * height * Math.max(1, frames),
})

/** PNG (third edition), sections 11.2.1 and 11.3.6: IHDR comes first, acTL before the picture's data. */
function* readPng(): SizeReader {
  const head = yield { at: 0, length: 24 }
  if (head.length < 24 || head.toString('latin1', 12, 16) !== 'IHDR') return undefined
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)]
  let frames = 1
  let at = 20 + head.readUInt32BE(8)
  for (let count = 0; count < MAX_CHUNKS; count += 1) {
    const chunk = yield { at, length: 12 }
    const type = chunk.toString('latin1', 4, 8)
    // A file that breaks off has no data to decode.
    if (chunk.length < 12 || type === 'IDAT') return moving(width, height, frames)
    // Of several heads the last one counts for Pillow, the first one for others.
    if (type === 'IHDR') return undefined
    // The picture that stands for the film may be none of its frames.
    if (type === 'acTL') frames = Math.max(frames, chunk.readUInt32BE(8) + 1)
    at += 12 + chunk.readUInt32BE(0)
  }
  return undefined
}

const colourBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1))

/** GIF89a, sections 18 and 20. Pillow makes the screen larger for a frame that leaves it, and skips bytes it does not know. */
function* readGif(): SizeReader {
  const head = yield { at: 0, length: 13 }
  if (head.length < 10) return undefined
  let [width, height, frames] = [head.readUInt16LE(6), head.readUInt16LE(8), 0]
  let at = 13 + colourBytes(head[10] ?? 0)
  for (let count = 0; count < MAX_GIF_BLOCKS; count += 1) {
    const sign = (yield { at, length: 1 })[0]
    if (sign === undefined || sign === 0x3b) return moving(width, height, frames)
    if (sign === 0x21) at = yield* skipGifBlocks(at + 2)
    else if (sign === 0x2c) {
      const frame = yield { at, length: 10 }
      if (frame.length < 10) return moving(width, height, frames)
      frames += 1
      width = Math.max(width, frame.readUInt16LE(1) + frame.readUInt16LE(5))
      height = Math.max(height, frame.readUInt16LE(3) + frame.readUInt16LE(7))
      at = yield* skipGifBlocks(at + 11 + colourBytes(frame[9] ?? 0))
    } else at += 1
  }
  return undefined
}

/** Where the blocks of data that start there have ended. */
function* skipGifBlocks(start: number): Generator<WantedBytes, number, Buffer> {
  let at = start
  for (;;) {
    const length = (yield { at, length: 1 })[0]
    at += 1 + (length ?? 0)
    if (length === undefined || length === 0) return at
  }
}

function* readBmp(): SizeReader {
  const head = yield { at: 0, length: 26 }
  if (head.length < 26) return undefined
  if (head.readUInt32LE(14) === 12) return still(head.readUInt16LE(18), head.readUInt16LE(20))
  // Rows from the top have a negative height.
  return still(Math.abs(head.readInt32LE(18)), Math.abs(head.readInt32LE(22)))
}

/** RFC 9649. */
function* readWebp(): SizeReader {
  const head = yield { at: 0, length: 30 }
  if (head.length < 30) return undefined
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      if (head.readUIntBE(23, 3) !== 0x9d012a) return undefined
      return still(head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff)
    case 'VP8L': {
      const bits = head.readUInt32LE(21)
      return still((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
    }
    case 'VP8X':
      return moving(head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1, yield* countWebpFrames())
    default:
      return undefined
  }
}

function* countWebpFrames(): Generator<WantedBytes, number, Buffer> {
  let frames = 0
  for (let at = 12; ;) {
    const chunk = yield { at, length: 8 }
    if (chunk.length < 8) return frames
    if (chunk.toString('latin1', 0, 4) === 'ANMF') frames += 1
    const bytes = chunk.readUInt32LE(4)
    at += 8 + bytes + (bytes % 2)
  }
}

/** ITU-T T.81, annex B: the frame header stands behind any number of other segments, and before the first scan. */
function* readJpeg(): SizeReader {
  let at = 2
  let size: PictureSize | undefined
  for (let count = 0; count < MAX_JPEG_SEGMENTS; count += 1) {
    const segment = yield { at, length: 4 }
    if (segment.length < 4) return size
    if (segment[0] !== 0xff) return undefined
    const marker = segment[1] ?? 0
    if (marker === 0xff) at += 1
    else if (isFrameHeader(marker)) {
      const frame = yield { at: at + 4, length: 5 }
      // Of several heads the last one counts for Pillow, the first one for others.
      if (frame.length < 5 || size !== undefined) return undefined
      size = still(frame.readUInt16BE(3), frame.readUInt16BE(1))
      at += 2 + segment.readUInt16BE(2)
    } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2
    else if (marker === 0xda) return size
    else if (marker === 0xd9) return undefined
    else at += 2 + segment.readUInt16BE(2)
  }
  return undefined
}

function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** TIFF 6.0, section 2: every page, because nodes load them all. Pages must follow each other in the file. */
function* readTiff(): SizeReader {
  const head = yield { at: 0, length: 8 }
  if (head.length < 8) return undefined
  const isLittle = head[0] === 0x49
  const read16 = (bytes: Buffer, at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const read32 = (bytes: Buffer, at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  let largest: PictureSize | undefined
  let [at, last] = [read32(head, 4), 7]
  for (let page = 0; page < MAX_TIFF_PAGES; page += 1) {
    if (at <= last) return undefined
    const start = yield { at, length: 2 }
    const count = start.length < 2 ? 0 : read16(start, 0)
    if (count === 0 || count > MAX_TIFF_ENTRIES) return undefined
    const directory = yield { at: at + 2, length: count * 12 + 4 }
    if (directory.length < count * 12 + 4) return undefined
    const { width, height } = { width: 0, height: 0, ...Object.fromEntries(readSizeTags(directory, count)) }
    largest = largest === undefined ? still(width, height) : together(largest, still(width, height))
    last = at + 2 + count * 12
    at = read32(directory, count * 12)
    if (at === 0) return largest
  }
  return undefined

  function* readSizeTags(directory: Buffer, count: number): Generator<[string, number]> {
    for (let entry = 0; entry < count * 12; entry += 12) {
      const tag = read16(directory, entry)
      if (tag !== 256 && tag !== 257) continue
      const isShort = read16(directory, entry + 2) === 3
      yield [tag === 256 ? 'width' : 'height', isShort ? read16(directory, entry + 8) : read32(directory, entry + 8)]
    }
  }
}

/** ISO/IEC 23008-12, section 6.5.3: every item of the picture says its size in a box `ispe` inside of `meta`. */
function* readAvif(): SizeReader {
  let at = 0
  for (let count = 0; count < MAX_BOXES; count += 1) {
    const head = yield { at, length: 16 }
    if (head.length < 16) return undefined
    const isLong = head.readUInt32BE(0) === 1
    const size = isLong ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0)
    if (size < (isLong ? 16 : 8) || !Number.isSafeInteger(at + size)) return undefined
    if (head.toString('latin1', 4, 8) === 'meta') {
      if (size > MAX_META_BYTES) return undefined
      return findLargestExtent(yield { at, length: size })
    }
    at += size
  }
  return undefined
}

function findLargestExtent(meta: Buffer): PictureSize | undefined {
  let largest: PictureSize | undefined
  for (let at = meta.indexOf('ispe'); at !== -1 && at + 16 <= meta.length; at = meta.indexOf('ispe', at + 4)) {
    const size = still(meta.readUInt32BE(at + 8), meta.readUInt32BE(at + 12))
    largest = largest === undefined ? size : largerOf(largest, size)
  }
  return largest
}

/** Every page counts, also the sides of the largest. */
function together(a: PictureSize, b: PictureSize): PictureSize {
  const { width, height } = largerOf(a, b)
  return { width, height, pixels: a.pixels + b.pixels }
}

function largerOf(a: PictureSize, b: PictureSize): PictureSize {
  return a.width * a.height >= b.width * b.height ? a : b
}
