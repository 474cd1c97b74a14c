import { z } from 'zod'

/** One address that another device can use. */
export const sharedAddressSchema = z.object({
  address: z.string(),
  interface: z.string(),
  kind: z.enum(['home', 'virtual', 'name']),
  url: z.string(),
})
export type SharedAddress = z.infer<typeof sharedAddressSchema>

export const sharingSchema = z.object({
  on: z.boolean(),
  port: z.number(),
  encrypted: z.boolean(),
  /** The address for the QR code and for Copy: one in a home network if there is one; null while there is none at all. */
  primaryUrl: z.string().nullable(),
  /** Where this computer itself reaches the public listener. */
  localUrl: z.string(),
  addresses: z.array(sharedAddressSchema),
  /** Names of the people who can sign in now. */
  people: z.array(z.string()),
  /** Why sharing is off or limited although it was switched on, in words. */
  problem: z.string().nullable(),
})
export type Sharing = z.infer<typeof sharingSchema>

export const setSharingSchema = z.object({ on: z.boolean() })

/**
 * Somebody who uses ComfyUI now: an open WebSocket of ComfyUI, or a request to ComfyUI in the last minute. Gatehouse's
 * own pages do not count, so the owner's window alone is nobody.
 */
export const connectionSchema = z.object({
  user: z.object({ id: z.string(), name: z.string() }),
  device: z.string(),
  address: z.string(),
  sockets: z.number().int(),
  credential: z.enum(['session', 'key']),
  lastActiveAt: z.string(),
})
export type Connection = z.infer<typeof connectionSchema>
