import { z } from 'zod'
import { idSchema } from './ids.ts'

/** How long people may knock once the owner lets them, and how long one who knocked waits. */
export const knockingMs = 10 * 60_000
export const knockMs = 2 * 60_000
/** How many may wait at the door at once. */
export const maxKnocks = 5
/** How long somebody stays who is let in as a guest. */
export const knockGuestHours = 2

/** Which carries what proves that it is the browser that knocked. */
export const knockHeader = 'x-gatehouse-knock'

/** What somebody types who asks to come in. It is cleaned: see `cleanKnockName`. */
export const knockSchema = z.object({ name: z.string().max(200) })

/** Shown on the phone of whoever knocked; the only time that the secret is told. */
export const knockedSchema = z.object({ secret: z.string(), words: z.string(), endsAt: z.string() })

/**
 * What the door says. Without a secret only whether one may knock. `over`: nobody knows of that knock, or not any more.
 */
export const doorSchema = z.object({
  open: z.boolean(),
  state: z.enum(['none', 'waiting', 'letIn', 'refused', 'over']),
  /** Until when one waits. */
  endsAt: z.string().nullable(),
  /** Let in as somebody with an account, who may choose a password now. */
  mayChoosePassword: z.boolean(),
})
export type Door = z.infer<typeof doorSchema>

/** Somebody at the door as the owner sees them. Which of the words are on their phone is in none of it. */
export const knockAtDoorSchema = z.object({
  id: idSchema,
  /** As typed by a stranger: always shown in quotes. */
  name: z.string(),
  device: z.string(),
  address: z.string(),
  askedAt: z.string(),
  endsAt: z.string(),
  choices: z.array(z.string()),
  /** Somebody who is there already and whose name looks the same, or the program's own. */
  looksLike: z.string().nullable(),
})
export type KnockAtDoor = z.infer<typeof knockAtDoorSchema>

export const knocksSchema = z.object({
  /** Until when people may knock; null: they may not. */
  openUntil: z.string().nullable(),
  items: z.array(knockAtDoorSchema),
  nextCursor: z.null(),
})
export type Knocks = z.infer<typeof knocksSchema>

export const setKnockingSchema = z.object({ open: z.boolean() })

export const answerKnockSchema = z.discriminatedUnion('letIn', [
  z.object({ letIn: z.literal('no') }),
  z.object({ letIn: z.enum(['user', 'guest']), words: z.string().max(100) }),
])
export const knockAnsweredSchema = z.object({ result: z.enum(['letIn', 'refused']) })
