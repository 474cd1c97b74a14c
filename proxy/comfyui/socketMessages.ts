import { z } from 'zod'

/*
 * Messages of ComfyUI's WebSocket (server.py: websocket_handler, send, encode_bytes; execution.py; 0.3.64). Bytes are
 * passed on unchanged wherever possible.
 */

const textSchema = z.object({
  type: z.string(),
  data: z
    .looseObject({
      prompt_id: z.string().optional().catch(undefined),
      node: z.string().nullable().optional().catch(undefined),
      status: z
        .looseObject({ exec_info: z.looseObject({ queue_remaining: z.number() }) })
        .optional()
        .catch(undefined),
    })
    .catch({}),
})
export type TextMessage = z.infer<typeof textSchema>

/** undefined for what is no message of ComfyUI. */
export function parseTextMessage(bytes: Buffer): TextMessage | undefined {
  try {
    const parsed = textSchema.safeParse(JSON.parse(bytes.toString('utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

const previewFlagSchema = z.object({
  type: z.literal('feature_flags'),
  data: z.looseObject({ supports_preview_metadata: z.unknown().optional() }),
})

/** Whether a client's message says its feature flags, and then whether it takes previews with metadata. */
export function parseFeatureFlags(bytes: Buffer): { readonly metadata: boolean } | undefined {
  try {
    const parsed = previewFlagSchema.safeParse(JSON.parse(bytes.toString('utf8')))
    return parsed.success ? { metadata: parsed.data.data.supports_preview_metadata === true } : undefined
  } catch {
    return undefined
  }
}

const PREVIEW = 1
const TEXT = 3
const PREVIEW_WITH_METADATA = 4
const JPEG = 1
const PNG = 2

const metadataSchema = z.looseObject({ prompt_id: z.string().optional(), image_type: z.string().optional() })

export type BinaryMessage =
  /** A picture without a word of whose it is. `isResult`: SaveImageWebsocket's PNG, where previews are JPEG. */
  | { readonly kind: 'picture'; readonly isResult: boolean; readonly image: Buffer }
  | { readonly kind: 'text' }
  | {
      readonly kind: 'pictureWithMetadata'
      readonly isResult: boolean
      readonly promptId: string | undefined
      readonly image: Buffer
      readonly toPlain: () => Buffer
    }
  | { readonly kind: 'unknown' }

export function parseBinaryMessage(bytes: Buffer): BinaryMessage {
  if (bytes.length < 8) return { kind: 'unknown' }
  switch (bytes.readUInt32BE(0)) {
    case PREVIEW:
      return { kind: 'picture', isResult: bytes.readUInt32BE(4) === PNG, image: bytes.subarray(8) }
    case TEXT:
      return { kind: 'text' }
    case PREVIEW_WITH_METADATA:
      return parsePreviewWithMetadata(bytes)
    default:
      return { kind: 'unknown' }
  }
}

function parsePreviewWithMetadata(bytes: Buffer): BinaryMessage {
  const end = 8 + bytes.readUInt32BE(4)
  if (end > bytes.length) return { kind: 'unknown' }
  const metadata = parseMetadata(bytes.toString('utf8', 8, end))
  if (metadata === undefined) return { kind: 'unknown' }
  const isResult = metadata.image_type === 'image/png'
  const image = bytes.subarray(end)
  return {
    kind: 'pictureWithMetadata',
    isResult,
    promptId: metadata.prompt_id,
    image,
    toPlain: () => toPlainPreview(image, isResult ? PNG : JPEG),
  }
}

function parseMetadata(text: string): z.infer<typeof metadataSchema> | undefined {
  try {
    return metadataSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function toPlainPreview(image: Buffer, format: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(PREVIEW, 0)
  head.writeUInt32BE(format, 4)
  return Buffer.concat([head, image])
}

export function formatStatus(queueRemaining: number, sid?: string): string {
  const status = { exec_info: { queue_remaining: queueRemaining } }
  return JSON.stringify({ type: 'status', data: sid === undefined ? { status } : { status, sid } })
}

export function formatExecuting(node: string): string {
  return JSON.stringify({ type: 'executing', data: { node } })
}

export function formatFeatureFlags(flags: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type: 'feature_flags', data: flags })
}
