import { toAddressGroup } from '../core/addresses.ts'
import type { Clock } from '../core/clock.ts'
import { GateError } from '../contract/errorCodes.ts'
import { HOUR_MS } from '../core/time.ts'

/** A guest who is here. */
export interface PresentGuest {
  readonly address: string
  /** null: until somebody lets them go. */
  readonly expiresAtMs: number | null
}

export interface GuestQuota {
  readonly perAddress: number
  readonly total: number
}

/** Who leaves makes room for the next; so often in an hour, compared with how many may be here at once. */
const ENTRIES_PER_PLACE = 4

/**
 * Refuses whoever comes when as many are here as may be, from their address (IPv6: their network) or in all.
 * @throws GateError QUOTA_EXCEEDED in words, with `retryAfterSeconds` when the next place comes free by time
 */
export function refuseWhenFull(
  present: readonly PresentGuest[],
  address: string,
  { perAddress, total }: GuestQuota,
  nowMs: number,
): void {
  const group = toAddressGroup(address)
  const near = present.filter((guest) => toAddressGroup(guest.address) === group)
  if (near.length >= perAddress) refuse(`${countWords(near.length)} from your device or network.`, near, nowMs)
  if (present.length >= total) refuse(`${countWords(present.length)}, which is all there is room for.`, present, nowMs)
}

const countWords = (count: number): string => (count === 1 ? 'There is a guest here' : `There are ${count} guests here`)

function refuse(sentence: string, guests: readonly PresentGuest[], nowMs: number): never {
  const ends = guests.flatMap(({ expiresAtMs }) => expiresAtMs ?? [])
  if (ends.length === 0) throw new GateError('QUOTA_EXCEEDED', `${sentence} Try again when one of them has left.`)
  const retryAfterSeconds = Math.max(1, Math.ceil((Math.min(...ends) - nowMs) / 1000))
  const message = `${sentence} Try again ${inWords(retryAfterSeconds)}, or when one of them has left.`
  throw new GateError('QUOTA_EXCEEDED', message, { details: { retryAfterSeconds } })
}

/** To read after "Try again". */
function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 120) return minutes === 1 ? 'in a minute' : `in ${minutes} minutes`
  const hours = Math.ceil(minutes / 60)
  return hours <= 48 ? `in ${hours} hours` : `in ${Math.ceil(hours / 24)} days`
}

/** Coming and going fills neither the log nor the disk: how many came in the last hour, in memory. */
export class GuestEntries {
  readonly #clock: Clock
  #entries: { readonly group: string; readonly atMs: number }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws GateError RATE_LIMITED with `retryAfterSeconds` */
  refuseTooMany(address: string, { perAddress, total }: GuestQuota): void {
    const now = this.#clock.nowMs()
    this.#entries = this.#entries.filter(({ atMs }) => atMs > now - HOUR_MS)
    const group = toAddressGroup(address)
    const near = this.#entries.filter((entry) => entry.group === group)
    const full = near.length >= perAddress * ENTRIES_PER_PLACE ? near : this.#entries
    if (full !== near && full.length < total * ENTRIES_PER_PLACE) return
    const retryAfterSeconds = Math.max(1, Math.ceil(((full[0]?.atMs ?? now) + HOUR_MS - now) / 1000))
    const message = `Many guests came in a short time. Try again ${inWords(retryAfterSeconds)}.`
    throw new GateError('RATE_LIMITED', message, { details: { retryAfterSeconds } })
  }

  record(address: string): void {
    this.#entries.push({ group: toAddressGroup(address), atMs: this.#clock.nowMs() })
  }
}
