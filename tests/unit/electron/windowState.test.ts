import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  canvasBounds,
  defaultSize,
  fitToDisplays,
  readWindowState,
  writeWindowState,
} from '../../../electron/shell/windowState.ts'

const screen = { x: 0, y: 0, width: 1920, height: 1040 }
const second = { x: 1920, y: 0, width: 1280, height: 1000 }

describe('canvasBounds', () => {
  it.each([
    [{ x: 0, y: 0, width: 1366, height: 728 }],
    [{ x: 1920, y: 30, width: 1280, height: 770 }],
    [{ x: 0, y: 25, width: 3840, height: 2100 }],
  ])('lies whole on a display of %j and leaves an edge of what is below', (area) => {
    const bounds = canvasBounds(area)
    expect(bounds.x).toBeGreaterThanOrEqual(area.x + 40)
    expect(bounds.y).toBeGreaterThanOrEqual(area.y + 40)
    expect(bounds.x + bounds.width).toBe(area.x + area.width)
    expect(bounds.y + bounds.height).toBe(area.y + area.height)
    expect([bounds.width, bounds.height]).toEqual([Math.min(1400, area.width - 48), Math.min(900, area.height - 48)])
  })
})

describe('fitToDisplays', () => {
  it('begins with the default size', () => {
    expect(fitToDisplays(undefined, [screen])).toEqual(defaultSize)
  })

  it('comes back where it was, also on the second display', () => {
    const saved = { x: 2000, y: 40, width: 1000, height: 700 }
    expect(fitToDisplays(saved, [screen, second])).toEqual(saved)
  })

  it('does not come back on a display that is gone', () => {
    expect(fitToDisplays({ x: 2000, y: 40, width: 1000, height: 700 }, [screen])).toEqual(defaultSize)
  })

  it('keeps its title bar within reach', () => {
    expect(fitToDisplays({ x: 100, y: -300, width: 1000, height: 700 }, [screen])).toEqual(defaultSize)
    expect(fitToDisplays({ x: -950, y: 100, width: 1000, height: 700 }, [screen])).toEqual(defaultSize)
  })

  it('is never smaller than usable nor larger than the display', () => {
    expect(fitToDisplays({ x: 0, y: 0, width: 100, height: 100 }, [screen])).toMatchObject({ width: 800, height: 560 })
    expect(fitToDisplays({ x: 0, y: 0, width: 9000, height: 9000 }, [screen])).toMatchObject({
      width: 1920,
      height: 1040,
    })
  })
})

describe('readWindowState', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-window-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('reads what was written', () => {
    const file = join(directory, 'state.json')
    const state = { bounds: { x: 1, y: 2, width: 900, height: 600 }, maximized: true }
    writeWindowState(file, state)
    expect(readWindowState(file)).toEqual(state)
  })

  it.each(['', '{', '{"bounds":{"x":1e300}}', '[]'])('takes a damaged file (%j) for none', (text) => {
    const file = join(directory, 'damaged.json')
    writeFileSync(file, text)
    expect(readWindowState(file)).toBeUndefined()
  })
})
