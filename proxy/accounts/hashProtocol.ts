import { z } from 'zod'

const parametersSchema = z.object({
  memoryKiB: z.number().int().positive(),
  passes: z.number().int().positive(),
  lanes: z.number().int().positive(),
})

/** What the process for passwords is asked. It keeps nothing and says nothing of it. */
export const hashRequestSchema = z.discriminatedUnion('kind', [
  z.object({ id: z.number(), kind: z.literal('hash'), text: z.string(), parameters: parametersSchema }),
  z.object({ id: z.number(), kind: z.literal('verify'), text: z.string(), hash: z.string() }),
])
export type HashRequest = z.infer<typeof hashRequestSchema>

type Omitted<Request> = Request extends unknown ? Omit<Request, 'id'> : never
export type HashTask = Omitted<HashRequest>

export const hashAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ id: z.number(), kind: z.literal('hashed'), hash: z.string() }),
  z.object({ id: z.number(), kind: z.literal('verified'), isRight: z.boolean() }),
  z.object({ id: z.number(), kind: z.literal('failed'), message: z.string() }),
])
export type HashAnswer = z.infer<typeof hashAnswerSchema>
