import type { FileHandle } from 'node:fs/promises'
import { extname } from 'node:path'
import { sizeReaders } from '../comfyui/pictureSize.ts'
import type { PictureFormat } from '../comfyui/pictureSize.ts'
import { findFormat, isPicture } from '../comfyui/uploadContent.ts'
import type { KnownFormat } from '../comfyui/uploadContent.ts'
import type { OutputKind } from '../contract/outputs.ts'
import { readAt } from './readAt.ts'

/** What a file is, by its first bytes: its name is only asked where bytes say nothing. */
export interface FileKind {
  readonly kind: OutputKind
  readonly mediaType: string
  readonly width: number | null
  readonly height: number | null
}

const HEAD_BYTES = 32
/** Beyond, a picture's size is not looked for: hostile files spread their heads. */
const MAX_READS = 20_000

const binary = { kind: 'other', mediaType: 'application/octet-stream', width: null, height: null } as const

/** What extensions say of files whose bytes say nothing. */
const MODELS: ReadonlyMap<string, string> = new Map([
  ['.gltf', 'model/gltf+json'],
  ['.obj', 'model/obj'],
  ['.stl', 'model/stl'],
  ['.ply', 'application/octet-stream'],
  ['.fbx', 'application/octet-stream'],
  ['.usdz', 'model/vnd.usdz+zip'],
])

type Media = readonly [kind: OutputKind, mediaType: string]

/** By extension, where one format holds several; the empty one counts for all others. */
const FORMATS: Readonly<Record<Exclude<KnownFormat, PictureFormat>, Readonly<Record<string, Media>>>> = {
  isoMedia: {
    '': ['video', 'video/mp4'],
    '.mov': ['video', 'video/quicktime'],
    '.m4a': ['audio', 'audio/mp4'],
    '.aac': ['audio', 'audio/mp4'],
  },
  matroska: {
    '': ['video', 'video/webm'],
    '.mkv': ['video', 'video/x-matroska'],
    '.weba': ['audio', 'audio/webm'],
  },
  ogg: { '': ['audio', 'audio/ogg'], '.ogv': ['video', 'video/ogg'] },
  wav: { '': ['audio', 'audio/wav'] },
  flac: { '': ['audio', 'audio/flac'] },
  mpegAudio: { '': ['audio', 'audio/mpeg'] },
  avi: { '': ['video', 'video/x-msvideo'] },
  glb: { '': ['model', 'model/gltf-binary'] },
}

export async function readFileKind(handle: FileHandle, name: string): Promise<FileKind> {
  const format = findFormat(await readAt(handle, 0, HEAD_BYTES))
  const extension = extname(name).toLowerCase()
  if (format === undefined) {
    const mediaType = MODELS.get(extension)
    return mediaType === undefined ? binary : { ...binary, kind: 'model', mediaType }
  }
  if (isPicture(format)) return readPicture(handle, format)
  const media = new Map(Object.entries(FORMATS[format]))
  const [kind, mediaType] = media.get(extension) ?? media.get('') ?? [binary.kind, binary.mediaType]
  return { ...binary, kind, mediaType }
}

async function readPicture(handle: FileHandle, format: PictureFormat): Promise<FileKind> {
  const reader = sizeReaders[format]()
  let step = reader.next(Buffer.alloc(0))
  for (let reads = 0; step.done !== true; reads += 1) {
    if (reads >= MAX_READS) return { ...binary, kind: 'image', mediaType: `image/${format}` }
    step = reader.next(await readAt(handle, step.value.at, step.value.length))
  }
  const size = step.value
  return {
    kind: 'image',
    mediaType: `image/${format}`,
    width: size?.width ?? null,
    height: size?.height ?? null,
  }
}

/** Formats that a browser shows and never runs. Everything else is only ever downloaded. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/avif'])

export const isShownInline = (mediaType: string): boolean => SHOWN.has(mediaType)
