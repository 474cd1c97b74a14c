import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { RefObject } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'

export interface ActiveTile {
  readonly index: number
  /** It has the focus: without being moved there. */
  readonly onFocus: (index: number) => void
  /** Moves the focus there and brings it into sight. */
  readonly moveTo: (index: number) => void
}

/**
 * The picture that has the focus, or would get it: it stays in the document wherever one scrolls. When `open` closes, the
 * focus comes back to that picture; when the picture goes, its place keeps the focus.
 */
export function useActiveTile(
  root: RefObject<HTMLElement | null>,
  outputs: readonly Output[],
  open: string | undefined,
): ActiveTile {
  const [active, setActive] = useState<{ readonly id: string | undefined; readonly place: number }>({
    id: undefined,
    place: 0,
  })
  const places = useMemo(() => new Map(outputs.map(({ id }, index) => [id, index])), [outputs])
  const found = active.id === undefined ? undefined : places.get(active.id)
  const index = found ?? Math.min(active.place, Math.max(0, outputs.length - 1))
  const id = outputs[index]?.id
  const wanted = useRef(false)
  const focused = useFocusedElement(root)

  const onFocus = useCallback((place: number) => setActive({ id: outputs[place]?.id, place }), [outputs])
  const moveTo = useCallback(
    (place: number) => {
      wanted.current = true
      setActive({ id: outputs[place]?.id, place })
    },
    [outputs],
  )
  useReturn(open, places, moveTo)
  useLayoutEffect(() => {
    const isLost = focused.current?.isConnected === false && document.activeElement === document.body
    if ((!wanted.current && !isLost) || id === undefined) return
    wanted.current = false
    focused.current = null
    const target = root.current?.querySelector<HTMLElement>(`[data-output="${id}"]`)
    target?.focus({ preventScroll: true })
    target?.scrollIntoView({ block: 'nearest' })
  })
  return { index, onFocus, moveTo }
}

/** What has the focus inside, also just after it was taken out of the document; null once the focus went elsewhere. */
function useFocusedElement(root: RefObject<HTMLElement | null>): RefObject<Element | null> {
  const focused = useRef<Element | null>(null)
  useEffect(() => {
    const element = root.current
    if (element === null) return undefined
    const onIn = ({ target }: FocusEvent) => {
      focused.current = target instanceof Element ? target : null
    }
    const onOut = ({ target }: FocusEvent) => {
      // Some browsers also tell it of an element that is being taken out.
      setTimeout(() => {
        if (target instanceof Element && target.isConnected && focused.current === target) focused.current = null
      })
    }
    element.addEventListener('focusin', onIn)
    element.addEventListener('focusout', onOut)
    return () => {
      element.removeEventListener('focusin', onIn)
      element.removeEventListener('focusout', onOut)
    }
  }, [root])
  return focused
}

function useReturn(
  open: string | undefined,
  places: ReadonlyMap<string, number>,
  moveTo: (place: number) => void,
): void {
  const before = useRef(open)
  useEffect(() => {
    const closed = before.current
    before.current = open
    if (open !== undefined || closed === undefined) return
    const place = places.get(closed)
    if (place !== undefined) moveTo(place)
  }, [open, places, moveTo])
}
