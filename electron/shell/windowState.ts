import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** A rectangle on the desktop, in device-independent pixels. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const minimumSize = { width: 800, height: 560 } as const
export const defaultSize = { width: 1100, height: 760 } as const

const pixels = z.number().int().min(-100_000).max(100_000)
const windowStateSchema = z.object({
  bounds: z.object({ x: pixels, y: pixels, width: pixels, height: pixels }),
  maximized: z.boolean(),
})
export type WindowState = z.infer<typeof windowStateSchema>

/** The remembered place of the window; undefined when there is none or it cannot be read. */
export function readWindowState(file: string): WindowState | undefined {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // First start, or a file somebody edited: the default place is always right.
    return undefined
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(file, JSON.stringify(state), { mode: 0o600 })
}

/**
 * Size and place for the window: the remembered ones as far as a display still shows them, else the default size where
 * the system likes it.
 */
export function fitToDisplays(
  saved: Rectangle | undefined,
  workAreas: readonly Rectangle[],
): { width: number; height: number; x?: number; y?: number } {
  if (saved === undefined) return defaultSize
  const size = {
    width: Math.max(saved.width, minimumSize.width),
    height: Math.max(saved.height, minimumSize.height),
  }
  const area = workAreas.find((candidate) => showsTitleBar(saved, candidate))
  if (area === undefined) return defaultSize
  return {
    ...size,
    width: Math.min(size.width, area.width),
    height: Math.min(size.height, area.height),
    x: saved.x,
    y: saved.y,
  }
}

const canvasSize = { width: 1400, height: 900 } as const
/** What stays uncovered above and to the left, so that the window below can still be taken hold of. */
const uncovered = 48

/** Size and place for ComfyUI's window: whole on the display, in its lower right corner. */
export function canvasBounds(workArea: Rectangle): Rectangle {
  const width = Math.min(canvasSize.width, workArea.width - uncovered)
  const height = Math.min(canvasSize.height, workArea.height - uncovered)
  return {
    x: workArea.x + workArea.width - width,
    y: workArea.y + workArea.height - height,
    width,
    height,
  }
}

/** Whether enough of the window's upper edge lies in the area to take hold of it. */
function showsTitleBar(bounds: Rectangle, area: Rectangle): boolean {
  const visibleWidth = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x)
  return visibleWidth >= 100 && bounds.y >= area.y && bounds.y <= area.y + area.height - 40
}
