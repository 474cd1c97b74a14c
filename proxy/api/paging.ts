import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'

const MAX_LIMIT = 200

export const pageQuerySchema = z.object({
  cursor: z.string().max(20).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(MAX_LIMIT),
})

export interface PageQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

export const pageSchema = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** One page of a list. The cursor is opaque to clients. @throws GateError VALIDATION_FAILED for a cursor that is none of ours */
export function toPage<Item>(all: readonly Item[], query: PageQuery): { items: Item[]; nextCursor: string | null } {
  const start = parseCursor(query.cursor)
  const end = start + query.limit
  return { items: all.slice(start, end), nextCursor: end < all.length ? toCursor(end) : null }
}

/** The same for a list that is read page by page: `read` gives up to `count` items from `from` on. */
export async function toPageOf<Item>(
  read: (from: number, count: number) => Promise<readonly Item[]>,
  query: PageQuery,
): Promise<{ items: Item[]; nextCursor: string | null }> {
  const start = parseCursor(query.cursor)
  const end = start + query.limit
  const found = await read(start, query.limit + 1)
  return { items: found.slice(0, query.limit), nextCursor: found.length > query.limit ? toCursor(end) : null }
}

const toCursor = (place: number): string => `c${place.toString(36)}`

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  if (!/^c[0-9a-z]{1,8}$/.test(cursor)) throw new GateError('VALIDATION_FAILED', 'This cursor was not made here.')
  return parseInt(cursor.slice(1), 36)
}

/**
 * One page of a list that goes on behind its last row, of one row more than fits; `timeOf` is what it is ordered by before
 * the id.
 */
export function toTimePage<Row extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
  timeOf: (row: Row) => number,
): { shown: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { shown, nextCursor: last === undefined ? null : toTimeCursor(timeOf(last), last.id) }
}

/** By time, then id. Opaque to clients; `outputCursorSchema` is its form. */
const toTimeCursor = (atMs: number, id: string): string => `c${atMs.toString(36)}.${id}`

/** Of a cursor that fits its schema. */
export function parseTimeCursor(cursor: string | undefined): { atMs: number; id: string } | undefined {
  const [time, id] = cursor?.slice(1).split('.') ?? []
  return time === undefined || id === undefined ? undefined : { atMs: parseInt(time, 36), id }
}
