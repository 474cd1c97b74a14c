import { basename } from 'node:path'
import { BrowserWindow, screen, session } from 'electron'
import type { BrowserWindowConstructorOptions, Session } from 'electron'
import { asksForNetwork, describeCanvasFailure, isNoticePage, toNoticePage } from './canvasNotice.ts'
import { askLeaveCanvas } from './dialogs.ts'
import { loadPage, placeCookie, windowBackground } from './mainWindow.ts'
import type { PageSession } from './mainWindow.ts'
import { denyPermissionsExceptCopying, setNavigationPolicy } from './navigationGuard.ts'
import { pagePreferences } from './pagePreferences.ts'
import { canvasBounds } from './windowState.ts'

/** Kept, because ComfyUI's page keeps drafts of unsaved workflows there; its cookie is a session cookie and is not. */
const canvasPartition = 'persist:canvas'

/** Secure for pages that run custom nodes' JavaScript: no preload, no Node, an own partition. */
function canvasOptions(partition: Session, icon: string): BrowserWindowConstructorOptions {
  return {
    ...canvasBounds(screen.getDisplayNearestPoint(screen.getCursorScreenPoint()).workArea),
    icon,
    backgroundColor: windowBackground(),
    autoHideMenuBar: true,
    webPreferences: pagePreferences(partition),
  }
}

/**
 * With "only over HTTPS" this window, too, comes over TLS, with a certificate that this system was not told to trust. On
 * this computer's own address nobody stands between.
 */
function trustOwnGate(partition: Session): void {
  partition.setCertificateVerifyProc(({ hostname }, decide) => decide(hostname === '127.0.0.1' ? 0 : -3))
}

/** A name for a download that cannot leave the folder the owner picks. */
export function downloadName(offered: string): string {
  const name = basename(offered.replaceAll('\\', '/'))
    // eslint-disable-next-line no-control-regex -- control characters are what must go
    .replaceAll(/[\u0000-\u001f\u007f<>:"|?*]/g, '_')
    .replace(/^\.+/, '')
  return name === '' ? 'download' : name
}

/**
 * Without this, a page with unsaved changes makes its window impossible to close or reload, and nothing says why. Never
 * by a synchronous dialog: the gate lives in this process and would stand still with it.
 */
function askBeforeLosingChanges(window: BrowserWindow): void {
  let closing = false
  let state: 'idle' | 'asking' | 'leaving' = 'idle'
  window.on('close', () => (closing = true))
  window.webContents.on('did-navigate', () => (state = 'idle'))
  window.webContents.on('will-prevent-unload', (event) => {
    if (state === 'leaving') event.preventDefault()
    if (state !== 'idle') return
    state = 'asking'
    const way = closing ? 'close' : 'reload'
    closing = false
    void askLeaveCanvas(window, way).then((leave) => {
      state = leave ? 'leaving' : 'idle'
      if (!leave || window.isDestroyed()) return
      if (way === 'close') window.destroy()
      else window.webContents.reload()
    })
  })
}

export interface CanvasWindowOptions {
  readonly icon: string
  readonly onExternalLink: (window: BrowserWindow | undefined, link: URL) => void
  /** Which address rule keeps this window out, in words; null: none does. */
  readonly findBlock: () => string | null
  /** The owner wants to see the rules. */
  readonly onNetwork: () => void
}

/** `ERR_ABORTED`: the page went elsewhere while it loaded. */
const ABORTED = -3

/** The window with ComfyUI's own page. */
export class CanvasWindow {
  readonly #options: CanvasWindowOptions
  #window: BrowserWindow | undefined
  #prepared = false
  #opening: Promise<void> | undefined

  constructor(options: CanvasWindowOptions) {
    this.#options = options
  }

  /**
   * Brings the open window to the front, or opens one with a session of its own. A second call waits for the first.
   * `localUrl`: where ComfyUI is reached now.
   */
  open(localUrl: string, createSession: () => Promise<PageSession>): Promise<void> {
    this.#opening ??= this.#open(localUrl, createSession).finally(() => (this.#opening = undefined))
    return this.#opening
  }

  get isOpen(): boolean {
    return this.#window !== undefined
  }

  /** Closes the window without asking its page, and forgets its cookie. */
  async destroy(): Promise<void> {
    this.#window?.destroy()
    this.#window = undefined
    if (this.#prepared) await session.fromPartition(canvasPartition).clearStorageData({ storages: ['cookies'] })
  }

  async #open(localUrl: string, createSession: () => Promise<PageSession>): Promise<void> {
    // Nothing of ComfyUI is in it.
    if (this.#window !== undefined && isNoticePage(this.#window.webContents.getURL())) this.#window.destroy()
    // The port was changed: the old window answers nobody any more, but what is in it can still be saved.
    if (this.#window !== undefined && !this.#isAt(this.#window, localUrl)) this.#window = undefined
    if (this.#window !== undefined && !this.#isSignedOut(this.#window)) {
      if (this.#window.isMinimized()) this.#window.restore()
      this.#window.show()
      this.#window.focus()
      return
    }
    const page = await createSession()
    const partition = session.fromPartition(canvasPartition)
    const { origin } = new URL(page.url)
    denyPermissionsExceptCopying(partition, origin)
    this.#prepareDownloads(partition)
    await placeCookie(partition, page, 'lax')
    const window = this.#window ?? this.#create(partition, origin)
    this.#window = window
    // A window that is kept out would stay white, and say nothing.
    const block = this.#options.findBlock()
    if (block === null) await loadPage(window, page.url)
    else await this.#explain(window, block, page.url)
    if (!window.isDestroyed()) window.show()
  }

  #isAt(window: BrowserWindow, localUrl: string): boolean {
    const current = window.webContents.getURL()
    return current === '' || new URL(current).origin === new URL(localUrl).origin
  }

  #isSignedOut(window: BrowserWindow): boolean {
    return new URL(window.webContents.getURL() || 'about:blank').pathname === '/login'
  }

  async #explain(window: BrowserWindow, block: string | null, url: string): Promise<void> {
    await loadPage(window, toNoticePage(describeCanvasFailure(block), url))
  }

  /** Also a page that was open and is loaded again says why it does not come back. */
  #explainFailures(window: BrowserWindow): void {
    const { webContents } = window
    webContents.on('did-fail-load', (_event, code, _description, url, isMainFrame) => {
      if (!isMainFrame || code === ABORTED || isNoticePage(url) || window.isDestroyed()) return
      // Nobody waits for it, and a window that was closed meanwhile needs no words.
      this.#explain(window, this.#options.findBlock(), url).catch(() => undefined)
    })
  }

  #create(partition: Session, origin: string): BrowserWindow {
    const options = canvasOptions(partition, this.#options.icon)
    const window = new BrowserWindow({ ...options, show: false, title: 'ComfyUI' })
    window.setMenuBarVisibility(false)
    setNavigationPolicy(window.webContents, {
      origin,
      onExternalLink: (link) => {
        if (asksForNetwork(window.webContents.getURL(), link)) this.#options.onNetwork()
        else this.#options.onExternalLink(this.#window, link)
      },
      childWindows: options,
    })
    window.once('ready-to-show', () => window.show())
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined
    })
    askBeforeLosingChanges(window)
    this.#explainFailures(window)
    window.webContents.on('did-create-window', askBeforeLosingChanges)
    return window
  }

  #prepareDownloads(partition: Session): void {
    if (this.#prepared) return
    this.#prepared = true
    trustOwnGate(partition)
    partition.on('will-download', (_event, item) => {
      item.setSaveDialogOptions({ defaultPath: downloadName(item.getFilename()) })
    })
  }
}
