import { Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'

/** The menu bar of macOS; elsewhere it is hidden and only its keys work (copy, zoom, reload, full screen). */
export function setApplicationMenu(platform: NodeJS.Platform): void {
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
  const template: MenuItemConstructorOptions[] = [{ role: 'editMenu' }, view, { role: 'windowMenu' }]
  if (platform === 'darwin') template.unshift({ role: 'appMenu' })
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
