import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { GateError } from '../contract/errorCodes.ts'
import { normaliseAddress } from '../core/addresses.ts'

/*
 * Addresses and networks as text, and as keys that compare as the addresses do: `4` and 8 hexadecimal digits, or `6`
 * and 32. Pure; knows no rule, no socket and no store.
 */

/** One address as a comparable key. */
export type AddressKey = string & { readonly __brand: 'AddressKey' }

/** A network, or a single address as the smallest of all networks. */
export interface IpNetwork {
  /** Canonical: the first address of the network, lower case, IPv6 compressed (RFC 5952), always with its length. */
  readonly cidr: string
  readonly first: AddressKey
  readonly last: AddressKey
}

const hexDigits = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

// A key is nothing but this text.
const brand = (text: string): AddressKey => text as AddressKey

function keyOfBytes(bytes: readonly number[]): AddressKey {
  return brand((bytes.length === 4 ? '4' : '6') + bytes.map((byte) => hexDigits(byte, 2)).join(''))
}

/** Node's own strict reading first: `ipaddr.js` also takes octal, hexadecimal and shortened IPv4 addresses. */
function findBytes(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const address = ipaddr.IPv6.parse(text)
  return address.isIPv4MappedAddress() ? address.toIPv4Address().octets : address.toByteArray()
}

/**
 * The key of an address in any spelling, IPv4-mapped IPv6 as the IPv4 address that it is, a zone left out; undefined
 * for what is no address.
 */
export function toAddressKey(address: string): AddressKey | undefined {
  const bytes = findBytes(normaliseAddress(address))
  return bytes === undefined ? undefined : keyOfBytes(bytes)
}

/** The one spelling of an address; undefined for what is no address. */
export function toCanonicalAddress(address: string): string | undefined {
  const bytes = findBytes(normaliseAddress(address))
  return bytes === undefined ? undefined : ipaddr.fromByteArray([...bytes]).toString()
}

const notANetwork = (text: string): GateError =>
  new GateError(
    'VALIDATION_FAILED',
    `"${text.slice(0, 60)}" is no address and no network. Write 192.168.1.40, 192.168.1.0/24 or fd00::/8.`,
  )

/** An address or a network in CIDR, its host bits set or not. @throws GateError VALIDATION_FAILED in words */
export function parseNetwork(text: string): IpNetwork {
  return findNetwork(text) ?? refuse(text)
}

const refuse = (text: string): never => {
  throw notANetwork(text)
}

/** The same; undefined for what is neither. */
export function findNetwork(text: string): IpNetwork | undefined {
  const match = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text.trim())
  const address = match?.[1]
  const bytes = address === undefined ? undefined : findBytes(address)
  if (address === undefined || bytes === undefined) return undefined
  const bits = readBits(match?.[2], bytes, address)
  return bits === undefined ? undefined : toNetwork(bytes, bits)
}

/** An IPv4-mapped network has its length counted in 128 bits; `::ffff:0:0/95` and shorter would be two families. */
function readBits(text: string | undefined, bytes: readonly number[], address: string): number | undefined {
  const whole = bytes.length * 8
  if (text === undefined) return whole
  const isMapped = bytes.length === 4 && address.includes(':')
  const bits = Number(text) - (isMapped ? 96 : 0)
  return bits >= 0 && bits <= whole ? bits : undefined
}

function toNetwork(bytes: readonly number[], bits: number): IpNetwork {
  const maskOf = (at: number): number => (0xff << (8 - Math.min(8, Math.max(0, bits - 8 * at)))) & 0xff
  const first = bytes.map((byte, at) => byte & maskOf(at))
  const last = bytes.map((byte, at) => byte | (~maskOf(at) & 0xff))
  return {
    cidr: `${ipaddr.fromByteArray(first).toString()}/${bits}`,
    first: keyOfBytes(first),
    last: keyOfBytes(last),
  }
}

export const containsKey = ({ first, last }: IpNetwork, key: AddressKey): boolean => first <= key && key <= last

/** What one device has of a network: an IPv4 address, or the 64 bits of an IPv6 one. Undefined for no address. */
export function toDeviceNetwork(address: string): IpNetwork | undefined {
  const bytes = findBytes(normaliseAddress(address))
  return bytes === undefined ? undefined : toNetwork(bytes, bytes.length === 4 ? 32 : 64)
}

/** A network that nothing is in, for a text that is none. */
export const emptyNetwork = (text: string): IpNetwork => ({ cidr: text, first: brand('7'), last: brand('') })
