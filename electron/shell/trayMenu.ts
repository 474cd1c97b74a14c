import { engineNames } from '../../launcher/engineName.ts'
import type { EngineName } from '../../launcher/engineName.ts'
import type { EngineState } from '../../proxy/contract/comfyui.ts'
import type { Settings } from '../../proxy/contract/settings.ts'
import { findOpenUrl } from '../../proxy/contract/sharing.ts'
import type { Sharing } from '../../proxy/contract/sharing.ts'
import { assertNever } from '../../proxy/core/assertNever.ts'

/** Everything the tray shows. */
export interface TrayState {
  readonly engine: EngineState
  readonly choice: Settings['comfyui.engine']
  readonly sharing: Pick<Sharing, 'on' | 'primaryUrl' | 'codeUrl' | 'problem' | 'people' | 'pause'>
  /** Who may get a key, in the order of the people's page. */
  readonly people: readonly { readonly id: string; readonly name: string }[]
  /** Names of the people who are here now, the owner excepted. */
  readonly present: readonly string[]
  /** Whether people may knock now, and how many wait. */
  readonly door: { readonly isOpen: boolean; readonly waiting: number }
}

export type TrayCommand =
  | { readonly kind: 'openWindow' }
  | { readonly kind: 'openCanvas' }
  | { readonly kind: 'startEngine' }
  | { readonly kind: 'stopEngine' }
  | { readonly kind: 'setSharing'; readonly on: boolean }
  | { readonly kind: 'answerNetwork'; readonly network: string; readonly share: boolean }
  | { readonly kind: 'copyAddress'; readonly url: string }
  | { readonly kind: 'showQrCode' }
  | { readonly kind: 'createKey'; readonly accountId: string; readonly name: string }
  | { readonly kind: 'chooseForKey' }
  | { readonly kind: 'setKnocking'; readonly isOpen: boolean }
  | { readonly kind: 'showDoor' }
  | { readonly kind: 'quit' }

/** One line of the menu; `id` never changes, whatever the label says. */
export type TrayItem =
  | { readonly type: 'separator'; readonly id: string }
  | { readonly type: 'text'; readonly id: string; readonly label: string }
  | { readonly type: 'submenu'; readonly id: string; readonly label: string; readonly items: readonly TrayItem[] }
  | {
      readonly type: 'command'
      readonly id: string
      readonly label: string
      readonly enabled: boolean
      /** Present: the item is a switch. */
      readonly checked?: boolean
      readonly command: TrayCommand
    }

export type TrayIconName = 'stopped' | 'running' | 'sharing' | 'attention'

/** "Mia", "Mia and Leo", "Mia, Leo and 3 others". */
export function namesInWords(names: readonly string[]): string {
  const [first, second, third, ...others] = names
  if (first === undefined) return 'nobody'
  if (second === undefined) return first
  if (third === undefined) return `${first} and ${second}`
  if (others.length === 0) return `${first}, ${second} and ${third}`
  return `${first}, ${second} and ${names.length - 2} others`
}

const engineName = (state: TrayState): EngineName => engineNames[state.choice === 'practice' ? 'practice' : 'comfyui']

/** The first line of the menu and the tooltip: what is going on, in one short sentence. */
export function stateLine(state: TrayState): string {
  const name = engineName(state).start
  const { engine } = state
  switch (engine.kind) {
    case 'stopped':
      return state.choice === 'none' ? 'No ComfyUI chosen yet' : `${name} is stopped`
    case 'starting':
      return `${name} is starting, ${Math.round(engine.progress.fraction * 100)} %`
    case 'ready':
      return `${name} is running${sharingWords(state)}`
    case 'stopping':
      return `${name} is stopping`
    case 'backingOff':
      return `${name} stopped by itself and starts again soon`
    case 'failed':
      return `${name} needs you: it does not start`
    default:
      return assertNever(engine)
  }
}

function sharingWords(state: TrayState): string {
  if (!state.sharing.on) return ''
  if (state.sharing.pause !== null) return ', sharing rests on this network'
  if (state.present.length === 0) return ', shared'
  return `, ${namesInWords(state.present)} ${state.present.length === 1 ? 'is' : 'are'} here`
}

/** Outline: stopped. Filled: running. Two dots: shared. Amber: needs the owner. */
export function trayIconName(state: TrayState): TrayIconName {
  if (state.engine.kind === 'failed') return 'attention'
  if (state.door.waiting > 0) return 'attention'
  if (state.sharing.on && state.sharing.problem !== null) return 'attention'
  if (state.sharing.pause?.asks === true) return 'attention'
  if (state.sharing.on && state.sharing.pause === null) return 'sharing'
  return state.engine.kind === 'ready' ? 'running' : 'stopped'
}

/** The names under which every program of this computer serves its pages. Others of 127.0.0.0/8 are nobody's but the owner's choice. */
const commonHosts: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/**
 * The address that other devices can use, or undefined: cookies ignore ports, so this computer's own 127.0.0.1 is never
 * handed out.
 */
