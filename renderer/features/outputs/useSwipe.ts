import { useRef } from 'react'
import type { PointerEvent } from 'react'

const farEnoughPx = 56

/** A finger's swipe to the right or to the left. Not while what is swiped can be scrolled itself. */
export function useSwipe(onRight: () => void, onLeft: () => void) {
  const start = useRef<{ readonly id: number; readonly x: number; readonly y: number }>(undefined)
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const isScrolled = event.target instanceof Element && event.target.closest('[data-zoomed="true"]') !== null
      // A second finger makes it a pinch.
      const isFirst = event.isPrimary && event.pointerType === 'touch' && !isScrolled
      start.current = isFirst ? { id: event.pointerId, x: event.clientX, y: event.clientY } : undefined
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      const from = start.current
      start.current = undefined
      if (from?.id !== event.pointerId) return
      const [across, down] = [event.clientX - from.x, event.clientY - from.y]
      if (Math.abs(across) < farEnoughPx || Math.abs(across) < Math.abs(down) * 1.5) return
      if (across > 0) onRight()
      else onLeft()
    },
    onPointerCancel: () => {
      start.current = undefined
    },
  }
}
