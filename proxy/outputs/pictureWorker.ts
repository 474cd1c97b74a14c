import type { Sharp, SharpOptions } from 'sharp'
import { findFormat, isPicture } from '../comfyui/uploadContent.ts'
import { decodeTexts } from './decodeTexts.ts'
import { describeMaking } from './madeWith.ts'
import { pictureRequestSchema } from './pictureProtocol.ts'
import type { PictureAnswer, PictureRequest } from './pictureProtocol.ts'

/*
 * A process of its own that decodes what people's nodes wrote. It starts with an empty environment, opens no file, is
 * given no secret, and is ended from outside when it takes too long; here it ends itself when it takes too much memory.
 * It is no sandbox: it runs as the same account of the computer.
 */

const WATCH_MS = 50
const MiB = 1024 * 1024
const THUMBNAIL_QUALITY = 78

type Sharps = (bytes: Uint8Array, options: SharpOptions) => Sharp

/** undefined where the package has no binary for this computer. */
async function loadSharp(): Promise<Sharps | undefined> {
  try {
    const { default: sharp } = await import('sharp')
    // One picture at a time: memory is bounded by the largest one.
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  } catch {
    return undefined
  }
}

let sharps: Promise<Sharps | undefined> | undefined

type TextRequest = Extract<PictureRequest, { kind: 'texts' }>
type DecodeRequest = Exclude<PictureRequest, TextRequest>

const answer = (request: PictureRequest): Promise<PictureAnswer> =>
  request.kind === 'texts' ? answerTexts(request) : answerDecoded(request)

async function answerTexts({ id, wanted, blocks }: TextRequest): Promise<PictureAnswer> {
  const texts = await decodeTexts(blocks)
  const workflow = texts.get('workflow')
  if (wanted === 'workflow') {
    return workflow === undefined ? { id, kind: 'refused' } : { id, kind: 'done', bytes: Buffer.from(workflow) }
  }
  const making = { madeWith: describeMaking(texts.get('prompt')), hasWorkflow: workflow !== undefined }
  return { id, kind: 'done', bytes: Buffer.from(JSON.stringify(making)) }
}

async function answerDecoded(request: DecodeRequest): Promise<PictureAnswer> {
  const { id } = request
  // SVG, PDF and the like are never handed to a decoder, whatever their name says.
  const format = findFormat(Buffer.from(request.bytes.subarray(0, 32)))
  if (format === undefined || !isPicture(format)) return { id, kind: 'refused' }
  sharps ??= loadSharp()
  const sharp = await sharps
  if (sharp === undefined) return { id, kind: 'unavailable' }
  try {
    return { id, kind: 'done', bytes: await work(sharp, request) }
  } catch {
    return { id, kind: 'refused' }
  }
}

function work(sharp: Sharps, request: DecodeRequest): Promise<Buffer> {
  const options = { limitInputPixels: request.maxPixels, failOn: 'error', sequentialRead: true } as const
  if (request.kind === 'withoutMetadata') {
    // Written anew without what is not asked for: Exif, XMP and texts stay behind (sharp keeps them only on demand).
    return keepFormat(sharp(request.bytes, { ...options, animated: true }).autoOrient()).toBuffer()
  }
  const { size } = request
  return sharp(request.bytes, options)
    .autoOrient()
    .resize({ width: size, height: size * 2, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: THUMBNAIL_QUALITY, effort: 2 })
    .toBuffer()
}

const keepFormat = (picture: Sharp): Sharp =>
  picture
    .jpeg({ quality: 95, force: false })
    .webp({ quality: 95, force: false })
    .png({ compressionLevel: 6, force: false })

/** Decoding happens in other threads, so this one is free to look. */
function watchMemory(maxBytes: number): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > maxBytes) process.exit(3)
  }, WATCH_MS).unref()
}

watchMemory(Number(process.argv[2]) * MiB)
process.on('disconnect', () => process.exit(0))
process.on('message', (message: unknown) => {
  const request = pictureRequestSchema.parse(message)
  void answer(request).then((reply) => process.send?.(reply))
})
