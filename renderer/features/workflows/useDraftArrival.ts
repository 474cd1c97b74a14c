import { useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { hasDesktop, invokeDesktop } from '../../desktop/desktop.ts'
import { findArrival } from './workflowWords.ts'
import { useDrafts } from './workflowQueries.ts'

/**
 * Opens the page that publishes when "Publish …" was pressed in the app's own window of ComfyUI. Only that page opens:
 * nothing is published before somebody here says so. What came from elsewhere, or while somebody is in the middle of
 * something here, waits in the list.
 */
export function useDraftArrival(): void {
  const navigate = useNavigate()
  const drafts = useDrafts().data
  const isPublishing = useLocation({ select: ({ pathname, search }) => isAtWork(pathname, search) })
  const known = useRef<ReadonlySet<string>>(undefined)
  useEffect(() => {
    if (drafts === undefined) return
    const before = known.current
    known.current = new Set(drafts.map(({ id }) => id))
    const arrived = before === undefined ? undefined : findArrival(drafts, before)
    if (arrived === undefined || isPublishing || document.querySelector('[aria-modal="true"]') !== null) return
    void navigate({ to: '/workflows', search: { draft: arrived.id } })
    if (hasDesktop()) invokeDesktop('window:show').catch(() => undefined)
  }, [drafts, navigate, isPublishing])
}

const isAtWork = (path: string, search: object): boolean =>
  path.endsWith('/workflows') && ['publish', 'draft', 'anew'].some((name) => name in search)
