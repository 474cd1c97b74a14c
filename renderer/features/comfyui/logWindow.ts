import type { LogLine } from '../../../proxy/contract/comfyui.ts'

const overscanRows = 20

/** Which rows to draw for a scroll position: `first` up to but without `end`. */
export function visibleRange(view: { scrollTop: number; height: number; rowHeight: number; count: number }): {
  first: number
  end: number
} {
  const rows = Math.ceil(view.height / view.rowHeight)
  const top = Math.min(Math.floor(view.scrollTop / view.rowHeight), Math.max(0, view.count - rows))
  return { first: Math.max(0, top - overscanRows), end: Math.min(view.count, top + rows + overscanRows) }
}

/** The lines that contain the words, whatever their case. */
export function findLines(lines: readonly LogLine[], search: string): readonly LogLine[] {
  const wanted = search.trim().toLowerCase()
  return wanted === '' ? lines : lines.filter((line) => line.text.toLowerCase().includes(wanted))
}
