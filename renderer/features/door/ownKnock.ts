import type { z } from 'zod'
import { knockedSchema } from '../../../proxy/contract/knocks.ts'

export type OwnKnock = z.infer<typeof knockedSchema>

const key = 'gatehouse.knock'

/** Only while one waits: phones load a page again that was in the background. */
export function keepOwnKnock(knock: OwnKnock): void {
  try {
    window.sessionStorage.setItem(key, JSON.stringify(knock))
  } catch {
    // No storage in this browser: then the page must stay open.
  }
}

/** The knock of this tab, if its time is not over. */
export function recallOwnKnock(): OwnKnock | undefined {
  try {
    const stored = knockedSchema.safeParse(JSON.parse(window.sessionStorage.getItem(key) ?? 'null'))
    return stored.success && Date.parse(stored.data.endsAt) > Date.now() ? stored.data : undefined
  } catch {
    // No storage, or nothing of ours in it.
    return undefined
  }
}

export function forgetOwnKnock(): void {
  try {
    window.sessionStorage.removeItem(key)
  } catch {
    // Nothing was kept.
  }
}
