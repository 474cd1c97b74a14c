import { Link, Navigate, Outlet, useLocation } from '@tanstack/react-router'
import { IconExternalLink } from '@tabler/icons-react'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { ApiError } from '../api/apiError.ts'
import { useGateEvents } from '../api/gateEvents.ts'
import { ErrorState } from '../components/ErrorState.tsx'
import { GateMark } from '../components/GateMark.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { useSession } from '../features/account/accountQueries.ts'
import { offersCanvas } from '../features/account/landingPath.ts'
import type { Permission } from '../../proxy/contract/permissions.ts'
import { GuestBar } from '../features/guests/GuestBar.tsx'
import { portalPages } from './portalPages.ts'
import type { PortalPage } from './portalPages.ts'
import styles from './PortalShell.module.css'

const pages = Object.values(portalPages)

/** The frame of everybody's pages: who is not signed in goes to the door, all others get the bar and the page. */
export function PortalShell() {
  const session = useSession()
  const signedOut = session.error instanceof ApiError && session.error.status === 401
  useEffect(() => {
    if (signedOut) window.location.replace(`/login?next=${encodeURIComponent(currentPath())}`)
  }, [signedOut])
  if (session.isPending || signedOut) {
    return (
      <Frame>
        <LoadingRows rows={5} />
      </Frame>
    )
  }
  // Once it stands, the page stays while the computer is gone: it says so above and tries again.
  if (session.data === undefined) {
    return (
      <Frame>
        <h1 className="visuallyHidden">Gatehouse</h1>
        <ErrorState what="Your page could not be read." error={session.error} onRetry={() => void session.refetch()} />
      </Frame>
    )
  }
  return (
    <Frame bar={<Bar permissions={session.data.permissions} />}>
      <Liveness />
      <GuestBar user={session.data.user} guest={session.data.guest} />
      <PermittedPage permissions={session.data.permissions} />
    </Frame>
  )
}

const currentPath = (): string => `${window.location.pathname}${window.location.search}`

function Frame({ bar, children }: { readonly bar?: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={styles.root}>
      <a className="skipLink" href="#content">
        To the content
      </a>
      <header className={styles.head}>
        <span className={styles.brand}>
          <GateMark size={26} state={{ kind: 'running' }} />
          Gatehouse
        </span>
        {bar}
      </header>
      <main id="content" tabIndex={-1} className={styles.main}>
        {children}
      </main>
    </div>
  )
}

/** The page of the address, or the first that is for one: who only looks has nothing to run. */
function PermittedPage({ permissions }: { readonly permissions: readonly Permission[] }) {
  const path = useLocation({ select: ({ pathname }) => pathname })
  const isOpen = ({ needs }: PortalPage): boolean => permissions.includes(needs)
  const page = pages.find((candidate) => path === candidate.path || path.startsWith(`${candidate.path}/`))
  const first = pages.find(isOpen)
  if (page === undefined || isOpen(page)) return <Outlet />
  return first === undefined ? null : <Navigate to={first.path} replace />
}

/** Above on a desk; on a phone the pages are below, where the thumb is. */
function Bar({ permissions }: { readonly permissions: readonly Permission[] }) {
  const own = pages.filter(({ needs }) => permissions.includes(needs))
  return (
    <>
      <nav className={styles.nav} aria-label="Pages">
        <ul className={styles.links}>{own.map(toLink)}</ul>
      </nav>
      {offersCanvas(permissions) && (
        <a className={styles.canvas} href="/?canvas">
          <IconExternalLink size={18} aria-hidden />
          Open the canvas
        </a>
      )}
    </>
  )
}

function toLink({ path, title, icon: Icon }: PortalPage) {
  return (
    <li key={path}>
      <Link to={path} className={styles.link} activeOptions={{ includeSearch: false }}>
        <Icon size={22} aria-hidden />
        {title}
      </Link>
    </li>
  )
}

/** A connection that died unnoticed, as phones have them, is noticed by asking now and then. */
const askEveryMs = { live: 5 * 60_000, otherwise: 60_000 }

/** Keeps the page fresh, and says when the computer is gone. */
function Liveness() {
  const liveness = useGateEvents()
  const session = useSession({ askEveryMs: liveness === 'live' ? askEveryMs.live : askEveryMs.otherwise })
  const unreachable = session.error instanceof ApiError && session.error.code === 'UNREACHABLE'
  if (liveness !== 'lost' && !unreachable) return null
  return (
    <div className={styles.lost}>
      <Notice tone="problem" announce>
        <strong>The computer does not answer.</strong> It may be off, this device may be in another network, or the
        owner keeps it out. This page tries again by itself: switch the computer on, join its Wi-Fi, or ask the owner.
      </Notice>
    </div>
  )
}
