import { useCallback, useEffect, useRef, useState } from 'react'
import type { PointerEvent as ReactPointerEvent, RefObject } from 'react'
import { gapAt } from './lineOrder.ts'

interface Drag {
  readonly id: string
  readonly pointer: number
  /** How far the row was carried, in pixels of the page. */
  readonly carried: number
  /** Between which rows it would be dropped: 0 is before the first. */
  readonly gap: number
  /** Of the row, in pixels. */
  readonly height: number
}

interface LineDragOptions {
  readonly list: RefObject<HTMLElement | null>
  readonly onDrop: (id: string, gap: number) => void
}

/** Near the edge of the window the page follows, this many pixels per move. */
const scrollStep = 16
const edge = 72

/**
 * Drags a row of a list by its grip with mouse, pen or finger. Rows carry `data-job`; Esc lets go without moving.
 */
export function useLineDrag({ list, onDrop }: LineDragOptions) {
  const [drag, setDrag] = useState<Drag>()
  const start = useRef({ y: 0, middles: emptyMiddles })
  const drop = useRef(onDrop)
  useEffect(() => {
    drop.current = onDrop
  }, [onDrop])

  const isDragging = drag !== undefined
  useEffect(() => {
    if (!isDragging) return undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setDrag(undefined)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [isDragging])

  const begin = useCallback(
    (id: string, event: ReactPointerEvent<HTMLElement>) => {
      if (event.button !== 0 || list.current === null) return
      event.currentTarget.setPointerCapture(event.pointerId)
      const y = event.clientY + window.scrollY
      const rows = [...list.current.querySelectorAll('[data-job]')]
      start.current = { y, middles: rows.map(middleOf) }
      const height = event.currentTarget.closest('[data-job]')?.getBoundingClientRect().height ?? 0
      setDrag({ id, pointer: event.pointerId, carried: 0, gap: gapAt(start.current.middles, y), height })
    },
    [list],
  )
  const move = useCallback((event: ReactPointerEvent<HTMLElement>) => {
    if (event.clientY < edge) window.scrollBy(0, -scrollStep)
    if (event.clientY > window.innerHeight - edge) window.scrollBy(0, scrollStep)
    const y = event.clientY + window.scrollY
    const { y: from, middles } = start.current
    setDrag((old) => (old?.pointer === event.pointerId ? { ...old, carried: y - from, gap: gapAt(middles, y) } : old))
  }, [])
  const end = useCallback(() => {
    if (drag === undefined) return
    setDrag(undefined)
    drop.current(drag.id, drag.gap)
  }, [drag])
  const cancel = useCallback(() => setDrag(undefined), [])

  const gripProps = (id: string) => ({
    onPointerDown: (event: ReactPointerEvent<HTMLElement>) => begin(id, event),
    onPointerMove: move,
    onPointerUp: end,
    onPointerCancel: cancel,
  })
  return { drag, gripProps }
}

const emptyMiddles: readonly number[] = []

function middleOf(row: Element): number {
  const { top, height } = row.getBoundingClientRect()
  return top + height / 2 + window.scrollY
}
