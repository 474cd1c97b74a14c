import type { Network, SharedAddress, Sharing } from '../proxy/contract/sharing.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'
import type { SurroundingsDescription } from './sharingSurroundings.ts'

/** The switch and the listeners as they are now. */
export interface SwitchState extends Pick<Sharing, 'on' | 'port' | 'problem' | 'portTaken' | 'pause' | 'hostName'> {
  readonly shared: readonly LanAddress[]
  readonly people: readonly string[]
  /** Undefined: this computer is in none, or nobody looked yet. */
  readonly network: Network | undefined
}

const urlOf = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/`

/** Everything about sharing that the pages, the tray and the command line show. */
export function describeSharing(state: SwitchState, around: SurroundingsDescription): Sharing {
  const { shared, port, network, people, ...rest } = state
  const addresses = shared.map((entry): SharedAddress => ({
    address: entry.address,
    interface: entry.interface,
    kind: entry.virtual ? 'virtual' : 'home',
    medium: entry.medium,
    url: urlOf(entry.address, port),
  }))
  const primary = addresses.find((entry) => entry.kind === 'home') ?? addresses[0]
  const { name } = around
  const named = {
    address: name.host,
    interface: '',
    kind: 'name',
    medium: 'other',
    url: urlOf(name.host, port),
  } as const
  return {
    ...rest,
    port,
    encrypted: false,
    primaryUrl: primary?.url ?? null,
    codeUrl: primary?.url ?? null,
    localUrl: urlOf('127.0.0.1', port),
    addresses: addresses.length > 0 && name.state === 'announced' ? [...addresses, named] : addresses,
    people: [...people],
    network: network ?? null,
    ...around,
  }
}
