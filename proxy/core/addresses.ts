import { isIPv6 } from 'node:net'
import { findHomeKind, normaliseAddress } from './homeAddresses.ts'

export { normaliseAddress }

/** Whether a peer is in a network of the home: loopback, private, link-local or unique local. Anything else is not. */
export const isHomeAddress = (address: string): boolean => findHomeKind(address) !== undefined

const MAX_REMEMBERED = 1000
const loopbackAnswers = new Map<string, boolean>()

/** Whether an address leads back to this computer. Asked for every request, so the last answers are remembered. */
export function isLoopbackAddress(address: string): boolean {
  const known = loopbackAnswers.get(address)
  if (known !== undefined) return known
  const answer = findHomeKind(address) === 'loopback'
  if (loopbackAnswers.size >= MAX_REMEMBERED) loopbackAnswers.clear()
  loopbackAnswers.set(address, answer)
  return answer
}

/** The same for what stands in an address bar or an option: an address, with brackets or without, or `localhost`. */
export const isLoopbackHost = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || isLoopbackAddress(host.replace(/^\[(.*)\]$/, '$1'))

/** What one device has of a network, for counting: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function toAddressGroup(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...new Array<string>(missing).fill('0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')
}
