import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { isHomeAddress } from '../core/addresses.ts'
import type { Clock } from '../core/clock.ts'
import { findNetwork, toAddressKey } from './ipNetwork.ts'
import { AddressSet } from './ipRules.ts'

export type Interfaces = NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'cidr' | 'internal'>[]>

/** Asking the system costs more than a request; a network that was joined is known within this time. */
const LOOK_EVERY_MS = 5000

/**
 * What is at home: private, link-local and unique local addresses, and those of the same links as this computer. With
 * IPv6 each device of a home has a global address too, and the link is what they share.
 */
export class HomeNetworks {
  readonly #clock: Clock
  readonly #interfaces: () => Interfaces
  #onLink = new AddressSet([])
  #lookAtMs = -Infinity

  constructor(clock: Clock, interfaces: () => Interfaces = networkInterfaces) {
    this.#clock = clock
    this.#interfaces = interfaces
  }

  has(address: string): boolean {
    if (isHomeAddress(address)) return true
    const key = toAddressKey(address)
    if (key === undefined) return false
    this.#look()
    return this.#onLink.has(key)
  }

  #look(): void {
    const now = this.#clock.nowMs()
    if (now < this.#lookAtMs + LOOK_EVERY_MS && now >= this.#lookAtMs) return
    this.#lookAtMs = now
    const own = Object.values(this.#interfaces()).flatMap((infos) => infos ?? [])
    this.#onLink = new AddressSet(
      own.flatMap(({ cidr, internal }) => (internal || cidr === null ? [] : (findNetwork(cidr) ?? []))),
    )
  }
}
