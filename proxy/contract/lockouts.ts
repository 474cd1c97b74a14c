import { z } from 'zod'

/** Where somebody is who guesses. Only from outside it is a stranger for sure. */
export const placeSchema = z.enum(['thisComputer', 'home', 'outside'])

/**
 * An address, a name or a browser that has to wait after wrong passwords, did so within the last half hour, or is
 * blocked until somebody lifts it. `device`: a browser in which its person signed in before, counted by itself.
 */
export const lockoutSchema = z.object({
  id: z.string(),
  kind: z.enum(['address', 'account', 'device']),
  state: z.enum(['waits', 'blocked', 'over']),
  /** An address, or the network of 64 bits that a device has of IPv6; null for names and browsers. */
  address: z.string().nullable(),
  place: placeSchema.nullable(),
  /** What was used for the last try ("Chrome on Android"); empty: it did not say. */
  device: z.string(),
  /** Who signed in from this address before; only then it is a device that is known here. */
  knownAs: z.string().nullable(),
  /** Whose passwords were tried; of a name or a browser, whose it is. */
  people: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Names that nobody here has were tried, too. They are never kept as they were typed. */
  unknownNames: z.boolean(),
  failures: z.number().int(),
  lastAt: z.string().nullable(),
  waitsUntil: z.string().nullable(),
  /** Whether the rules for addresses keep it out altogether: then waiting ends nothing. */
  keptOut: z.boolean(),
  /** Who signed in from there, or in that name, since shortly before the last wrong password; null: nobody came in. */
  cameIn: z.object({ name: z.string(), at: z.string() }).nullable(),
})
export type LockoutAnswer = z.infer<typeof lockoutSchema>

export const lockoutIdSchema = z.string().regex(/^[a-z0-9]{16}$/)
