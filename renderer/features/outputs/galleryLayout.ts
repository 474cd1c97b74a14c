import type { Output } from '../../../proxy/contract/outputs.ts'
import { startOfDay, toDayName } from '../../words/time.ts'

/** Where one picture stands, in CSS pixels from the gallery's corner. */
export interface Tile {
  readonly output: Output
  readonly index: number
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export interface DayHeading {
  readonly key: number
  readonly title: string
  readonly top: number
}

/** A line of pictures: those from `first` up to but without `end`. */
interface Row {
  readonly day: DayHeading
  readonly top: number
  readonly height: number
  readonly first: number
  readonly end: number
}

export interface GalleryLayout {
  readonly tiles: readonly Tile[]
  readonly rows: readonly Row[]
  readonly height: number
}

const headingHeight = 48
const gap = 4
const dayGap = 20
const narrowest = 0.5
const widest = 2.4

const rowHeightFor = (width: number): number => (width < 480 ? 124 : width < 800 ? 164 : 190)

/** Width over height as it is drawn; a file without a picture gets a square. */
function shapeOf({ kind, width, height }: Output): number {
  if (kind !== 'image' && kind !== 'video') return 1
  if (width === null || height === null || width === 0 || height === 0) return kind === 'video' ? 16 / 9 : 1
  return Math.min(widest, Math.max(narrowest, width / height))
}

/**
 * Pictures in lines of nearly equal height, filled from edge to edge, a heading before each day. A line depends only on
 * what is before it: reading on moves nothing that is already there.
 */
export function layOutGallery(outputs: readonly Output[], width: number, nowMs: number): GalleryLayout {
  const tiles: Tile[] = []
  const rows: Row[] = []
  if (width <= 0) return { tiles, rows, height: 0 }
  const days = outputs.map(({ madeAt }) => startOfDay(Date.parse(madeAt)))
  let top = 0
  for (let first = 0; first < outputs.length;) {
    const key = days[first] ?? 0
    let end = first
    while (end < outputs.length && days[end] === key) end += 1
    const day = { key, title: toDayName(Date.parse(outputs[first]?.madeAt ?? ''), nowMs), top }
    top += headingHeight
    for (let start = first; start < end;) {
      const row = fillRow(outputs, start, end, width)
      placeTiles(tiles, outputs, { ...row, first: start, top })
      rows.push({ day, top, height: row.height, first: start, end: row.end })
      start = row.end
      top += row.height + gap
    }
    top += dayGap
    first = end
  }
  return { tiles, rows, height: Math.max(0, top - dayGap - gap) }
}

interface FilledRow {
  readonly end: number
  readonly height: number
  /** Where its last picture ends; undefined: the line is not full. */
  readonly edge?: number
}

/** How many pictures make a line whose height is nearest to the wished one; the last line of a day is not stretched. */
function fillRow(outputs: readonly Output[], start: number, dayEnd: number, width: number): FilledRow {
  const wished = rowHeightFor(width)
  let shapes = 0
  let before: FilledRow | undefined
  for (let end = start + 1; end <= dayEnd; end += 1) {
    const output = outputs[end - 1]
    if (output === undefined) break
    shapes += shapeOf(output)
    const row = { end, height: Math.round((width - gap * (end - start - 1)) / shapes), edge: width }
    if (row.height <= wished) {
      return before !== undefined && before.height - wished < wished - row.height ? before : row
    }
    before = row
  }
  return { end: dayEnd, height: wished }
}

function placeTiles(
  tiles: Tile[],
  outputs: readonly Output[],
  row: FilledRow & { readonly first: number; readonly top: number },
): void {
  let edge = 0
  for (let index = row.first; index < row.end; index += 1) {
    const output = outputs[index]
    if (output === undefined) return
    const left = Math.round(edge)
    edge += shapeOf(output) * row.height
    const right = index === row.end - 1 && row.edge !== undefined ? row.edge : Math.round(edge)
    tiles.push({ output, index, left, top: row.top, width: right - left, height: row.height })
    edge += gap
  }
}

/** The lines that touch the pixels from `from` to `to`: the first, and the one behind the last. */
export function findRows({ rows }: GalleryLayout, from: number, to: number): { first: number; end: number } {
  const first = findFirst(rows, ({ top, height }) => top + height >= from)
  return {
    first,
    end: Math.max(
      first,
      findFirst(rows, ({ top }) => top > to),
    ),
  }
}

/** The place of the first line for which `holds` is true, if all behind it hold too. */
function findFirst(rows: readonly Row[], holds: (row: Row) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row !== undefined && holds(row)) high = middle
    else low = middle + 1
  }
  return low
}

export interface GallerySection {
  readonly day: DayHeading
  readonly tiles: readonly Tile[]
}

/** What is to be drawn: the lines between those pixels and the one of the picture `active`, day by day. */
export function findSections(
  layout: GalleryLayout,
  range: { readonly from: number; readonly to: number },
  active: number,
): GallerySection[] {
  const { first, end } = findRows(layout, range.from, range.to)
  const rows = layout.rows.slice(first, end)
  const focused = findFirst(layout.rows, (row) => row.end > active)
  const focusedRow = layout.rows[focused]
  if (focusedRow !== undefined && focused < first) rows.unshift(focusedRow)
  if (focusedRow !== undefined && focused >= end) rows.push(focusedRow)
  const days = new Map<DayHeading, Tile[]>()
  for (const row of rows) {
    const tiles = days.get(row.day) ?? []
    tiles.push(...layout.tiles.slice(row.first, row.end))
    days.set(row.day, tiles)
  }
  return [...days].map(([day, tiles]) => ({ day, tiles }))
}

export type Direction = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

/** The picture that an arrow key leads to: beside it, or the nearest one in the line above or below. */
export function findNeighbour(layout: GalleryLayout, index: number, direction: Direction): number {
  const last = layout.tiles.length - 1
  switch (direction) {
    case 'left':
      return Math.max(0, index - 1)
    case 'right':
      return Math.min(last, index + 1)
    case 'first':
      return 0
    case 'last':
      return last
    case 'up':
    case 'down':
      return findInNextRow(layout, index, direction === 'up' ? -1 : 1)
  }
}

function findInNextRow({ rows, tiles }: GalleryLayout, index: number, step: 1 | -1): number {
  const here = tiles[index]
  const row = rows[rows.findIndex(({ first, end }) => index >= first && index < end) + step]
  if (here === undefined || row === undefined) return index
  const middle = here.left + here.width / 2
  const distance = (tile: Tile): number => Math.abs(tile.left + tile.width / 2 - middle)
  return tiles
    .slice(row.first, row.end)
    .reduce((nearest, tile) => (distance(tile) < distance(nearest) ? tile : nearest)).index
}
