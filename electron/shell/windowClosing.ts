import type { EngineState } from '../../proxy/contract/comfyui.ts'
import type { Connection } from '../../proxy/contract/sharing.ts'

export interface ClosingState {
  readonly engine: EngineState
  readonly sharingOn: boolean
  readonly keepInTray: boolean
  readonly trayExplained: boolean
}

/** What closing the window means: nothing to serve quits; otherwise it keeps serving and says so the first time. */
export function decideOnClose(state: ClosingState): 'quit' | 'hide' | 'explainAndHide' {
  // An engine that waits for its next start serves too: people's jobs are still in its line.
  const serves = state.sharingOn || ['starting', 'ready', 'backingOff'].includes(state.engine.kind)
  if (!serves || !state.keepInTray) return 'quit'
  return state.trayExplained ? 'hide' : 'explainAndHide'
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
