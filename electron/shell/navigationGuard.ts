import type { App, Session, WebContents } from 'electron'
import type { Logger } from '../../proxy/core/logger.ts'

/** Where a window may go, and what happens with a link that leads elsewhere. */
export interface NavigationPolicy {
  readonly origin: string
  /** Called with a checked https link that the page wants to open outside. */
  readonly onExternalLink: (link: URL) => void
  /** Absent: pages open no windows of their own. */
  readonly childWindows?: Electron.BrowserWindowConstructorOptions
}

function findUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    // Not a URL: nothing may be done with it.
    return undefined
  }
}

export function isWithinOrigin(target: string, origin: string): boolean {
  return findUrl(target)?.origin === origin
}

const isLocalName = (host: string): boolean =>
  host.startsWith('[') || /^[\d.]+$/.test(host) || !host.includes('.') || /\.(localhost|local|internal)$/.test(host)

/**
 * The link, if the system's browser may open it: https, a public host name, no name and password in it. Everything else
 * (file:, smb:, javascript:, a program's own scheme) could start a program or reach a device at home.
 */
export function findExternalLink(target: string): URL | undefined {
  const link = findUrl(target)
  if (link === undefined || link.protocol !== 'https:') return undefined
  if (link.username !== '' || link.password !== '' || isLocalName(link.hostname)) return undefined
  return link
}

/** What each window may do; a window that is not in here may go nowhere. */
const policies = new WeakMap<WebContents, NavigationPolicy>()

export function setNavigationPolicy(contents: WebContents, policy: NavigationPolicy): void {
  policies.set(contents, policy)
  contents.on('did-create-window', (child) => setNavigationPolicy(child.webContents, policy))
}

/** Guards every page of the app, also those made later: no navigation, new window, webview or permission by default. */
export function guardEveryPage(app: App, logger: Logger): void {
  app.on('session-created', denyPermissions)
  app.on('web-contents-created', (_event, contents) => {
    const refuse = (event: { preventDefault(): void }, target: string): void => {
      const policy = policies.get(contents)
      if (policy !== undefined && isWithinOrigin(target, policy.origin)) return
      event.preventDefault()
      openOutside(target, policy, logger)
    }
    contents.on('will-navigate', (event, target) => refuse(event, target))
    contents.on('will-redirect', (event, target, _isInPlace, isMainFrame) => {
      if (isMainFrame) refuse(event, target)
    })
    contents.on('will-attach-webview', (event) => event.preventDefault())
    // Without this, Electron gives a page that asks for Bluetooth the first device it finds, whatever the permissions say.
    contents.on('select-bluetooth-device', (event, _devices, choose) => {
      event.preventDefault()
      choose('')
    })
    contents.setWindowOpenHandler(({ url }) => {
      const policy = policies.get(contents)
      if (policy?.childWindows !== undefined && isWithinOrigin(url, policy.origin)) {
        return { action: 'allow', overrideBrowserWindowOptions: policy.childWindows }
      }
      openOutside(url, policy, logger)
      return { action: 'deny' }
    })
  })
}

function openOutside(target: string, policy: NavigationPolicy | undefined, logger: Logger): void {
  const link = findExternalLink(target)
  if (link !== undefined && policy !== undefined) {
    policy.onExternalLink(link)
    return
  }
  logger.warn({ scheme: findUrl(target)?.protocol ?? 'none' }, 'refused a navigation')
}

/** Denies camera, location, notifications, devices and the rest. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
}

/** As `denyPermissions`, but the page may put text on the clipboard and fill the screen, as in any browser. */
export function denyPermissionsExceptCopying(session: Session, origin: string): void {
  const isAllowed = (permission: string, from: string): boolean =>
    (permission === 'clipboard-sanitized-write' || permission === 'fullscreen') && isWithinOrigin(from, origin)
  session.setPermissionRequestHandler((contents, permission, answer) =>
    answer(isAllowed(permission, contents.getURL())),
  )
  session.setPermissionCheckHandler((_contents, permission, from) => isAllowed(permission, from))
  session.setDevicePermissionHandler(() => false)
}
