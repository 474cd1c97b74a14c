import { join } from 'node:path'
import { Menu, Tray, nativeImage, nativeTheme } from 'electron'
import type { MenuItemConstructorOptions, NativeImage } from 'electron'
import { assertNever } from '../../proxy/core/assertNever.ts'
import type { TrayCommand, TrayIconName, TrayItem, TrayState } from './trayMenu.ts'
import { stateLine, trayIconName, trayMenu } from './trayMenu.ts'

/** The icon by the clock and its menu. Shows what it is given and passes commands on; decides nothing. */
export class TrayIcon {
  readonly #options: {
    directory: string
    platform: NodeJS.Platform
    onCommand: (command: TrayCommand) => void
  }
  #tray: Tray | undefined
  #shown = ''
  #state: TrayState | undefined

  constructor(options: { directory: string; platform: NodeJS.Platform; onCommand: (command: TrayCommand) => void }) {
    this.#options = options
  }

  /** Puts the icon up at the first call, and changes only what differs after it. */
  update(state: TrayState): void {
    this.#state = state
    const shown = JSON.stringify([trayMenu(state), trayIconName(state), nativeTheme.shouldUseDarkColors])
    if (shown === this.#shown) return
    this.#shown = shown
    const image = this.#image(trayIconName(state))
    if (this.#tray === undefined) {
      this.#tray = new Tray(image)
      // A click on Linux and macOS opens the menu by itself; on Windows people expect the window.
      if (this.#options.platform === 'win32') {
        this.#tray.on('click', () => this.#options.onCommand({ kind: 'openWindow' }))
      }
      nativeTheme.on('updated', this.#themeChanged)
    } else {
      this.#tray.setImage(image)
    }
    this.#tray.setToolTip(`Gatehouse: ${stateLine(state)}`)
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayMenu(state).map((item) => this.#toTemplate(item))))
  }

  close(): void {
    nativeTheme.off('updated', this.#themeChanged)
    this.#tray?.destroy()
    this.#tray = undefined
  }

  readonly #themeChanged = (): void => {
    if (this.#state !== undefined) this.update(this.#state)
  }

  #toTemplate(item: TrayItem): MenuItemConstructorOptions {
    switch (item.type) {
      case 'separator':
        return { type: 'separator', id: item.id }
      case 'text':
        return { id: item.id, label: escapeMnemonic(item.label), enabled: false }
      case 'submenu':
        return { id: item.id, label: item.label, submenu: item.items.map((inner) => this.#toTemplate(inner)) }
      case 'command':
        return {
          id: item.id,
          label: escapeMnemonic(item.label),
          enabled: item.enabled,
          ...(item.checked === undefined ? {} : { type: 'checkbox' as const, checked: item.checked }),
          click: () => this.#options.onCommand(item.command),
        }
      default:
        return assertNever(item)
    }
  }

  #image(name: TrayIconName): NativeImage {
    const image = nativeImage.createFromPath(join(this.#options.directory, `${this.#fileName(name)}.png`))
    if (this.#options.platform === 'darwin') image.setTemplateImage(name !== 'attention')
    return image
  }

  /** macOS colours templates itself; Windows' bar follows the theme; Linux panels are mostly dark, whatever the theme. */
  #fileName(name: TrayIconName): string {
    const { platform } = this.#options
    if (platform === 'darwin') return `${name}Template`
    if (platform === 'win32') return `${name}-${nativeTheme.shouldUseDarkColors ? 'light' : 'dark'}`
    return `${name}-color`
  }
}

/** `&` marks a shortcut letter in menus; a person may be called "Tom & Mia". */
function escapeMnemonic(label: string): string {
  return label.replaceAll('&', '&&')
}
