/** What was read of a firewall; nothing here is guessed. */
export type FirewallFacts =
  /** There is none, or it is switched off. */
  | { readonly kind: 'off'; readonly name: string }
  /** It lets connections to the gate in. */
  | { readonly kind: 'allows'; readonly name: string }
  /** It refuses them. */
  | {
      readonly kind: 'blocks'
      readonly name: string
      readonly why: 'rule' | 'default' | 'everything' | 'publicNetwork'
    }
  /** It has no rule for the gate, and asks the person at the first listening. */
  | { readonly kind: 'asks'; readonly name: string }
  /** It is switched on; what it does with the gate is for administrators to read. */
  | { readonly kind: 'unreadable'; readonly name: string }
  /** Nothing could be found out. */
  | { readonly kind: 'unknown' }
