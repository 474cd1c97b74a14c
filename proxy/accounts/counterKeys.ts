import { toAddressGroup } from '../core/addresses.ts'
import { sha256Hex } from '../core/sha256.ts'
import { findNetwork } from '../network/ipNetwork.ts'
import type { IpNetwork } from '../network/ipNetwork.ts'
import { toNameKey } from './accountName.ts'

/* How counts of wrong passwords are named: by address, by name, and by a browser and who signed in with it before. */

export const toAddressCounter = (address: string): string => `address:${toAddressGroup(address)}`

/** Hashed, because people type passwords into the name field and counters are kept. */
export const toNameCounter = (userName: string): string => `name:${sha256Hex(toNameKey(userName.slice(0, 200)))}`

export const toDeviceCounter = (tokenHash: string, accountId: string): string => `device:${tokenHash}.${accountId}`

export type CounterKind = 'address' | 'account' | 'device'

export function kindOfCounter(key: string): CounterKind {
  if (key.startsWith('address:')) return 'address'
  return key.startsWith('device:') ? 'device' : 'account'
}

/** What an address counter counts for: an address, or the network of 64 bits that a device has of IPv6. */
export function networkOfCounter(key: string): IpNetwork | undefined {
  if (kindOfCounter(key) !== 'address') return undefined
  const group = key.slice('address:'.length)
  return findNetwork(group.includes(':') ? `${group}::/64` : group)
}
