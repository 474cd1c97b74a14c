import { isIPv4, isIPv6 } from 'node:net'
import { isHomeAddress, isLoopbackAddress, normaliseAddress } from '../../core/addresses.ts'
import { expandWildcards, findLanAddresses } from '../lanAddresses.ts'
import type { Interfaces } from '../lanAddresses.ts'

/** What a certificate stands for: DNS names and addresses, in lower case. */
export interface CertificateNames {
  readonly names: readonly string[]
  readonly addresses: readonly string[]
}

/** What this computer is known as now. */
export interface NameSources {
  readonly hostName: string
  /** The name announced in the network, without `.local`; empty: none is. */
  readonly announcedName: string
  /** Further host names that the owner gave. */
  readonly hostNames: readonly string[]
  readonly interfaces: Interfaces
  /** Addresses to share on that the owner chose; empty: every one in a home network. */
  readonly chosenAddresses: readonly string[]
}

export interface FoundNames extends CertificateNames {
  /** What devices may use and no certificate made here may name. */
  readonly left: readonly string[]
}

/** Names that always lead to this computer (RFC 6761, 6.3). */
const LOOPBACK_NAMES = ['localhost', 'gatehouse.localhost']
/** Domains that nobody can own (RFC 6762, RFC 8375, ICANN's `internal`, and what routers use that was never given away). */
const HOME_DOMAIN = /\.(?:local|lan|home|home\.arpa|internal|localdomain)$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_ADDRESSES = 64

/**
 * Whether an authority of this computer may vouch for a name. A permitted name permits everything below it, so a bare
 * word that could be a top-level domain would open that whole domain; those are letters only, or begin with `xn--`
 * (RFC 1123, 2.1 and RFC 5890).
 */
export function isNameable(name: string): boolean {
  if (LOOPBACK_NAMES.includes(name)) return true
  const labels = name.split('.')
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return false
  const last = labels.at(-1) ?? ''
  if (/^\d+$/.test(last)) return false
  return labels.length > 1 || (/[\d-]/.test(last) && !last.startsWith('xn--'))
}

/** Everything under which devices of the home may reach this computer. */
export function findCertificateNames(sources: NameSources): FoundNames {
  const host = sources.hostName.toLowerCase().replace(/\.$/, '')
  const first = host.split('.')[0] ?? ''
  const announced = sources.announcedName === '' ? [] : [`${sources.announcedName}.local`]
  const given = sources.hostNames.map((name) => name.toLowerCase().replace(/\.$/, ''))
  // Some systems take their whole name from the network they are in (DHCP, reverse DNS): it opens no domain of others.
  const whole = host === first || HOME_DOMAIN.test(host) ? host : first
  // A host name with an underscore or a letter beyond ASCII is none that a browser could ask for.
  const own = [whole, `${first}.local`].filter((name) => name !== '' && (name === whole || LABEL.test(first)))
  const names = unique([...LOOPBACK_NAMES, ...own, ...announced, ...given])
  const chosen = expandWildcards(sources.chosenAddresses, sources.interfaces).map(normaliseAddress)
  const addresses = unique([
    ...findLanAddresses(sources.interfaces).map(({ address }) => normaliseAddress(address)),
    ...chosen.filter((address) => isIPv4(address) || isIPv6(address)),
  ])
  const shared = addresses.filter((address) => isHomeAddress(address) && !isLoopbackAddress(address))
  return {
    names: names.filter(isNameable),
    addresses: ['127.0.0.1', '::1', ...shared].slice(0, MAX_ADDRESSES),
    // A bare host name has its twin in `.local`, so only what somebody asked for is missed.
    left: [...given.filter((name) => !isNameable(name)), ...addresses.filter((address) => !isHomeAddress(address))],
  }
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)]

/** Whether a permitted name is that name or stands above it (RFC 5280, 4.2.1.10). */
const stands = (permitted: string, name: string): boolean => name === permitted || name.endsWith(`.${permitted}`)

/** What of it an authority with those permitted names may sign, and what not. Addresses of the home it always may. */
export function splitByPermission(
  found: CertificateNames,
  permittedNames: readonly string[],
): { readonly allowed: CertificateNames; readonly refused: readonly string[] } {
  const isAllowed = (name: string): boolean => permittedNames.some((permitted) => stands(permitted, name))
  return {
    allowed: { names: found.names.filter(isAllowed), addresses: found.addresses },
    refused: found.names.filter((name) => !isAllowed(name)),
  }
}

/** Whether a certificate stands for everything that is wanted. */
export function covers(certificate: CertificateNames, wanted: CertificateNames): boolean {
  const names = new Set(certificate.names)
  const addresses = new Set(certificate.addresses.map(toComparable))
  return (
    wanted.names.every((name) => names.has(name)) &&
    wanted.addresses.every((address) => addresses.has(toComparable(address)))
  )
}

/** Under what of it a browser would warn. A star stands for one label (RFC 6125, 6.4.3). */
export function findMissing(certificate: CertificateNames, found: FoundNames): string[] {
  const names = new Set(certificate.names)
  const addresses = new Set(certificate.addresses.map(toComparable))
  const isNamed = (name: string): boolean => names.has(name) || names.has(name.replace(/^[^.]+/, '*'))
  return [
    ...found.names.filter((name) => !LOOPBACK_NAMES.includes(name) && !isNamed(name)),
    ...found.addresses.filter((address) => !isLoopbackAddress(address) && !addresses.has(toComparable(address))),
    ...found.left.filter((text) => !isNamed(text) && !addresses.has(toComparable(text))),
  ]
}

/** IPv6 has many writings: `URL` knows the one (RFC 5952). */
export const toComparable = (address: string): string =>
  isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
