import { GateError } from '../contract/errorCodes.ts'
import { sizeReaders } from './pictureSize.ts'
import type { PictureFormat, SizeReader } from './pictureSize.ts'

/*
 * What may be uploaded: pictures, sounds, films and shapes for ComfyUI's own loaders, told by the extension and again
 * by the first bytes. What a browser would run as a page (html, svg, xml, scripts) is none of them.
 */

export interface UploadLimits {
  /** Width times height, when decoded; of a film, of all its frames together. */
  readonly maxPixels: number
}

type Kind = 'picture' | 'audio' | 'video' | 'shape'
/** What the first bytes of a file say that it is. */
export type KnownFormat = PictureFormat | 'isoMedia' | 'matroska' | 'ogg' | 'wav' | 'flac' | 'mpegAudio' | 'avi' | 'glb'
type Format = KnownFormat | 'other'

const EXTENSIONS: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ...['png', 'jpg', 'jpeg', 'jfif', 'webp', 'gif', 'bmp', 'tif', 'tiff', 'avif'].map(
    (name) => [name, ['picture']] as const,
  ),
  ...['wav', 'mp3', 'flac', 'm4a', 'aac', 'opus', 'weba'].map((name) => [name, ['audio']] as const),
  ...['mp4', 'm4v', 'mov', 'mkv', 'avi', 'ogv'].map((name) => [name, ['video']] as const),
  ...['ogg', 'webm'].map((name) => [name, ['audio', 'video']] as const),
  ...['glb', 'gltf', 'obj', 'fbx', 'stl', 'ply'].map((name) => [name, ['shape']] as const),
])

const FORMATS: Readonly<Record<Kind, ReadonlySet<Format>>> = {
  picture: new Set(['png', 'jpeg', 'gif', 'webp', 'bmp', 'tiff', 'avif']),
  audio: new Set(['wav', 'flac', 'mpegAudio', 'isoMedia', 'ogg', 'matroska']),
  video: new Set(['isoMedia', 'matroska', 'avi', 'ogg']),
  shape: new Set(['glb', 'other']),
}

const HEAD_BYTES = 32
const MAX_SIDE = 65_535

const refuseType = (message: string): never => {
  throw new GateError('UNSUPPORTED_MEDIA_TYPE', message)
}

/** @throws GateError UNSUPPORTED_MEDIA_TYPE for an extension that nothing here loads */
export function findUploadKinds(fileName: string): readonly Kind[] {
  const extension = /\.([^.]*)$/.exec(fileName)?.[1]?.toLowerCase() ?? ''
  return EXTENSIONS.get(extension) ?? refuseType('Pictures, sounds, films and 3D models can be uploaded, nothing else.')
}

/** Looks at one file of a form while it streams past: whether it is what its name says, and not too large. */
export class ContentInspector {
  readonly #reader: Generator<{ at: number; length: number }, void, Buffer>
  #wanted: { readonly at: number; readonly length: number } | undefined
  /** What of the file is kept, and where in the file that starts. */
  #kept: Buffer = Buffer.alloc(0)
  #keptAt = 0

  /** @throws GateError UNSUPPORTED_MEDIA_TYPE */
  constructor(fileName: string, limits: UploadLimits) {
    this.#reader = inspectFile(findUploadKinds(fileName), limits)
    this.#advance(Buffer.alloc(0))
  }

  /** @throws GateError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE */
  push(chunk: Buffer): void {
    if (this.#wanted === undefined) return
    const skipped = this.#kept.length === 0 ? Math.min(chunk.length, this.#wanted.at - this.#keptAt) : 0
    this.#keptAt += skipped
    const rest = chunk.subarray(skipped)
    this.#kept = this.#kept.length === 0 ? Buffer.from(rest) : Buffer.concat([this.#kept, rest])
    this.#serve(false)
  }

  /** @throws GateError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE */
  end(): void {
    this.#serve(true)
  }

  #serve(isEnd: boolean): void {
    while (this.#wanted !== undefined) {
      const { at, length } = this.#wanted
      const dropped = Math.min(this.#kept.length, at - this.#keptAt)
      this.#kept = this.#kept.subarray(dropped)
      this.#keptAt += dropped
      const isThere = this.#keptAt === at && this.#kept.length >= length
      if (!isThere && !isEnd) return
      this.#advance(this.#keptAt === at ? this.#kept.subarray(0, length) : Buffer.alloc(0))
    }
    this.#kept = Buffer.alloc(0)
  }

  #advance(bytes: Buffer): void {
    const step = this.#reader.next(bytes)
    this.#wanted = step.done === true ? undefined : step.value
  }
}

