import { assertNever } from '../proxy/core/assertNever.ts'
import type { GatehouseService } from '../service/serviceTypes.ts'
import { notifyPage } from './ipc/mainIpc.ts'
import type { ExpiringClipboard } from './shell/clipboard.ts'
import { showKeyOnce } from './shell/keyWindow.ts'
import type { OwnerWindow } from './shell/mainWindow.ts'
import type { TrayCommand } from './shell/trayMenu.ts'

export interface TrayCommandParts {
  readonly service: Pick<GatehouseService, 'engine' | 'sharing' | 'knocks' | 'createKeyFor'>
  readonly window: OwnerWindow
  readonly clipboard: ExpiringClipboard
  readonly icon: string
  readonly openCanvas: () => Promise<void>
  readonly quit: () => Promise<void>
}

/** Does what was clicked in the tray. @throws what the service refuses, in words */
export async function runTrayCommand(command: TrayCommand, parts: TrayCommandParts): Promise<void> {
  const { service, window, clipboard } = parts
  switch (command.kind) {
    case 'openWindow':
      window.show()
      return
    case 'openCanvas':
      return parts.openCanvas()
    case 'startEngine':
      return service.engine.start()
    case 'stopEngine':
      return service.engine.stop()
    case 'setSharing':
      return service.sharing.set(command.on)
    case 'answerNetwork':
      return service.sharing.answerNetwork(command.network, command.share)
    case 'copyAddress':
      return clipboard.copy(command.url)
    case 'showQrCode':
      window.show()
      notifyPage(window.contents, 'window:navigate', { path: '/' })
      return
    case 'createKey':
      return createKey(command.accountId, command.name, parts)
    case 'chooseForKey':
      window.show()
      notifyPage(window.contents, 'window:navigate', { path: '/keys?new' })
      return
    case 'setKnocking':
      service.knocks.setOpen(command.isOpen)
      return
    case 'showDoor':
      showDoor(window)
      return
    case 'quit':
      return parts.quit()
    default:
      return assertNever(command)
  }
}

/** Who is at the door, in the owner's window: that is where the words are compared. */
export function showDoor(window: OwnerWindow): void {
  window.show()
  notifyPage(window.contents, 'window:navigate', { path: '/people?door' })
}

async function createKey(accountId: string, personName: string, parts: TrayCommandParts): Promise<void> {
  const { key } = await parts.service.createKeyFor(accountId, 'Made in the tray')
  const copy = (): Promise<void> => parts.clipboard.copySecret(key)
  await copy()
  await showKeyOnce({ personName, key, icon: parts.icon, copy })
}