export function addressToCopy(sharing: Pick<Sharing, 'on' | 'primaryUrl' | 'codeUrl'>): string | undefined {
  const url = sharing.on ? findOpenUrl(sharing) : null
  return url === null || commonHosts.includes(new URL(url).hostname) ? undefined : url
}

/** The tray's menu, from top to bottom. Pure: the same state gives the same menu. */
export function trayMenu(state: TrayState): readonly TrayItem[] {
  const address = addressToCopy(state.sharing)
  return [
    { type: 'text', id: 'state', label: stateLine(state) },
    { type: 'separator', id: 'separator-open' },
    { type: 'command', id: 'openWindow', label: 'Open Gatehouse', enabled: true, command: { kind: 'openWindow' } },
    {
      type: 'command',
      id: 'openCanvas',
      label: 'Open ComfyUI',
      enabled: state.engine.kind === 'ready',
      command: { kind: 'openCanvas' },
    },
    { type: 'separator', id: 'separator-switches' },
    engineItem(state),
    sharingItem(state.sharing),
    ...networkItems(state.sharing),
    { type: 'separator', id: 'separator-people' },
    {
      type: 'command',
      id: 'copyAddress',
      label: 'Copy address',
      enabled: address !== undefined,
      command: { kind: 'copyAddress', url: address ?? '' },
    },
    {
      type: 'command',
      id: 'showQrCode',
      label: 'Show QR code',
      enabled: address !== undefined,
      command: { kind: 'showQrCode' },
    },
    { type: 'submenu', id: 'newKey', label: 'New key for', items: peopleItems(state) },
    { type: 'separator', id: 'separator-door' },
    ...doorItems(state),
    { type: 'separator', id: 'separator-quit' },
    { type: 'command', id: 'quit', label: 'Quit Gatehouse', enabled: true, command: { kind: 'quit' } },
  ]
}

function engineItem(state: TrayState): TrayItem {
  const name = engineName(state).inside
  const runs = ['starting', 'ready', 'backingOff'].includes(state.engine.kind)
  return {
    type: 'command',
    id: 'engine',
    label: runs ? `Stop ${name}` : `Start ${name}`,
    enabled: state.choice !== 'none' && state.engine.kind !== 'stopping',
    command: { kind: runs ? 'stopEngine' : 'startEngine' },
  }
}

function sharingItem(sharing: TrayState['sharing']): TrayItem {
  const nobody = sharing.people.length === 0
  return {
    type: 'command',
    id: 'sharing',
    label: sharing.on ? 'Sharing is on' : nobody ? 'Sharing is off: add people first' : 'Sharing is off',
    enabled: sharing.on || !nobody,
    checked: sharing.on,
    command: { kind: 'setSharing', on: !sharing.on },
  }
}

/** The question of a new network, while there is one. Not its name: that is whatever its owner wants to be read here. */
function networkItems({ pause }: TrayState['sharing']): readonly TrayItem[] {
  if (pause === null) return []
  const { id } = pause.network
  const shareHere: TrayItem = {
    type: 'command',
    id: 'shareHere',
    label: 'Share on this network, too',
    enabled: true,
    command: { kind: 'answerNetwork', network: id, share: true },
  }
  if (!pause.asks) return [shareHere]
  const notHere: TrayItem = {
    type: 'command',
    id: 'notHere',
    label: 'Not on this network',
    enabled: true,
    command: { kind: 'answerNetwork', network: id, share: false },
  }
  return [shareHere, notHere]
}

function doorItems({ door, sharing }: TrayState): readonly TrayItem[] {
  return [
    {
      type: 'command',
      id: 'knocking',
      label: door.isOpen ? 'People may knock' : 'Let people knock for 10 minutes',
      enabled: door.isOpen || sharing.on,
      checked: door.isOpen,
      command: { kind: 'setKnocking', isOpen: !door.isOpen },
    },
    {
      type: 'command',
      id: 'door',
      label: `At the door (${door.waiting})`,
      enabled: door.waiting > 0,
      command: { kind: 'showDoor' },
    },
  ]
}

/** A menu longer than the screen cannot be used: a class of thirty fits, a school is searched in the window. */
const MAX_PEOPLE_IN_MENU = 30

function peopleItems(state: TrayState): readonly TrayItem[] {
  if (state.people.length === 0) return [{ type: 'text', id: 'newKey-nobody', label: 'Nobody yet: add people first' }]
  const items = state.people.slice(0, MAX_PEOPLE_IN_MENU).map((person): TrayItem => ({
    type: 'command',
    id: `newKey-${person.id}`,
    label: person.name,
    enabled: true,
    command: { kind: 'createKey', accountId: person.id, name: person.name },
  }))
  if (state.people.length <= MAX_PEOPLE_IN_MENU) return items
  return [
    ...items,
    { type: 'separator', id: 'newKey-separator' },
    { type: 'command', id: 'newKey-other', label: 'Somebody else…', enabled: true, command: { kind: 'chooseForKey' } },
  ]
}
