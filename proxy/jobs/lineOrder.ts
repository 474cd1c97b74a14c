/** What decides where a job stands: below zero before everybody's, otherwise among its person's own. */
export interface NumberedJob {
  readonly id: string
  readonly accountId: string
  readonly number: number
}

/** New numbers, by job. */
export type NewNumbers = ReadonlyMap<string, number>

/** Directly before or after another job. */
export type Beside = { readonly before: string } | { readonly after: string }

/**
 * Puts a job beside another one of the line. Everything that stands before it is pinned with it:
 * numbers below zero are served first, in their order, whatever the fair share says; it goes on behind them. All others
 * keep their numbers.
 * @param line every job that waits, in the order in which it is served, as far as that is foreseen
 * @returns undefined when the other job does not stand in the line
 */
export function placeBeside(line: readonly NumberedJob[], moved: string, place: Beside): NewNumbers | undefined {
  const others = line.filter(({ id }) => id !== moved)
  const index = findIndex(others, place)
  if (index === undefined) return undefined
  const lowestBehind = Math.min(0, ...others.slice(index).map(({ number }) => number))
  const pinned = [...others.slice(0, index).map(({ id }) => id), moved]
  return new Map(pinned.map((id, place) => [id, Math.floor(lowestBehind) - pinned.length + place]))
}

/**
 * Puts a job elsewhere among its person's own: they share out the numbers that they have, so nobody else's job is
 * passed by more of them than before.
 * @param own the person's jobs that wait, in their order
 * @returns undefined when the other job is none of them
 */
export function placeAmongOwn(
  own: readonly NumberedJob[],
  moved: string,
  place: 'first' | 'last' | Beside,
): NewNumbers | undefined {
  const others = own.filter(({ id }) => id !== moved)
  const index = place === 'first' ? 0 : place === 'last' ? others.length : findIndex(others, place)
  if (index === undefined || others.length === own.length) return undefined
  const ids = others.map(({ id }) => id)
  const order = [...ids.slice(0, index), moved, ...ids.slice(index)]
  const numbers: number[] = []
  for (const { number } of own) numbers.push(above(numbers.at(-1), number))
  return new Map(order.map((id, at) => [id, numbers[at] ?? 0]))
}

function findIndex(others: readonly NumberedJob[], place: Beside): number | undefined {
  const wanted = 'before' in place ? place.before : place.after
  const index = others.findIndex(({ id }) => id === wanted)
  if (index < 0) return undefined
  return 'before' in place ? index : index + 1
}

/** Two of the same number would not tell which is first. */
const above = (last: number | undefined, number: number): number =>
  last === undefined || number > last ? number : last + Math.max(1, Math.abs(last)) * 1e-9
