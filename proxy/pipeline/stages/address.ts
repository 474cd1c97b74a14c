import { GateError } from '../../contract/errorCodes.ts'
import type { ClientRules } from '../../http/peerRules.ts'
import type { Exchange } from '../exchange.ts'

/**
 * Hiding behind a proxy: the listener has let the proxy in, so whom it speaks for is asked about here. Everybody else
 * was asked about before a byte was read.
 * @throws GateError ADDRESS_BLOCKED
 */
export function checkAddress({ throughProxy, clientAddress }: Exchange, rules: ClientRules | undefined): void {
  if (!throughProxy) return
  const verdict = rules?.decideClient(clientAddress) ?? 'blocked'
  if (verdict === 'allowed') return
  const why =
    verdict === 'outside' ? 'Nobody gets in here from outside the home.' : 'Your address does not get in here.'
  throw new GateError('ADDRESS_BLOCKED', `${why} Ask whoever runs this computer.`)
}
