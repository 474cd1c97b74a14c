import { z } from 'zod'
import { outputSchema } from '../../../proxy/contract/outputs.ts'
import type { Output } from '../../../proxy/contract/outputs.ts'

export const outputPageSchema = z.object({ items: z.array(outputSchema), nextCursor: z.string().nullish() })
export type OutputPage = z.output<typeof outputPageSchema>

/** What has been read of a list so far, newest first, and where it goes on; null: to its end. */
export interface OutputList {
  readonly items: readonly Output[]
  readonly nextCursor: string | null
}

export const toOutputList = ({ items, nextCursor }: OutputPage): OutputList => ({
  items,
  nextCursor: nextCursor ?? null,
})

/**
 * The list after its first page was read again. That page counts for what it spans; what was read behind it stays, so
 * that one new picture does not read ten thousand again. Nothing in common: the list begins anew.
 */
export function mergeNewest(old: OutputList | undefined, page: OutputPage): OutputList {
  const newest = toOutputList(page)
  const last = newest.items.at(-1)
  if (old === undefined || last === undefined || newest.nextCursor === null) return newest
  const fresh = new Set(newest.items.map(({ id }) => id))
  if (!old.items.some(({ id }) => fresh.has(id))) return newest
  const place = old.items.findIndex(({ id }) => id === last.id)
  const behind = place === -1 ? old.items.filter(({ madeAt }) => madeAt < last.madeAt) : old.items.slice(place + 1)
  const rest = behind.filter(({ id }) => !fresh.has(id))
  return rest.length === 0 ? newest : { items: [...newest.items, ...rest], nextCursor: old.nextCursor }
}

/** The list with a further page behind it, which was asked for at `cursor`; unchanged if it goes on elsewhere by now. */
export function appendPage(list: OutputList, cursor: string, page: OutputPage): OutputList {
  if (list.nextCursor !== cursor) return list
  const known = new Set(list.items.map(({ id }) => id))
  const added = page.items.filter(({ id }) => !known.has(id))
  return { items: [...list.items, ...added], nextCursor: page.nextCursor ?? null }
}

/** Every file from the newest page to the last, each once. */
export async function readAllPages(read: (cursor: string | undefined) => Promise<OutputPage>): Promise<Output[]> {
  let list = toOutputList(await read(undefined))
  while (list.nextCursor !== null) list = appendPage(list, list.nextCursor, await read(list.nextCursor))
  return [...list.items]
}

export function withoutOutputs(list: OutputList, ids: ReadonlySet<string>): OutputList {
  return { ...list, items: list.items.filter(({ id }) => !ids.has(id)) }
}

export function withChange(list: OutputList, changed: Output): OutputList {
  return { ...list, items: list.items.map((output) => (output.id === changed.id ? changed : output)) }
}

/** The list with these back at their places; those beyond what has been read so far come with their page. */
export function withOutputs(list: OutputList, back: readonly Output[]): OutputList {
  const known = new Set(list.items.map(({ id }) => id))
  const oldest = list.nextCursor === null ? '' : (list.items.at(-1)?.madeAt ?? '')
  const added = back.filter(({ id, madeAt }) => !known.has(id) && madeAt >= oldest)
  const items = [...list.items, ...added].sort((one, other) =>
    one.madeAt < other.madeAt ? 1 : one.madeAt > other.madeAt ? -1 : 0,
  )
  return { ...list, items }
}
