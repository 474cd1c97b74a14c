import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { RefObject } from 'react'
import type { GalleryLayout } from './galleryLayout.ts'
import { findRows } from './galleryLayout.ts'

/** Beyond the window's edges, so that a turn of the wheel finds pictures and not their places. */
const beyondPx = 600
/** A range moves in steps: not every pixel of a scroll draws anew. */
const stepPx = 200

export interface VisibleRange {
  readonly from: number
  readonly to: number
}

/** How wide the element is; 0 until it stands. */
export function useElementWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const target = element.current
    if (target === null) return undefined
    const measure = () => setWidth(Math.floor(target.clientWidth))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(target)
    return () => observer.disconnect()
  }, [element])
  return width
}

/** Which part of the element the window shows, in pixels from the element's top, and somewhat more. */
export function useVisibleRange(element: RefObject<HTMLElement | null>): VisibleRange {
  const [range, setRange] = useState<VisibleRange>({ from: 0, to: 2000 })
  useLayoutEffect(() => {
    let frame = 0
    const measure = () => {
      frame = 0
      const top = element.current?.getBoundingClientRect().top ?? 0
      const from = Math.floor((-top - beyondPx) / stepPx) * stepPx
      const to = Math.ceil((window.innerHeight - top + beyondPx) / stepPx) * stepPx
      setRange((old) => (old.from === from && old.to === to ? old : { from, to }))
    }
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(measure)
    }
    measure()
    window.addEventListener('scroll', later, { passive: true })
    window.addEventListener('resize', later)
    return () => {
      cancelAnimationFrame(frame)
      window.removeEventListener('scroll', later)
      window.removeEventListener('resize', later)
    }
  }, [element])
  return range
}

/** Calls `readMore` when the end of what was read comes near. */
export function useReadAhead(range: VisibleRange, height: number, readMore: () => void): void {
  // Before the first measure nothing has a height, and everything would seem near.
  const near = height > 0 && range.to + beyondPx * 2 >= height
  useEffect(() => {
    if (near) readMore()
  }, [near, height, readMore])
}

/** New pictures above, or another width, do not move what one looks at. */
export function useScrollAnchor(element: RefObject<HTMLElement | null>, layout: GalleryLayout): void {
  const before = useRef(layout)
  useLayoutEffect(() => {
    const old = before.current
    before.current = layout
    const top = element.current?.getBoundingClientRect().top ?? 0
    if (old === layout || top >= 0) return
    const row = old.rows[findRows(old, -top, -top).first]
    const seen = row === undefined ? undefined : old.tiles[row.first]
    if (seen === undefined) return
    const now = layout.tiles.find(({ output }) => output.id === seen.output.id)
    if (now !== undefined && now.top !== seen.top) window.scrollBy(0, now.top - seen.top)
  }, [element, layout])
}
