import { checkSettings } from '../comfyui/settingsBody.ts'
import { forwardTurn, readTurnBody } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'

/** ComfyUI's page sends a few hundred bytes at a time; each page reads all of them at its start. */
const MAX_BYTES = 1024 * 1024
const JSON_HEADERS = ['content-type', 'application/json; charset=utf-8']

/** `POST /settings` and `POST /settings/{id}`: sent on as what was checked. @throws GateError */
export async function storeSettings(turn: Turn, services: TurnServices): Promise<void> {
  const { segments } = turn.exchange.target
  const id = segments[segments.indexOf('settings') + 1]
  const body = checkSettings(await readTurnBody(turn, services, MAX_BYTES), id)
  await forwardTurn(turn, services, { body, headers: JSON_HEADERS })
}
