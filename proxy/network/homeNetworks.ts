import { networkInterfaces } from 'node:os'
import { isHomeAddress } from '../core/addresses.ts'
import type { Clock } from '../core/clock.ts'
import { sharedAddressSpace } from '../core/homeAddresses.ts'
import { containsKey, findNetwork, toAddressKey } from './ipNetwork.ts'
import { AddressSet } from './ipRules.ts'
import { isVirtual } from './lanAddresses.ts'
import type { Interfaces } from './lanAddresses.ts'

/** Asking the system costs more than a request; a network that was joined is known within this time. */
const LOOK_EVERY_MS = 5000
const carrier = findNetwork(sharedAddressSpace)
/** Cards of mobile networks on Linux and Windows. */
const MOBILE = /^(?:wwan|wwp|rmnet|mobil|cellular)/i

/**
 * What is at home: private, link-local and unique local addresses, and those of the same links as this computer's real
 * network cards. With IPv6 each device of a home has a global address too, and the link is what they share. On the other
 * side of a VPN's, a mobile network's or a virtual machine's card is no home, nor in the addresses of a carrier.
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
    const interfaces = this.#interfaces()
    const own = Object.entries(interfaces).flatMap(([name, infos]) =>
      (infos ?? []).filter((info) => !info.internal && !MOBILE.test(name) && !isVirtual(name, info, interfaces)),
    )
    const networks = own.flatMap(({ cidr }) => (cidr === null ? [] : (findNetwork(cidr) ?? [])))
    this.#onLink = new AddressSet(networks.filter(({ first }) => carrier === undefined || !containsKey(carrier, first)))
  }
}
