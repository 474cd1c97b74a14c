/** What decides where a job stands: below zero before everybody's, otherwise among its person's own. */
export interface NumberedJob {
  readonly id: string
  readonly accountId: string
  readonly number: number
}

/** New numbers, by job. */
export type NewNumbers = ReadonlyMap<string, number>

/**
 * Puts a job directly before another one of the line, or before all. Everything that stands before it is pinned with it:
 * numbers below zero are served first, in their order, whatever the fair share says; it goes on behind them. All others
 * keep their numbers.
 * @param line every job that waits, in the order in which it is served, as far as that is foreseen
 * @returns undefined when the other job does not stand in the line
 */
export function placeBefore(line: readonly NumberedJob[], moved: string, before: string): NewNumbers | undefined {
  const others = line.filter(({ id }) => id !== moved)
  const index = others.findIndex(({ id }) => id === before)
  if (index < 0) return undefined
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
  place: 'first' | 'last' | { readonly before: string },
): NewNumbers | undefined {
  const others = own.map(({ id }) => id).filter((id) => id !== moved)
  const index = place === 'first' ? 0 : place === 'last' ? others.length : others.indexOf(place.before)
  if (index < 0 || others.length === own.length) return undefined
  const order = [...others.slice(0, index), moved, ...others.slice(index)]
  const numbers: number[] = []
  for (const { number } of own) numbers.push(above(numbers.at(-1), number))
  return new Map(order.map((id, at) => [id, numbers[at] ?? 0]))
}

/** Two of the same number would not tell which is first. */
const above = (last: number | undefined, number: number): number =>
  last === undefined || number > last ? number : last + Math.max(1, Math.abs(last)) * 1e-9
