import { createBadge } from './badge.ts'
import { findApplication, registerCommands } from './comfyuiPage.ts'
import { describeState } from './describeState.ts'
import { GateFollower } from './followGate.ts'
import { readGate } from './gateReader.ts'
import { hideManager } from './hideManager.ts'
import { pageActions } from './pageActions.ts'
import { keepInPlace } from './placeBadge.ts'

/*
 * The script that the gate adds to ComfyUI's page: who is signed in, how their jobs and their room stand, the way to their
 * pictures and out. It runs beside custom nodes' scripts on the same origin, so it knows no more than the page itself may
 * ask, and offers nothing that administers. Where ComfyUI's frontend lacks a part, it does without it.
 */

function start(): void {
  const badge = createBadge(pageActions)
  const open = (address: string) => () => void window.open(address, '_blank', 'noopener')
  registerCommands(findApplication(), [
    { id: 'Gatehouse.Show', label: 'My jobs and room', icon: 'pi pi-user', function: () => badge.toggle() },
    { id: 'Gatehouse.Pictures', label: 'My pictures', icon: 'pi pi-images', function: open('/gatehouse/pictures') },
    { id: 'Gatehouse.Account', label: 'My account', icon: 'pi pi-key', function: open('/gatehouse/') },
  ])
  keepInPlace(badge)
  new GateFollower({
    read: readGate,
    openStream: () => new EventSource('/gatehouse/api/v1/events'),
    isVisible: () => document.visibilityState !== 'hidden',
    onVisibilityChange: (listener) => document.addEventListener('visibilitychange', listener),
    onState: (state) => {
      const words = describeState(state)
      if (words !== undefined) badge.show(words)
      if (typeof state.session === 'object') hideManager(!state.session.mayUseManager)
    },
  }).start()
}

try {
  start()
} catch (error) {
  // ComfyUI's page must not end with ours.
  console.debug('Gatehouse shows nothing in this page', error)
}
