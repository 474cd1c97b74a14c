import { BlockList, isIPv4, isIPv6 } from 'node:net'

const PLAIN_IPV4 = /^[\d.]{7,15}$/
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i
const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i

/** A socket address without zone and without the IPv4-mapped form, in lower case; the text itself if it is neither. */
export function normaliseAddress(address: string): string {
  if (PLAIN_IPV4.test(address)) return address
  const zoneAt = address.indexOf('%')
  const text = (zoneAt === -1 ? address : address.slice(0, zoneAt)).toLowerCase()
  const mapped = MAPPED.exec(text)?.[1]
  if (mapped !== undefined) return mapped
  const hex = MAPPED_HEX.exec(text)
  if (hex === null) return text
  const high = parseInt(hex[1] ?? '', 16)
  const low = parseInt(hex[2] ?? '', 16)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

// RFC 1122 (loopback), RFC 1918 (private), RFC 3927 and RFC 4291 (link-local), RFC 4193 (unique local).
const home = new BlockList()
home.addSubnet('127.0.0.0', 8, 'ipv4')
home.addSubnet('10.0.0.0', 8, 'ipv4')
home.addSubnet('172.16.0.0', 12, 'ipv4')
home.addSubnet('192.168.0.0', 16, 'ipv4')
home.addSubnet('169.254.0.0', 16, 'ipv4')
home.addAddress('::1', 'ipv6')
home.addSubnet('fe80::', 10, 'ipv6')
home.addSubnet('fc00::', 7, 'ipv6')

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const isIn = (list: BlockList, address: string): boolean => {
  const normalised = normaliseAddress(address)
  if (isIPv4(normalised)) return list.check(normalised, 'ipv4')
  return isIPv6(normalised) && list.check(normalised, 'ipv6')
}

/** Whether a peer is in a network of the home: loopback, private, link-local or unique local. Anything else is not. */
export const isHomeAddress = (address: string): boolean => isIn(home, address)

const MAX_REMEMBERED = 1000
const loopbackAnswers = new Map<string, boolean>()

/** Whether an address leads back to this computer. Asked for every request, so the last answers are remembered. */
export function isLoopbackAddress(address: string): boolean {
  const known = loopbackAnswers.get(address)
  if (known !== undefined) return known
  const answer = isIn(loopback, address)
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
