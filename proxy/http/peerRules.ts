import { isHomeAddress } from '../core/addresses.ts'

/** What is said to a connection before a byte of it is read. `outside`: of no network of the home. `blocked`: by a rule. */
export type PeerVerdict = 'allowed' | 'outside' | 'blocked'

/** Who may connect; asked for each connection, and for each request that came through a trusted proxy. */
export interface PeerRules {
  /**
   * The normalised address of the other side. What throws here denies. A proxy that the owner trusts may connect; whom
   * it speaks for is asked about in `ClientRules`.
   */
  decide(address: string): PeerVerdict
  /** Whether many share this address, as behind a proxy: they open more connections than one does. */
  speaksForMany?(address: string): boolean
  /** Rules changed: open connections are asked about again. */
  onChange(listener: () => void): () => void
}

/** The same for who stands behind a trusted proxy; asked for each request that one of them sends. */
export interface ClientRules {
  /** Whether what this peer says of its clients is believed. Nobody is by itself, loopback neither. */
  isTrustedProxy(address: string): boolean
  /** About a client's own address, which for a proxy that names none is the proxy's. */
  decideClient(address: string): PeerVerdict
}

/** Everybody in the home's networks, and nobody else. */
export const homeOnly: PeerRules = {
  decide: (address) => (isHomeAddress(address) ? 'allowed' : 'outside'),
  onChange: () => () => undefined,
}
