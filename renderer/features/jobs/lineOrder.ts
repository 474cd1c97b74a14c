import type { NewPlace } from '../../../proxy/contract/jobs.ts'

interface Placed {
  readonly id: string
  readonly position: number | null
}

/** The line with one job elsewhere, as it will be when the gate has moved it. */
export function movedTo<Job extends Placed>(line: readonly Job[], id: string, to: NewPlace): readonly Job[] {
  const moved = line.find((job) => job.id === id)
  const others = line.filter((job) => job.id !== id)
  const index = moved === undefined ? -1 : findIndex(others, to)
  if (moved === undefined || index < 0) return line
  const order = [...others.slice(0, index), moved, ...others.slice(index)]
  const positions = line.map(({ position }) => position)
  return order.map((job, at) => ({ ...job, position: positions[at] ?? null }))
}

function findIndex(others: readonly Placed[], to: NewPlace): number {
  if (to === 'first') return 0
  if (to === 'last') return others.length
  const wanted = 'before' in to ? to.before : to.after
  const index = others.findIndex(({ id }) => id === wanted)
  return 'before' in to || index < 0 ? index : index + 1
}

/** Where a job dropped at the `index`-th gap of the line goes; undefined when it stays where it is. */
export function placeAtGap(ids: readonly string[], id: string, index: number): NewPlace | undefined {
  const from = ids.indexOf(id)
  if (from < 0 || index === from || index === from + 1) return undefined
  const before = ids[index]
  if (before !== undefined) return { before }
  const last = ids.at(-1)
  return last === undefined ? undefined : { after: last }
}

/** One place up or down; undefined at the ends. */
export const placeOneStep = (ids: readonly string[], id: string, step: 'up' | 'down'): NewPlace | undefined => {
  const from = ids.indexOf(id)
  const gap = step === 'up' ? from - 1 : from + 2
  return from < 0 || gap < 0 || gap > ids.length ? undefined : placeAtGap(ids, id, gap)
}

/** The gap nearest to a height on the screen, between rows given by their middles. */
export const gapAt = (middles: readonly number[], y: number): number => middles.filter((middle) => middle < y).length
