import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { IconMenu2, IconSearch } from '@tabler/icons-react'
import { useEffect, useId, useState } from 'react'
import { useGateEvents } from '../api/gateEvents.ts'
import { GateMark } from '../components/GateMark.tsx'
import type { GateMarkState } from '../components/GateMark.tsx'
import { Notice } from '../components/Notice.tsx'
import { DoorNotice } from '../features/door/DoorNotice.tsx'
import { listenDesktop } from '../desktop/desktop.ts'
import { RemoteSession } from '../features/administration/RemoteSession.tsx'
import { useComfyui } from '../features/comfyui/comfyuiQueries.ts'
import { describeEngine } from '../features/comfyui/engineWords.ts'
import { CommandPalette } from '../features/palette/CommandPalette.tsx'
import { usePalette } from '../features/palette/usePalette.ts'
import { useAppearanceSetting } from '../features/settings/useAppearanceSetting.ts'
import { useSharing } from '../features/sharing/sharingQueries.ts'
import { useDraftArrival } from '../features/workflows/useDraftArrival.ts'
import { ownerPages } from './ownerPages.ts'
import type { OwnerPage } from './ownerPages.ts'
import styles from './OwnerShell.module.css'

const pages = Object.values(ownerPages)

/** The frame of the owner's window: the rail of words, one column, and a word when the program is gone. */
export function OwnerShell() {
  const liveness = useGateEvents()
  const palette = usePalette()
  useAppearanceSetting()
  useTrayNavigation()
  useDraftArrival()
  return (
    <div className={styles.root}>
      <a className="skipLink" href="#content">
        To the content
      </a>
      <Rail onSearch={palette.open} />
      <main id="content" tabIndex={-1} className={styles.main}>
        <div className={styles.column}>
          {(liveness === 'lost' || liveness === 'refused') && (
            <div className={styles.lost}>
              <Notice tone="problem" announce>
                <strong>This window has lost its connection to Gatehouse.</strong> What you see may be old. It tries
                again by itself; if it stays so, open Gatehouse again.
              </Notice>
            </div>
          )}
          <DoorNotice />
          <Outlet />
        </div>
      </main>
      {palette.isOpen && <CommandPalette pages={pages} onClose={palette.close} />}
    </div>
  )
}

interface RailProps {
  readonly onSearch: () => void
}

/** On a phone the pages are behind a button. */
function Rail({ onSearch }: RailProps) {
  const path = useLocation({ select: ({ pathname }) => pathname })
  // Whoever chose a page has seen enough of the others.
  const [openAt, setOpenAt] = useState<string>()
  const isOpen = openAt === path
  const pagesId = useId()
  return (
    <nav className={styles.side} aria-label="Pages" data-open={isOpen}>
      <div className={styles.rail}>
        <div className={styles.brand}>
          <LiveMark />
          <span>Gatehouse</span>
        </div>
        <button
          type="button"
          className={styles.menu}
          aria-expanded={isOpen}
          aria-controls={pagesId}
          onClick={() => setOpenAt(isOpen ? undefined : path)}
        >
          <IconMenu2 size={20} aria-hidden />
          Pages
        </button>
        <div className={styles.pages} id={pagesId}>
          <ul className={styles.links}>{pages.filter((page) => !page.inMore).map(toRailLink)}</ul>
          <h2 className={styles.more} id="rail-more">
            More
          </h2>
          <ul className={styles.links} aria-labelledby="rail-more">
            {pages.filter((page) => page.inMore).map(toRailLink)}
          </ul>
          <RemoteSession />
          <button type="button" className={styles.search} onClick={onSearch}>
            <IconSearch size={16} aria-hidden />
            <span>Find or do</span>
            <kbd>{navigator.userAgent.includes('Mac') ? '⌘ K' : 'Ctrl K'}</kbd>
          </button>
        </div>
      </div>
    </nav>
  )
}

function toRailLink({ path, title, icon: Icon }: OwnerPage) {
  return (
    <li key={path}>
      <Link to={path} className={styles.link} activeOptions={{ exact: path === '/', includeSearch: false }}>
        <Icon size={18} aria-hidden />
        {title}
      </Link>
    </li>
  )
}

/** The same sign as in the tray. */
function LiveMark() {
  const comfyui = useComfyui()
  const sharing = useSharing()
  return <GateMark size={26} state={toMark(comfyui.data?.state, sharing.data?.on === true)} />
}

function toMark(state: Parameters<typeof describeEngine>[0] | undefined, shared: boolean): GateMarkState {
  if (state === undefined) return { kind: 'stopped' }
  const { mark } = describeEngine(state, 0)
  return shared && mark.kind === 'running' ? { kind: 'sharing' } : mark
}

/** The tray opens pages of this window, for example `/keys?new`. */
function useTrayNavigation() {
  const navigate = useNavigate()
  useEffect(
    () =>
      listenDesktop('window:navigate', ({ path }) => {
        const target = new URL(path, window.location.origin)
        void navigate({ to: target.pathname, search: Object.fromEntries(target.searchParams) })
      }),
    [navigate],
  )
}
