import { GateError } from '../../contract/errorCodes.ts'
import type { Exchange } from '../exchange.ts'
import type { RequestPace } from '../requestPace.ts'

/**
 * Floods: counts each request of the listeners that others reach. The owner's window has no count; it is on this
 * computer, and its session is made by the program itself.
 * @throws GateError RATE_LIMITED
 */
export function checkPace(exchange: Exchange, pace: RequestPace): void {
  if (exchange.listener !== 'owner') pace.take(exchange)
}

/**
 * Guessing: a credential that does not hold counts as a stranger's request. It never counts against whom it names.
 * @throws GateError RATE_LIMITED in the place of `refusal` once there were too many
 */
export function countRefused(refusal: unknown, exchange: Exchange, pace: RequestPace): void {
  if (!(refusal instanceof GateError) || refusal.code !== 'AUTH_INVALID' || exchange.listener === 'owner') return
  pace.take({ clientAddress: exchange.clientAddress, principal: undefined })
}
