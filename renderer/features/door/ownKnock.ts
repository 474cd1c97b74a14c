import type { z } from 'zod'
import { knockedSchema } from '../../../proxy/contract/knocks.ts'
import { createTabMemory } from '../../app/tabMemory.ts'

export type OwnKnock = z.infer<typeof knockedSchema>

const memory = createTabMemory('gatehouse.knock')

/** Only while one waits. Where nothing can be kept, the page must stay open. */
export function keepOwnKnock(knock: OwnKnock): void {
  memory.keep(JSON.stringify(knock))
}

/** The knock of this tab, if its time is not over. */
export function recallOwnKnock(): OwnKnock | undefined {
  try {
    const stored = knockedSchema.safeParse(JSON.parse(memory.recall() ?? 'null'))
    return stored.success && Date.parse(stored.data.endsAt) > Date.now() ? stored.data : undefined
  } catch {
    // Nothing of ours is in it.
    return undefined
  }
}

export const forgetOwnKnock = (): void => memory.forget()
