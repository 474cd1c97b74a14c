import { z } from 'zod'

/** Messages between the keychain worker and its client. Values are base64 text. */
export const keychainRequestSchema = z.object({
  id: z.number(),
  operation: z.enum(['get', 'set', 'delete']),
  service: z.string(),
  account: z.string(),
  value: z.string().optional(),
})
export type KeychainRequest = z.infer<typeof keychainRequestSchema>

export const keychainAnswerSchema = z.object({
  id: z.number(),
  value: z.string().nullable(),
  /** What the keychain said when it failed; it names no secret. */
  error: z.string().nullable(),
})
export type KeychainAnswer = z.infer<typeof keychainAnswerSchema>
