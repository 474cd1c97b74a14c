import type { Network, SharedAddress, Sharing } from '../proxy/contract/sharing.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'
import type { SurroundingsDescription } from './sharingSurroundings.ts'

/** The switch and the listeners as they are now. */
export interface SwitchState extends Pick<
  Sharing,
  'on' | 'port' | 'problem' | 'portTaken' | 'pause' | 'hostName' | 'localBlock'
> {
  readonly shared: readonly LanAddress[]
  readonly encryption: EncryptionState
  readonly people: readonly string[]
  /** Undefined: this computer is in none, or nobody looked yet. */
  readonly network: Network | undefined
}

export interface EncryptionState {
  /** There is a certificate. */
  readonly isOn: boolean
  /** Nothing is answered without it, on this computer neither. */
  readonly isForced: boolean
  /** Browsers trust the certificate without having been told to. */
  readonly isKnown: boolean
}

/** What the addresses of one port are. */
const urlsOf =
  (port: number, { isOn }: EncryptionState) =>
  (address: string): { url: string; plainUrl?: string } => {
    const host = address.includes(':') ? `[${address}]` : address
    const plainUrl = `http://${host}:${port}/`
    return isOn ? { url: `https://${host}:${port}/`, plainUrl } : { url: plainUrl }
  }

/** A device that does not know the certificate reads first what the warning means; that page comes in clear. */
const toFirstPage = ({ url, plainUrl }: SharedAddress, { isKnown }: EncryptionState): string =>
  plainUrl === undefined || isKnown ? url : `${plainUrl}gatehouse/welcome`

/** Everything about sharing that the pages, the tray and the command line show. */
export function describeSharing(state: SwitchState, around: SurroundingsDescription): Sharing {
  const { shared, port, network, people, encryption, ...rest } = state
  const toUrls = urlsOf(port, encryption)
  const addresses = shared.map((entry): SharedAddress => ({
    address: entry.address,
    interface: entry.interface,
    kind: entry.virtual ? 'virtual' : 'home',
    medium: entry.medium,
    ...toUrls(entry.address),
  }))
  const primary = addresses.find((entry) => entry.kind === 'home') ?? addresses[0]
  const { name } = around
  const named = {
    address: name.host,
    interface: '',
    kind: 'name',
    medium: 'other',
    ...toUrls(name.host),
  } as const
  return {
    ...rest,
    port,
    encrypted: encryption.isOn,
    primaryUrl: primary?.url ?? null,
    codeUrl: primary === undefined ? null : toFirstPage(primary, encryption),
    // What goes from this computer to itself crosses no network.
    localUrl: urlsOf(port, { ...encryption, isOn: encryption.isOn && encryption.isForced })('127.0.0.1').url,
    addresses: addresses.length > 0 && name.state === 'announced' ? [...addresses, named] : addresses,
    people: [...people],
    network: network ?? null,
    ...around,
  }
}
