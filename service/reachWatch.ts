import type { Reach } from '../proxy/contract/sharing.ts'
import { isLoopbackAddress } from '../proxy/core/addresses.ts'
import type { Clock } from '../proxy/core/clock.ts'
import type { SharedPlace } from './sharingSurroundings.ts'

/** What is remembered of a network: the address that people have, and who got through to it last. */
export interface ReachedPlace {
  /** As one types it, for example 192.168.1.20:8190. */
  readonly link: string
  readonly atMs: number
  readonly address: string
}

export interface ReachWatchOptions {
  readonly clock: Clock
  /** Devices as they connect; see proxy/network/firstDevices.ts. */
  readonly devices: { onFirst(listener: (address: string) => void): () => void; startOver(): void }
  readonly memory: {
    find(networkId: string): ReachedPlace | undefined
    /** Told, not waited for: what is lost is only asked again. */
    keep(networkId: string, place: ReachedPlace): void
  }
}

/** After that long without a device the likely causes are shown. */
const LATE_MS = 60_000

/**
 * Whether another device got through to where sharing listens. This computer cannot try it out: what it sends to its own
 * address crosses no firewall. So it waits for a first device, and remembers for each network that there was one.
 */
export class ReachWatch {
  readonly #options: ReachWatchOptions
  readonly #listeners = new Set<() => void>()
  #place: { readonly networkId: string; readonly link: string; readonly sinceMs: number } | undefined
  #reached: { readonly atMs: number; readonly address: string } | undefined
  #before: string | null = null
  #timer: NodeJS.Timeout | undefined
  #unsubscribe: (() => void) | undefined

  constructor(options: ReachWatchOptions) {
    this.#options = options
    this.#unsubscribe = options.devices.onFirst((address) => this.#through(address))
  }

  /** Where sharing listens now; the same place again changes nothing. */
  follow(place: SharedPlace): void {
    const reachable = place.addresses.filter((entry) => !isLoopbackAddress(entry.address))
    const primary = reachable.find(({ virtual }) => !virtual) ?? reachable[0]
    if (primary === undefined) {
      this.#leave()
      return
    }
    const { address } = primary
    const link = `${address.includes(':') ? `[${address}]` : address}:${place.port}`
    const networkId = place.network?.id ?? ''
    if (this.#place?.networkId === networkId && this.#place.link === link) return
    this.#begin(networkId, link)
  }

  /** `late` and `waiting` differ by the time alone, so each description is made anew. */
  describe(): { readonly reach: Reach; readonly addressBefore: string | null } {
    return { reach: this.#describeReach(), addressBefore: this.#place === undefined ? null : this.#before }
  }

  /** People have the new address. */
  accept(): void {
    if (this.#place === undefined) return
    const { networkId, link } = this.#place
    this.#before = null
    this.#options.memory.keep(networkId, { atMs: 0, address: '', ...this.#reached, link })
    this.#tell()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#leave()
  }

  #describeReach(): Reach {
    if (this.#place === undefined) return { kind: 'off' }
    if (this.#reached !== undefined) {
      return { kind: 'through', at: new Date(this.#reached.atMs).toISOString(), address: this.#reached.address }
    }
    const { sinceMs } = this.#place
    const kind = this.#options.clock.nowMs() - sinceMs >= LATE_MS ? 'late' : 'waiting'
    return { kind, since: new Date(sinceMs).toISOString() }
  }

  #begin(networkId: string, link: string): void {
    const { clock, devices, memory } = this.#options
    this.#place = { networkId, link, sinceMs: clock.nowMs() }
    const known = memory.find(networkId)
    this.#before = known !== undefined && known.link !== link ? known.link : null
    // Who got through to the same address in this network before will again.
    this.#reached = known?.link === link && known.address !== '' ? known : undefined
    devices.startOver()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tell(), LATE_MS)
    this.#timer.unref()
    this.#tell()
  }

  #leave(): void {
    if (this.#place === undefined) return
    clearTimeout(this.#timer)
    this.#place = undefined
    this.#tell()
  }

  #through(address: string): void {
    if (this.#place === undefined) return
    const { networkId, link } = this.#place
    this.#reached = { atMs: this.#options.clock.nowMs(), address }
    // As long as others may have the old address it stays remembered: the owner says when everybody has the new one.
    this.#options.memory.keep(networkId, { ...this.#reached, link: this.#before ?? link })
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
