import type { Settings } from '../contract/settings.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { ClientRules, PeerRules, PeerVerdict } from '../http/peerRules.ts'
import { findNetwork, toAddressKey } from './ipNetwork.ts'
import { AddressSet } from './ipRules.ts'
import type { RuleSet } from './ipRules.ts'

type AddressSettings = Pick<Settings, 'sharing.outsideHome' | 'sharing.trustedProxies'>

export interface AddressRulesOptions {
  readonly rules: { current(): RuleSet }
  readonly settings: {
    get<Name extends keyof AddressSettings>(name: Name): AddressSettings[Name]
    onChange(listener: (names: readonly string[]) => void): () => void
  }
  readonly changes: Pick<ChangeFeed, 'on'>
  readonly home: { has(address: string): boolean }
}

/**
 * Who may connect: first whether an address is of the home at all, unless people from outside are let in; then the
 * rules. Loopback has no privilege: with a tunnel, everybody comes from there. No rule for an address outside lets it
 * in by itself; that is one switch, and it says so.
 */
export class AddressRules implements PeerRules, ClientRules {
  readonly #options: AddressRulesOptions
  #trusted: AddressSet

  constructor(options: AddressRulesOptions) {
    this.#options = options
    this.#trusted = readTrusted(options.settings.get('sharing.trustedProxies'))
    options.settings.onChange((names) => {
      if (names.some(isWanted)) this.#trusted = readTrusted(options.settings.get('sharing.trustedProxies'))
    })
  }

  decide(address: string): PeerVerdict {
    return this.isTrustedProxy(address) ? 'allowed' : this.decideClient(address)
  }

  isTrustedProxy(address: string): boolean {
    if (this.#trusted.isEmpty) return false
    const key = toAddressKey(address)
    return key !== undefined && this.#trusted.has(key)
  }

  speaksForMany(address: string): boolean {
    return this.isTrustedProxy(address)
  }

  decideClient(address: string): PeerVerdict {
    return this.decideUnder(this.#options.rules.current(), address)
  }

  /** Whether an address is of the home, whatever the rules say. */
  isHome(address: string): boolean {
    return this.#options.home.has(address)
  }

  /** What would be decided if these were the rules. */
  decideUnder(rules: RuleSet, address: string): PeerVerdict {
    const { settings, home } = this.#options
    if (!settings.get('sharing.outsideHome') && !home.has(address)) return 'outside'
    const key = toAddressKey(address)
    return key !== undefined && rules.allows(key) ? 'allowed' : 'blocked'
  }

  onChange(listener: () => void): () => void {
    const { changes, settings } = this.#options
    const stops = [
      changes.on((resource) => {
        if (resource === 'ipRules') listener()
      }),
      settings.onChange((names) => {
        if (names.some(isWanted)) listener()
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }
}

const isWanted = (name: string): boolean => name === 'sharing.outsideHome' || name === 'sharing.trustedProxies'

/** A text that is no network is trusted by nobody. */
const readTrusted = (texts: readonly string[]): AddressSet =>
  new AddressSet(texts.flatMap((text) => findNetwork(text) ?? []))
