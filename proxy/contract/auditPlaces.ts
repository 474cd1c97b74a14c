import { findHomeKind } from '../core/homeAddresses.ts'

/** Where an address is: on this computer, in a home's or company's network, or anywhere else. Unknown ones count as at home. */
export function whereFrom(address: string | null): 'here' | 'home' | 'outside' {
  if (address === null || address === '') return 'home'
  const kind = findHomeKind(address)
  if (kind === 'loopback') return 'here'
  return kind === undefined ? 'outside' : 'home'
}
