import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useDrafts } from './workflowQueries.ts'

/**
 * Opens the page that publishes when "Publish …" was pressed in the app's own window of ComfyUI. Only that page opens:
 * nothing is published before somebody here says so. What came from elsewhere waits in the list.
 */
export function useDraftArrival(): void {
  const navigate = useNavigate()
  const drafts = useDrafts().data
  const known = useRef<ReadonlySet<string>>(undefined)
  useEffect(() => {
    if (drafts === undefined) return
    const before = known.current
    known.current = new Set(drafts.map(({ id }) => id))
    const arrived = before === undefined ? undefined : drafts.find(({ id, fromApp }) => fromApp && !before.has(id))
    if (arrived === undefined) return
    void navigate({ to: '/workflows', search: { draft: arrived.id }, ignoreBlocker: true })
  }, [drafts, navigate])
}
