import { forwardTurn } from './forwardTurn.ts'
import type { PlanChanges, Turn, TurnServices } from './forwardTurn.ts'
import type { HeavyRequest } from './heavyRequests.ts'

/** As `forwardTurn`, when its turn has come. */
export async function forwardHeavy(turn: Turn, services: TurnServices, changes: PlanChanges = {}): Promise<void> {
  const request = await services.heavy.begin(turn.exchange.principal?.accountId ?? '', turn.response)
  try {
    await forwardTurn(turn, services, { ...changes, onStatus: () => request.answered() })
  } finally {
    request.end()
  }
}

/** An upload after which the engine computes: its turn comes when all of it is there, however slowly it came. */
export async function forwardHeavyUpload(turn: Turn, services: TurnServices, changes: PlanChanges): Promise<void> {
  let request: HeavyRequest | undefined
  const beforeEnd = async (): Promise<void> => {
    request = await services.heavy.begin(turn.exchange.principal?.accountId ?? '', turn.response)
  }
  try {
    await forwardTurn(turn, services, { ...changes, beforeEnd, onStatus: () => request?.answered() })
  } finally {
    request?.end()
  }
}
