import { editExtensionList } from '../comfyui/extensionList.ts'
import { decideManager } from '../policy/rights.ts'
import type { Credential } from './requestContext.ts'
import { forwardTurn, withoutEncodings } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'

/** `GET /extensions`: a browser also loads the script that the gate adds. A tool with a key or a token of its own gets what ComfyUI says. */
export function listExtensions(turn: Turn, services: TurnServices): Promise<void> {
  const { principal } = turn.exchange
  if (principal === undefined || !isOfBrowser(principal.credential)) return forwardTurn(turn, services)
  const fromOtherDevices = services.dependencies.settings.get('comfyui.managerFromOtherDevices')
  const withManager = decideManager(principal, fromOtherDevices).allowed
  const rewrite = (body: Buffer): Buffer => editExtensionList(body, { withManager })
  return forwardTurn(turn, services, { rewrite, headers: withoutEncodings(turn.exchange) })
}

const isOfBrowser = (credential: Credential): boolean =>
  credential.kind === 'session' || (credential.kind === 'token' && credential.use === 'cookie')
