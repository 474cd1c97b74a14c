/** What is said to a connection before a byte of it is read. `outside`: of no network of the home. `blocked`: by a rule. */
export type PeerVerdict = 'allowed' | 'outside' | 'blocked'

/** Who may connect; asked for each connection, and for each request that came through a trusted proxy. */
export interface PeerRules {
  /** The normalised address of the other side. What throws here denies. */
  decide(address: string): PeerVerdict
  /** Rules changed: open connections are asked about again. */
  onChange(listener: () => void): () => void
}
