import type { AffectedPerson, IpRuleEffect } from '../contract/ipRules.ts'
import { GateError } from '../contract/errorCodes.ts'
import { containsKey, parseNetwork, toAddressKey } from '../network/ipNetwork.ts'
import type { IpNetwork } from '../network/ipNetwork.ts'
import { RuleSet } from '../network/ipRules.ts'
import type { RuleSaying } from '../network/ipRules.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'

/** Used so lately that it counts as being here, though nothing is open. */
const HERE_MS = 2 * 60_000
const MAX_NAMED = 50

/** The programs of this computer, in both families. */
export const thisComputer: readonly IpNetwork[] = [parseNetwork('127.0.0.0/8'), parseNetwork('::1')]
const loopbackAddresses = ['127.0.0.1', '::1']

/** Rules as they would be, and of which of them is spoken. */
export interface RuleChange {
  readonly rules: readonly RuleSaying[]
  readonly about: Pick<RuleSaying, 'kind' | 'network'>
}

type Dependencies = Pick<OwnApplicationDependencies, 'stores' | 'connections' | 'clock'>

/** Whom other rules would meet, by the addresses from which people came: asked before a rule is made or removed. */
export class IpRuleEffects {
  readonly #dependencies: Dependencies

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies
  }

  async describe({ rules, about }: RuleChange, context: RequestContext): Promise<IpRuleEffect> {
    const { stores, connections, clock } = this.#dependencies
    const after = new RuleSet(rules, clock.nowMs())
    const turns = this.#compare(after)
    const people = await this.#listPeople()
    const lockedOut = people.filter(({ address }) => turns(address) === 'out').sort(connectedFirst)
    return {
      cidr: about.network.cidr,
      addresses: countAddresses(about.network),
      lockedOut: lockedOut.slice(0, MAX_NAMED),
      othersLockedOut: Math.max(0, lockedOut.length - MAX_NAMED),
      letIn: people.filter(({ address }) => turns(address) === 'in').slice(0, MAX_NAMED),
      connections: connections.list().filter(({ address }) => turns(address) === 'out').length,
      ownDevice: context.listener !== 'owner' && turns(context.clientAddress) === 'out',
      thisComputer: loopbackAddresses.some((address) => turns(address) === 'out'),
      startsAllowList: after.isAllowList && !stores.ipRules.current().isAllowList,
      without: this.#findReasonWithout(about, after),
    }
  }

  /**
   * Locking oneself out: what would cut off whoever asks, the programs of this computer or somebody who is here now
   * is done only once it was said that it is meant.
   * @throws GateError CONFIRMATION_NEEDED with the effect
   */
  async check(change: RuleChange, context: RequestContext, isConfirmed: boolean): Promise<void> {
    if (isConfirmed) return
    const effect = await this.describe(change, context)
    const sentences = describeDanger(effect)
    if (sentences.length === 0) return
    throw new GateError('CONFIRMATION_NEEDED', `${sentences.join(' ')} Send it again with "confirm" if you mean it.`, {
      details: { effect },
    })
  }

  #compare(after: RuleSet): (address: string) => 'in' | 'out' | 'same' {
    const { addressRules, ipRules } = this.#dependencies.stores
    const before = ipRules.current()
    return (address) => {
      const was = addressRules.decideUnder(before, address) === 'allowed'
      const will = addressRules.decideUnder(after, address) === 'allowed'
      return was === will ? 'same' : will ? 'in' : 'out'
    }
  }

  async #listPeople(): Promise<AffectedPerson[]> {
    const { stores, connections, clock } = this.#dependencies
    const [accounts, sessions, keys] = await Promise.all([
      stores.accounts.list(),
      stores.sessions.list(),
      stores.keys.list(),
    ])
    const names = new Map(accounts.map(({ id, name }) => [id, name]))
    const hereSinceMs = clock.nowMs() - HERE_MS
    const found = new Map<string, AffectedPerson>()
    const add = (id: string, address: string, connected: boolean): void => {
      const known = found.get(`${id} ${address}`)
      const isHere = connected || known?.connected === true
      found.set(`${id} ${address}`, { id, name: names.get(id) ?? '', address, connected: isHere })
    }
    for (const { user, address } of connections.list()) add(user.id, address, true)
    for (const { accountId, address, lastUsedAtMs, fromOwnerWindow } of sessions) {
      // The owner's window asks nobody; what it shows of ComfyUI counts as this computer.
      if (!fromOwnerWindow) add(accountId, address, lastUsedAtMs >= hereSinceMs)
    }
    for (const { accountId, lastAddress } of keys) if (lastAddress !== null) add(accountId, lastAddress, false)
    return [...found.values()]
  }

  #findReasonWithout({ kind, network }: RuleChange['about'], after: RuleSet): string | null {
    if (kind === 'deny' && after.isAllowList) {
      return 'While there are rules that allow, only those count: everybody else is kept out already.'
    }
    const [address = ''] = network.cidr.split('/')
    const isOutside = this.#dependencies.stores.addressRules.decideUnder(new RuleSet([], 0), address) === 'outside'
    if (kind === 'allow' && isOutside && !holdsHome(network)) {
      return 'These addresses are outside your home, where nobody gets in unless "people outside my home" is on.'
    }
    return null
  }
}

const someAtHome = ['10.0.0.1', '172.16.0.1', '192.168.0.1', '127.0.0.1', 'fd00::1', 'fe80::1']
const holdsHome = (network: IpNetwork): boolean =>
  someAtHome.some((address) => {
    const key = toAddressKey(address)
    return key !== undefined && containsKey(network, key)
  })

const connectedFirst = (a: AffectedPerson, b: AffectedPerson): number => Number(b.connected) - Number(a.connected)

function describeDanger({ ownDevice, thisComputer: isThis, lockedOut }: IpRuleEffect): string[] {
  const here = [...new Set(lockedOut.filter(({ connected }) => connected).map(({ name }) => name))]
  return [
    ...(ownDevice ? ['You would lock out the device that you are using now.'] : []),
    ...(isThis ? ['Programs on this computer would not get in any more, ComfyUI in the window neither.'] : []),
    ...(here.length > 0 ? [`${here.join(', ')} would be cut off now.`] : []),
  ]
}

/** "1 address", "256 addresses", "65,536 addresses", "all of IPv4". */
function countAddresses({ cidr }: IpNetwork): string {
  const [address = '', bits = ''] = cidr.split('/')
  const isIpv6 = address.includes(':')
  const free = (isIpv6 ? 128 : 32) - Number(bits)
  if (Number(bits) === 0) return isIpv6 ? 'every IPv6 address' : 'every IPv4 address'
  if (free === 0) return '1 address'
  if (isIpv6 && free >= 64) return free === 64 ? 'one IPv6 network' : `${countText(2 ** (free - 64))} IPv6 networks`
  return `${countText(2 ** free)} addresses`
}

const countText = (count: number): string =>
  count <= 2 ** 32 ? count.toLocaleString('en-GB') : `2^${Math.log2(count)}`