function* inspectFile(
  kinds: readonly Kind[],
  { maxPixels }: UploadLimits,
): Generator<{ at: number; length: number }, void, Buffer> {
  const format = detectFormat(yield { at: 0, length: HEAD_BYTES })
  if (!kinds.some((kind) => FORMATS[kind].has(format))) refuseType('The file is not what its name says.')
  if (!isPicture(format)) return
  const reader: SizeReader = sizeReaders[format]()
  const size = (yield* reader) ?? refuseType('The file is no picture that can be read.')
  const { width, height, pixels } = size
  if (width < 1 || height < 1) refuseType('The file is no picture that can be read.')
  if (pixels <= maxPixels && Math.max(width, height) <= MAX_SIDE) return
  const [megapixels, most] = [pixels, maxPixels].map((count) => Math.round(count / 1e6))
  const all = pixels > width * height ? ' in all its frames' : ''
  throw new GateError('BODY_TOO_LARGE', `The picture has ${megapixels} megapixels${all}; up to ${most} are accepted.`)
}

/** Whether it is a raster picture. */
export function isPicture(format: Format): format is PictureFormat {
  return Object.hasOwn(sizeReaders, format)
}

type Test = (head: Buffer) => boolean

/** Bytes at places of the file, given as latin-1 text. */
const starts =
  (...places: readonly (readonly [at: number, bytes: string])[]): Test =>
  (head) =>
    places.every(([at, bytes]) => head.toString('latin1', at, at + bytes.length) === bytes)

/** Brands of ISO media files that hold pictures which ComfyUI cannot read. */
const PICTURE_BRANDS = new Set(['heic', 'heix', 'mif1', 'msf1', 'avis'])

const SIGNATURES: readonly (readonly [format: KnownFormat, test: Test])[] = [
  ['png', starts([0, '\x89PNG\r\n\x1a\n'])],
  ['jpeg', starts([0, '\xff\xd8\xff'])],
  ['gif', (head) => /^GIF8[79]a/.test(head.toString('latin1', 0, 6))],
  ['webp', starts([0, 'RIFF'], [8, 'WEBP'])],
  ['bmp', starts([0, 'BM'])],
  ['tiff', (head) => starts([0, 'II*\0'])(head) || starts([0, 'MM\0*'])(head)],
  // Not `avis`: how many pictures such a film has stands at its end.
  ['avif', starts([4, 'ftypavif'])],
  ['isoMedia', (head) => starts([4, 'ftyp'])(head) && !PICTURE_BRANDS.has(head.toString('latin1', 8, 12))],
  ['matroska', starts([0, '\x1aE\xdf\xa3'])],
  ['ogg', starts([0, 'OggS'])],
  ['wav', starts([0, 'RIFF'], [8, 'WAVE'])],
  ['avi', starts([0, 'RIFF'], [8, 'AVI '])],
  ['flac', starts([0, 'fLaC'])],
  // ID3, or eleven set bits of a frame; not a byte order mark.
  ['mpegAudio', (head) => /^(?:ID3|\xff[\xe2-\xe7\xf1-\xfd])/.test(head.toString('latin1', 0, 3))],
  ['glb', starts([0, 'glTF'])],
]

/** Text that a browser could take for a page. */
const MARKUP = /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*</
const OTHER_FILES = ['MZ', '\x7fELF', 'PK\x03\x04', '%PDF', '#!'].map((bytes) => starts([0, bytes]))

/** By the first 32 bytes; undefined for whatever else it is. */
export function findFormat(head: Buffer): KnownFormat | undefined {
  return SIGNATURES.find(([, test]) => test(head))?.[0]
}

function detectFormat(head: Buffer): Format {
  const found = findFormat(head)
  if (found !== undefined) return found
  const isOther = head.length > 0 && !MARKUP.test(head.toString('latin1')) && !OTHER_FILES.some((test) => test(head))
  return isOther ? 'other' : refuseType('The file is not what its name says.')
}
