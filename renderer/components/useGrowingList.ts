import { useCallback, useState } from 'react'

const step = 100

interface GrowingList<Item> {
  /** The first ones, as many as are drawn so far. */
  readonly shown: readonly Item[]
  readonly showMore: () => void
}

/** Draws a long list in steps, so that a page with thousands of rows opens at once. `key` begins anew, as a search does. */
export function useGrowingList<Item>(items: readonly Item[], key: string): GrowingList<Item> {
  const [state, setState] = useState({ key, limit: step })
  const limit = state.key === key ? state.limit : step
  const showMore = useCallback(() => setState({ key, limit: limit + step }), [key, limit])
  return { shown: items.length > limit ? items.slice(0, limit) : items, showMore }
}
