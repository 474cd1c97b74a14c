import type { Exchange } from './exchange.ts'
import type { ClientRules } from '../http/peerRules.ts'
import { checkAddress } from './stages/address.ts'
import { authenticate } from './stages/authenticate.ts'
import { checkAccess } from './stages/authorize.ts'
import { checkHost } from './stages/host.ts'
import type { HostRules } from './stages/host.ts'
import { checkOrigin } from './stages/origin.ts'
import { checkPace } from './stages/pace.ts'
import { checkScheme } from './stages/scheme.ts'
import { checkShape } from './stages/shape.ts'
import type { RequestPace } from './requestPace.ts'
import type { TlsSource } from '../http/tlsSource.ts'
import type { SettingsReader } from './services.ts'
import type { Authenticator } from './requestContext.ts'

/*
 * The one way into the gate, for requests and upgrades alike: an ordered list of stages. A stage lets pass or throws;
 * whatever it throws, also by mistake, is a refusal, and nothing was sent to the engine by then. No body is read
 * before the last stage.
 *
 * Before this list, the listener refuses foreign peers before it reads a byte; `address` asks about those whom a
 * trusted proxy speaks for. Framing, target and route are parsed when the exchange is opened. People are kept apart behind it, where a request is sent on
 * (engineUsers.ts, forwardTurn.ts) and by the queue.
 */

export interface StageServices {
  readonly authenticator: Authenticator
  readonly settings: SettingsReader
  readonly hostRules: () => HostRules
  readonly pace: RequestPace
  /** Left out: nothing is encrypted. */
  readonly tls?: TlsSource
  /** Left out: no proxy is trusted. */
  readonly clientRules?: ClientRules | undefined
}

export type StageName = 'address' | 'host' | 'scheme' | 'authenticate' | 'pace' | 'origin' | 'authorize' | 'shape'

export interface Stage {
  readonly name: StageName
  readonly run: (exchange: Exchange, services: StageServices) => Promise<void> | undefined
}

const sync = (name: StageName, check: (exchange: Exchange, services: StageServices) => void): Stage => ({
  name,
  run: (exchange, services) => {
    check(exchange, services)
    return undefined
  },
})

export const stages: readonly Stage[] = [
  sync('address', (exchange, { clientRules }) => checkAddress(exchange, clientRules)),
  sync('host', (exchange, { hostRules }) => checkHost(exchange, hostRules())),
  { name: 'scheme', run: checkScheme },
  { name: 'authenticate', run: (exchange, { authenticator, pace }) => authenticate(exchange, authenticator, pace) },
  sync('pace', (exchange, { pace }) => checkPace(exchange, pace)),
  sync('origin', checkOrigin),
  sync('authorize', (exchange, { settings }) => checkAccess(exchange, settings.get('comfyui.managerFromOtherDevices'))),
  sync('shape', checkShape),
]

/**
 * Runs every stage in order; undefined when none of them waited and all are done.
 * @throws GateError for a refusal, anything else for a fault, now or in the promise; both refuse the request
 */
export function runStages(
  exchange: Exchange,
  services: StageServices,
  list: readonly Stage[] = stages,
): Promise<void> | undefined {
  for (const [at, stage] of list.entries()) {
    const waiting = stage.run(exchange, services)
    if (waiting !== undefined) return runLater(waiting, exchange, services, list.slice(at + 1))
  }
  return undefined
}

async function runLater(
  waiting: Promise<void>,
  exchange: Exchange,
  services: StageServices,
  rest: readonly Stage[],
): Promise<void> {
  await waiting
  for (const stage of rest) await stage.run(exchange, services)
}
