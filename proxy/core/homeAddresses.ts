/*
 * What "home" is, for the whole program: which addresses only devices of the same home or company have. Pages read it
 * too, so it needs nothing of Node.
 */

export type HomeKind = 'loopback' | 'private' | 'linkLocal' | 'uniqueLocal'

interface HomeNetwork {
  readonly cidr: string
  readonly kind: HomeKind
}

/**
 * RFC 1122 (loopback), RFC 1918 (private), RFC 3927 and RFC 4291 (link-local), RFC 4193 (unique local). Not 100.64.0.0/10
 * of RFC 6598: behind it is a carrier with all its customers, or a VPN of whoever joined it.
 */
export const homeNetworks: readonly HomeNetwork[] = [
  { cidr: '127.0.0.0/8', kind: 'loopback' },
  { cidr: '10.0.0.0/8', kind: 'private' },
  { cidr: '172.16.0.0/12', kind: 'private' },
  { cidr: '192.168.0.0/16', kind: 'private' },
  { cidr: '169.254.0.0/16', kind: 'linkLocal' },
  { cidr: '::1/128', kind: 'loopback' },
  { cidr: 'fc00::/7', kind: 'uniqueLocal' },
  { cidr: 'fe80::/10', kind: 'linkLocal' },
]

/** RFC 6598: customers of one carrier, and what VPN programs such as Tailscale give. */
export const sharedAddressSpace = '100.64.0.0/10'

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

interface Range {
  readonly first: readonly number[]
  readonly bits: number
  readonly kind: HomeKind
}

const ranges: readonly Range[] = homeNetworks.map(({ cidr, kind }) => {
  const [address = '', bits] = cidr.split('/')
  return { first: readParts(address) ?? [], bits: Number(bits), kind }
})

/** What kind of home address it is, in any spelling; undefined for every other address and for what is none. */
export function findHomeKind(address: string): HomeKind | undefined {
  const parts = readParts(normaliseAddress(address))
  return parts === undefined ? undefined : ranges.find((range) => isIn(range, parts))?.kind
}

function isIn({ first, bits }: Range, parts: readonly number[]): boolean {
  if (first.length !== parts.length) return false
  const size = parts.length === 4 ? 8 : 16
  return parts.every((part, at) => {
    const counted = Math.max(0, Math.min(size, bits - at * size))
    return part >> (size - counted) === (first[at] ?? 0) >> (size - counted)
  })
}

/** Four bytes or eight groups; undefined for what is no address. */
function readParts(text: string): readonly number[] | undefined {
  return text.includes(':') ? readGroups(text) : readBytes(text)
}

function readBytes(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return
  return parts.map(Number)
}

function readGroups(text: string): readonly number[] | undefined {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail] = halves
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (halves.length > 2 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...(tail ?? [])]
  return groups.every((group) => /^[0-9a-f]{1,4}$/.test(group)) ? groups.map((group) => parseInt(group, 16)) : undefined
}
