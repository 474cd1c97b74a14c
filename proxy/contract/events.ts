import { z } from 'zod'

/**
 * Server-sent events of `/gatehouse/api/v1/events`. An event names the resource that changed; the client reads it
 * again. `log` carries the new lines, because reading them again would be dear.
 *
 * Whoever may administer hears of everything. Everybody else hears of their own things and of nobody else's: `keys`,
 * `sessions`, `jobs` (their own, or their place in the line), `progress` of their running job, `outputs`, `folders`, `drafts`, `workflows` that they may run, and `users` for their own account (name, role, password set). A stream ends with its credential.
 */
export const gateEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('changed'),
    resource: z.enum([
      'certificates',
      'comfyui',
      'sharing',
      'users',
      'keys',
      'sessions',
      'connections',
      'settings',
      'jobs',
      'progress',
      'outputs',
      'folders',
      'shared',
      'workflows',
      'drafts',
      'roles',
      'nodes',
      'ipRules',
      'lockouts',
      'invitations',
      'knocks',
      'audit',
    ]),
  }),
  z.object({
    type: z.literal('log'),
    lines: z.array(z.object({ sequence: z.number(), atMs: z.number(), text: z.string() })),
  }),
])
export type GateEvent = z.infer<typeof gateEventSchema>
