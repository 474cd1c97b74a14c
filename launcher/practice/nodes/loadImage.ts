import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import sharp from 'sharp'
import type { JsonValue } from '../values/json.ts'
import { checkImageSize } from './imageBatch.ts'
import { NodeFailure, type UserFolders, type NodeClass } from './nodeClass.ts'
import { textInput } from './nodeInputs.ts'
import { findInside } from './savePath.ts'

const IMAGE_FILE = /\.(png|jpe?g|jfif|webp|gif|tiff?|bmp|avif|ico|svg)$/i
const MAX_FRAMES = 64

export const loadImage: NodeClass = {
  name: 'LoadImage',
  displayName: 'Load Image',
  category: 'image',
  description: '',
  pythonModule: 'nodes',
  schema: 1,
  outputNode: false,
  outputs: [
    { type: 'IMAGE', name: 'IMAGE' },
    { type: 'MASK', name: 'MASK' },
  ],
  inputTypes: async (folders) => ({ required: { image: [await listPictures(folders.input), { image_upload: true }] } }),
  validate: {
    input: 'image',
    check: async (value, folders) => {
      const file = await findAnnotatedFile(value, folders)
      if (file !== undefined && (await isFile(file))) return undefined
      return `Invalid image file: ${typeof value === 'string' ? value : ''}`
    },
  },
  fingerprint: async (inputs, folders) => {
    const file = await findAnnotatedFile(inputs['image'] ?? null, folders)
    if (file === undefined) return undefined
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
  },
  execute: async (inputs, run) => {
    const file = await findAnnotatedFile(textInput(inputs, 'image'), run.folders)
    if (file === undefined) throw new NodeFailure('FileNotFoundError', 'Invalid image file')
    const { width, height, frames } = await decode(await readFile(file))
    const hasAlpha = frames.some(({ alpha }) => alpha !== undefined)
    const emptyMask = { kind: 'mask' as const, width: 64, height: 64, frames: [Buffer.alloc(64 * 64)] }
    const opaque = Buffer.alloc(width * height)
    const mask = { kind: 'mask' as const, width, height, frames: frames.map(({ alpha }) => alpha ?? opaque) }
    return {
      outputs: [{ kind: 'image', width, height, frames: frames.map(({ rgb }) => rgb) }, hasAlpha ? mask : emptyMask],
    }
  },
}

/** The file that `name.png`, `sub/name.png` or `name.png [output]` means; undefined outside of the user's folders. */
export async function findAnnotatedFile(value: JsonValue, folders: UserFolders): Promise<string | undefined> {
  if (typeof value !== 'string' || value === '') return undefined
  const annotated = parseAnnotation(value)
  return findInside(folders[annotated.type ?? 'input'], annotated.name)
}

/** Splits off a trailing `[output]`, `[input]` or `[temp]`. */
export function parseAnnotation(name: string): { name: string; type: 'output' | 'input' | 'temp' | undefined } {
  for (const type of ['output', 'input', 'temp'] as const) {
    if (name.endsWith(`[${type}]`)) return { name: name.slice(0, -(type.length + 3)), type }
  }
  return { name, type: undefined }
}

async function listPictures(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && IMAGE_FILE.test(entry.name))
    .map((entry) => entry.name)
    .sort()
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    // A name that the file system refuses is no file either.
    return false
  }
}

interface Frame {
  readonly rgb: Buffer
  readonly alpha: Buffer | undefined
}

async function decode(file: Buffer): Promise<{ width: number; height: number; frames: Frame[] }> {
  try {
    const { pages = 1, format } = await sharp(file).metadata()
    // Pillow knows no vector graphics.
    if (format === 'svg') throw new NodeFailure('PIL.UnidentifiedImageError', 'cannot identify image file')
    const frames: Frame[] = []
    let size: { width: number; height: number } | undefined
    for (let page = 0; page < Math.min(pages, MAX_FRAMES); page++) {
      const pipeline = sharp(file, { page }).rotate().toColourspace('srgb')
      const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
      size ??= { width: info.width, height: info.height }
      checkImageSize(info.width, info.height, page + 1)
      if (info.width === size.width && info.height === size.height) frames.push(splitChannels(data, info.channels))
    }
    if (size === undefined) throw new NodeFailure('UnidentifiedImageError', 'no picture in the file')
    return { ...size, frames }
  } catch (error) {
    if (error instanceof NodeFailure) throw error
    throw new NodeFailure('PIL.UnidentifiedImageError', 'cannot identify image file')
  }
}

function splitChannels(data: Buffer, channels: number): Frame {
  const pixels = data.length / channels
  const rgb = Buffer.alloc(pixels * 3)
  const alpha = channels === 2 || channels === 4 ? Buffer.alloc(pixels) : undefined
  const isGray = channels < 3
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * channels
    for (let channel = 0; channel < 3; channel++) rgb[pixel * 3 + channel] = data[from + (isGray ? 0 : channel)] ?? 0
    if (alpha) alpha[pixel] = 255 - (data[from + channels - 1] ?? 255)
  }
  return { rgb, alpha }
}
