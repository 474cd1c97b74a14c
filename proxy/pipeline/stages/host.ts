import { isIPv4, isIPv6 } from 'node:net'
import { GateError } from '../../contract/errorCodes.ts'
import type { Exchange } from '../exchange.ts'

export interface HostRules {
  /** Further names under which browsers may reach the public listener, in lower case. */
  readonly names: ReadonlySet<string>
  /** Addresses of this computer on which the gate listens now. */
  readonly addresses: ReadonlySet<string>
}

const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/
/** What is beyond no URL can name: answers that say where to go on would fail instead of refusing. */
const MAX_PORT = 65_535

/**
 * DNS rebinding: a foreign page whose name was pointed at this computer carries that name in `Host`. Only names and
 * addresses that are ours are served; what the gate listens on does not widen them.
 * @throws GateError HOST_NOT_ALLOWED
 */
export function checkHost(exchange: Exchange, rules: HostRules): void {
  const { host } = exchange.head
  if (exchange.listener !== 'owner' && rememberedOf(rules).has(host)) return
  const match = HOST.exec(host)
  const name = match?.[1]?.toLowerCase().replace(/\.$/, '') ?? ''
  const port = match?.[2]
  const allowed =
    exchange.listener === 'owner'
      ? name === 'gatehouse.localhost' && port === String(exchange.localPort)
      : isPublicName(name, rules) && Number(port ?? 0) <= MAX_PORT
  if (!allowed) throw new GateError('HOST_NOT_ALLOWED', 'This computer is not known under that name.')
  if (exchange.listener !== 'owner') remember(rules, host)
}

const MAX_REMEMBERED = 100
const remembered = new WeakMap<HostRules, Set<string>>()

/** What these very rules have let in on the public listener. */
function rememberedOf(rules: HostRules): Set<string> {
  const known = remembered.get(rules)
  if (known !== undefined) return known
  const hosts = new Set<string>()
  remembered.set(rules, hosts)
  return hosts
}

function remember(rules: HostRules, host: string): void {
  const hosts = rememberedOf(rules)
  if (hosts.size < MAX_REMEMBERED) hosts.add(host)
}

function isPublicName(name: string, rules: HostRules): boolean {
  if (name === 'localhost') return true
  const bracketed = /^\[(.*)\]$/.exec(name)?.[1]
  const address = bracketed ?? name
  // `[127.0.0.1]` no URL can name: answers that say where to go on would fail instead of refusing.
  if (bracketed === undefined ? isIPv4(address) : isIPv6(address)) {
    return address === '127.0.0.1' || address === '::1' || rules.addresses.has(address)
  }
  return rules.names.has(name)
}
