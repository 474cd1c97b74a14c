import { Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  readonly onShow: () => void
  readonly onQuit: () => void
}

/** The menus and their keys, the same in every window. Pure. */
export function applicationMenu(platform: NodeJS.Platform, actions: MenuActions): MenuItemConstructorOptions[] {
  const show: MenuItemConstructorOptions = {
    id: 'show',
    label: 'Show Gatehouse',
    accelerator: 'CommandOrControl+Shift+G',
    click: actions.onShow,
  }
  const quit: MenuItemConstructorOptions = {
    id: 'quit',
    label: 'Quit Gatehouse',
    accelerator: 'CommandOrControl+Q',
    click: actions.onQuit,
  }
  const own: MenuItemConstructorOptions = { label: 'Gatehouse', submenu: [quit] }
  const view: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [
      { role: 'reload' },
      { type: 'separator' },
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      { role: 'toggleDevTools' },
    ],
  }
  const window: MenuItemConstructorOptions = {
    label: 'Window',
    submenu: [show, { type: 'separator' }, { role: 'minimize' }, { role: 'close' }],
  }
  const first: MenuItemConstructorOptions = platform === 'darwin' ? { role: 'appMenu' } : own
  return [first, { role: 'editMenu' }, view, window]
}

/** The menu bar of macOS; elsewhere the Alt key shows it, and its keys work always. */
export function setApplicationMenu(platform: NodeJS.Platform, actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(platform, actions)))
}
