import { isIPv6 } from 'node:net'
import { AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet'
import type { Answer, DecodedPacket, RecordType } from 'dns-packet'
import { normaliseAddress } from '../../core/addresses.ts'

/** Seconds that others may remember an address: RFC 6762 section 10. */
const TTL_SECONDS = 120
/** For programs that ask without speaking multicast DNS: RFC 6762 section 6.7. */
const LEGACY_TTL_SECONDS = 10
/** RFC 6762 section 17; what is larger is no message for us. */
const MAX_MESSAGE_BYTES = 9000

/** A name with `.local` and the addresses that stand behind it on one network card. */
export interface NameRecords {
  readonly host: string
  readonly addresses: readonly string[]
}

export interface MdnsQuery {
  readonly kind: 'query'
  readonly id: number
  /** Asked for by name: `A`, `AAAA`, `ANY`, or what we do not have. */
  readonly types: readonly RecordType[]
  /** Addresses that somebody who probes for the name means to give it. */
  readonly proposed: readonly string[]
}

export interface MdnsResponse {
  readonly kind: 'response'
  /** Addresses that somebody gives the name. */
  readonly addresses: readonly string[]
}

/** What a message says about our name; undefined: nothing, or it is no message. */
export function parseMessage(message: Buffer, host: string): MdnsQuery | MdnsResponse | undefined {
  if (message.length > MAX_MESSAGE_BYTES) return undefined
  let packet: DecodedPacket
  try {
    packet = decode(message)
  } catch {
    return undefined // Anybody in the network can send anything.
  }
  if (packet.type === 'response') {
    const addresses = findAddresses([...(packet.answers ?? []), ...(packet.additionals ?? [])], host)
    return addresses.length === 0 ? undefined : { kind: 'response', addresses }
  }
  const asked = (packet.questions ?? []).filter(({ name }) => isName(name, host))
  if (asked.length === 0) return undefined
  const types = asked.map(({ type }) => type)
  return { kind: 'query', id: packet.id ?? 0, types, proposed: findAddresses(packet.authorities ?? [], host) }
}

const isName = (name: string, host: string): boolean => name.toLowerCase() === host

/** A record with TTL 0 is taken back, so it claims nothing. */
function findAddresses(records: readonly Answer[], host: string): readonly string[] {
  return records.flatMap((record) => {
    if (record.type !== 'A' && record.type !== 'AAAA') return []
    return isName(record.name, host) && record.ttl !== 0 ? [normaliseAddress(record.data)] : []
  })
}

const typeOf = (address: string): 'A' | 'AAAA' => (isIPv6(address) ? 'AAAA' : 'A')

const toRecords = ({ host, addresses }: NameRecords, ttl: number, flush: boolean): Answer[] =>
  addresses.map((data) => ({ type: typeOf(data), name: host, ttl, flush, data }))

/** "Does anybody have this name? I mean to give it these addresses." */
export const toProbe = (records: NameRecords): Buffer =>
  encode({
    type: 'query',
    // The types of dns-packet know no ANY, its code does.
    questions: [{ type: 'ANY' as never, name: records.host }],
    authorities: toRecords(records, TTL_SECONDS, false),
  })

/** Said unasked when the name is ours, and as the answer to everybody. */
export const toAnnouncement = (records: NameRecords): Buffer => toResponse(records, TTL_SECONDS, true)

/** The name is no longer ours: everybody forgets it. */
export const toGoodbye = (records: NameRecords): Buffer => toResponse(records, 0, true)

function toResponse(records: NameRecords, ttl: number, flush: boolean): Buffer {
  return encode({
    type: 'response',
    flags: AUTHORITATIVE_ANSWER,
    answers: toRecords(records, ttl, flush),
    ...(ttl > 0 && { additionals: [toNothingElse(records, ttl, flush)] }),
  })
}

/** RFC 6762 section 6.1: that there is no other record, so that nobody waits for an IPv6 address that never comes. */
const toNothingElse = ({ host, addresses }: NameRecords, ttl: number, flush: boolean): Answer => ({
  type: 'NSEC',
  name: host,
  ttl,
  flush,
  data: { nextDomain: host, rrtypes: [...new Set(addresses.map(typeOf))] },
})

/** For whoever asked from another port than multicast DNS': an answer as of any name server. */
export const toLegacyAnswer = (records: NameRecords, { id, types }: MdnsQuery): Buffer =>
  encode({
    type: 'response',
    id,
    flags: AUTHORITATIVE_ANSWER,
    questions: types.slice(0, 1).map((type) => ({ type, name: records.host })),
    answers: toRecords(records, LEGACY_TTL_SECONDS, false),
  })

/**
 * Of two who probe for a name at once, the one whose addresses come later keeps it (RFC 6762 section 8.2).
 * @returns below 0: the other one does; 0: they mean the same
 */
export function compareProposals(ours: readonly string[], theirs: readonly string[]): number {
  const left = ours.map(toComparable).sort()
  const right = theirs.map(toComparable).sort()
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const a = left[index] ?? ''
    const b = right[index] ?? ''
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}

/** Record type, then the bytes of the address, both as text that sorts like them. */
function toComparable(address: string): string {
  if (!isIPv6(address))
    return `1 ${address
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.')}`
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return `28 ${[...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(':')}`
}
