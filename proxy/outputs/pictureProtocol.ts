import { z } from 'zod'

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** A part of a picture in which texts stand, as it is in the file. */
const textBlockSchema = z.object({ type: z.enum(['tEXt', 'zTXt', 'iTXt', 'exif']), bytes: bytesSchema })
export type TextBlock = z.infer<typeof textBlockSchema>

/** What the picture worker is asked: bytes, never a path. `maxPixels`: of the whole picture, before anything is decoded. */
export const pictureRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    id: z.number(),
    kind: z.literal('thumbnail'),
    bytes: bytesSchema,
    size: z.number().int().min(16).max(2048),
    maxPixels: z.number().int(),
  }),
  z.object({
    id: z.number(),
    kind: z.literal('withoutMetadata'),
    bytes: bytesSchema,
    maxPixels: z.number().int(),
  }),
  z.object({
    id: z.number(),
    kind: z.literal('texts'),
    /** `making`: `madeWith` and `hasWorkflow` of the API, as JSON. `workflow`: its text. */
    wanted: z.enum(['making', 'workflow']),
    blocks: z.array(textBlockSchema),
  }),
])
export type PictureRequest = z.infer<typeof pictureRequestSchema>

type Omitted<Request> = Request extends unknown ? Omit<Request, 'id'> : never
export type PictureTask = Omitted<PictureRequest>

/** `unavailable`: this computer cannot decode pictures at all. `refused`: this one is none, or too large. */
export const pictureAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ id: z.number(), kind: z.literal('done'), bytes: bytesSchema }),
  z.object({ id: z.number(), kind: z.enum(['refused', 'unavailable']) }),
])
export type PictureAnswer = z.infer<typeof pictureAnswerSchema>
