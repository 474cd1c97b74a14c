import { z } from 'zod'

/** What the benchmark tells its engine: whom to send how much, over the gate's one socket or over each client's own. */
export const broadcastRequest = z.object({
  over: z.enum(['gate', 'clients']),
  recipients: z.array(z.object({ clientId: z.string(), promptId: z.string() })),
  kind: z.enum(['text', 'preview']),
  bytes: z.number().int().min(64),
  hz: z.number().positive(),
  rounds: z.number().int().positive(),
})

export type BroadcastRequest = z.infer<typeof broadcastRequest>
