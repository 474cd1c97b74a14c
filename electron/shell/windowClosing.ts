import type { EngineState } from '../../proxy/contract/comfyui.ts'
import type { Connection } from '../../proxy/contract/sharing.ts'

export interface ClosingState {
  readonly engine: EngineState
  readonly sharingOn: boolean
  readonly keepInTray: boolean
  readonly trayExplained: boolean
  /** Whether the desktop shows tray icons: where it does not, a hidden window would be lost. */
  readonly hasTray: boolean
}

/** How the window is put away: behind the tray's icon, or in the bar of windows. */
export type WayAway = 'hide' | 'minimise'

export type ClosingDecision =
  { readonly kind: 'quit' } | { readonly kind: 'putAway'; readonly way: WayAway; readonly explain: boolean }

/** What closing the window means: nothing to serve quits; otherwise it keeps serving and says so the first time. */
export function decideOnClose(state: ClosingState): ClosingDecision {
  // An engine that waits for its next start serves too: people's jobs are still in its line.
  const serves = state.sharingOn || ['starting', 'ready', 'backingOff'].includes(state.engine.kind)
  if (!serves || !state.keepInTray) return { kind: 'quit' }
  return { kind: 'putAway', way: state.hasTray ? 'hide' : 'minimise', explain: !state.trayExplained }
}

/** Names of the people whose work a quit would end: everybody with an open socket but the owner. */
export function peopleInside(
  connections: readonly Pick<Connection, 'user' | 'sockets'>[],
  ownerId: string | undefined,
): readonly string[] {
  const names = connections
    .filter((connection) => connection.sockets > 0 && connection.user.id !== ownerId)
    .map((connection) => connection.user.name)
  return [...new Set(names)]
}
