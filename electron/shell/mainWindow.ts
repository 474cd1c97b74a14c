import { BrowserWindow, nativeTheme, screen, session } from 'electron'
import type { Session, WebContents } from 'electron'
import type { Logger } from '../../proxy/core/logger.ts'
import { hasCode } from '../../proxy/core/systemErrors.ts'
import { denyPermissions, setNavigationPolicy } from './navigationGuard.ts'
import { pagePreferences } from './pagePreferences.ts'
import { fitToDisplays, minimumSize, readWindowState, writeWindowState } from './windowState.ts'

/** A page of the gate and the session that opens it. */
export interface PageSession {
  readonly url: string
  readonly cookie: { readonly name: string; readonly value: string }
}

/** No `persist:`: what this partition holds, the owner's cookie above all, is never written to disk. */
const ownerPartition = 'owner'

/** The pages' own background, so that nothing flashes before their first paint. */
export const windowBackground = (): string => (nativeTheme.shouldUseDarkColors ? '#171a20' : '#ffffff')

/** Puts the session's cookie where only HTTP sees it. @throws when Chromium refuses the cookie */
export async function placeCookie(target: Session, page: PageSession, sameSite: 'strict' | 'lax'): Promise<void> {
  const { origin } = new URL(page.url)
  const secure = origin.startsWith('https:')
  const { name, value } = page.cookie
  await target.cookies.set({ url: origin, name, value, httpOnly: true, secure, sameSite })
}

/** Loads a page. A page that goes elsewhere while it loads is no failure. @throws when nothing answers */
export async function loadPage(window: BrowserWindow, url: string): Promise<void> {
  try {
    await window.loadURL(url)
  } catch (error) {
    if (!hasCode(error, 'ERR_ABORTED')) throw error
  }
}

const RELOADS_AFTER_CRASH = 3

export interface OwnerWindowOptions {
  readonly preload: string
  readonly icon: string
  readonly stateFile: string
  readonly logger: Logger
  /** True: the window may really close. */
  readonly onClose: () => boolean
  readonly onExternalLink: (link: URL) => void
  /** Windows signs the person out or shuts down; nothing can hold it up. */
  readonly onSessionEnd: () => void
}

/** The owner's window: made once, hidden rather than closed, the only page with a preload. */
export class OwnerWindow {
  readonly #options: OwnerWindowOptions
  #window: BrowserWindow | undefined
  #origin: string | undefined
  #reloads = 0

  constructor(options: OwnerWindowOptions) {
    this.#options = options
  }

  /** Loads the owner's page and shows the window once it is painted, unless it is to stay hidden. */
  async open(page: PageSession, options: { hidden: boolean }): Promise<void> {
    const partition = session.fromPartition(ownerPartition)
    denyPermissions(partition)
    await placeCookie(partition, page, 'strict')
    this.#origin = new URL(page.url).origin
    const window = this.#create(partition)
    this.#window = window
    if (!options.hidden) window.once('ready-to-show', () => window.show())
    await loadPage(window, page.url)
  }

  /** Brings the window to the front. */
  show(): void {
    if (this.#window === undefined) return
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.show()
    this.#window.focus()
  }

  hide(): void {
    this.#window?.hide()
  }

  /** Puts the window into the bar of windows, also one that was never shown. */
  minimise(): void {
    if (this.#window?.isVisible() === false) this.#window.showInactive()
    this.#window?.minimize()
  }

  get window(): BrowserWindow | undefined {
    return this.#window
  }

  get contents(): WebContents | undefined {
    return this.#window?.webContents
  }

  /** Who may use IPC: this page, at this origin. */
  get identity(): { contentsId: number; origin: string } | undefined {
    if (this.#window === undefined || this.#origin === undefined) return undefined
    return { contentsId: this.#window.webContents.id, origin: this.#origin }
  }

  destroy(): void {
    if (this.#window !== undefined) this.#remember(this.#window)
    this.#window?.destroy()
    this.#window = undefined
  }

  #create(partition: Session): BrowserWindow {
    const saved = readWindowState(this.#options.stateFile)
    const window = new BrowserWindow({
      ...fitToDisplays(
        saved?.bounds,
        screen.getAllDisplays().map((display) => display.workArea),
      ),
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      show: false,
      title: 'Gatehouse',
      icon: this.#options.icon,
      backgroundColor: windowBackground(),
      autoHideMenuBar: true,
      webPreferences: pagePreferences(partition, this.#options.preload),
    })
    window.setMenuBarVisibility(false)
    if (saved?.maximized === true) window.maximize()
    setNavigationPolicy(window.webContents, {
      origin: this.#origin ?? '',
      onExternalLink: this.#options.onExternalLink,
    })
    window.on('close', (event) => {
      this.#remember(window)
      if (!this.#options.onClose()) event.preventDefault()
    })
    // The colour shows while a larger window is not painted yet, so it goes with the appearance.
    const followAppearance = (): void => window.setBackgroundColor(windowBackground())
    nativeTheme.on('updated', followAppearance)
    window.on('closed', () => {
      nativeTheme.off('updated', followAppearance)
      this.#window = undefined
    })
    window.on('session-end', () => this.#options.onSessionEnd())
    window.webContents.on('render-process-gone', (_event, details) => this.#recover(window, details.reason))
    window.webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
      if (isMainFrame) this.#options.logger.error({ code, description }, 'the window could not load its page')
    })
    window.webContents.on('did-navigate', (_event, _url, status) => {
      if (status >= 400) this.#options.logger.error({ status }, 'the window got a refusal instead of its page')
    })
    return window
  }

  #recover(window: BrowserWindow, reason: string): void {
    this.#options.logger.error({ reason }, 'the page of the window crashed')
    if (reason === 'clean-exit' || window.isDestroyed() || this.#reloads >= RELOADS_AFTER_CRASH) return
    this.#reloads += 1
    window.webContents.reload()
  }

  #remember(window: BrowserWindow): void {
    if (window.isDestroyed()) return
    try {
      writeWindowState(this.#options.stateFile, {
        bounds: window.getNormalBounds(),
        maximized: window.isMaximized(),
      })
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the place of the window could not be remembered')
    }
  }
}
