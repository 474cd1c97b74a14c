import type { QueryClient } from '@tanstack/react-query'

const removing = new WeakMap<QueryClient, Set<string>>()

/** Files that are being removed: an answer from before that still has them does not bring them back into sight. */
export function removingNow(client: QueryClient): Set<string> {
  const known = removing.get(client) ?? new Set<string>()
  removing.set(client, known)
  return known
}
