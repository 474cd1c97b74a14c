import type { AddressKey, IpNetwork } from './ipNetwork.ts'

/*
 * Rules for addresses, compiled for asking. Pure: who may connect beyond the rules (the home, proxies in front) is
 * decided in addressRules.ts, where rules are kept in ipRuleStore.ts.
 */

interface Range {
  readonly first: AddressKey
  readonly last: AddressKey
}

/** Addresses of many networks: asking takes as many steps as their number has binary digits. */
export class AddressSet {
  /** Disjoint and in order. */
  readonly #ranges: readonly Range[]

  constructor(networks: readonly IpNetwork[]) {
    const sorted = [...networks].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
    const ranges: Range[] = []
    for (const { first, last } of sorted) {
      const before = ranges.at(-1)
      if (before === undefined || before.last < first) ranges.push({ first, last })
      else if (before.last < last) ranges[ranges.length - 1] = { first: before.first, last }
    }
    this.#ranges = ranges
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  has(key: AddressKey): boolean {
    let low = 0
    let high = this.#ranges.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const range = this.#ranges[middle]
      if (range === undefined) return false
      if (key < range.first) high = middle - 1
      else if (key > range.last) low = middle + 1
      else return true
    }
    return false
  }
}

export type IpRuleKind = 'allow' | 'deny'

/** What a rule says; when it was made and why is the store's. */
export interface RuleSaying {
  readonly kind: IpRuleKind
  readonly network: IpNetwork
  /** Null: it never ends. */
  readonly expiresAtMs: number | null
}

/**
 * The rules that hold at one moment. While there is any that allows, only what is allowed gets in, whatever is denied;
 * otherwise everything gets in that is not denied.
 */
export class RuleSet {
  /** When the first of these rules ends: then the set is to be made anew. */
  readonly endsAtMs: number
  readonly #allowed: AddressSet
  readonly #denied: AddressSet

  constructor(rules: readonly RuleSaying[], nowMs: number) {
    const holding = rules.filter((rule) => isHolding(rule, nowMs))
    this.endsAtMs = holding.reduce((ends, rule) => Math.min(ends, rule.expiresAtMs ?? Infinity), Infinity)
    const networksOf = (kind: IpRuleKind): IpNetwork[] =>
      holding.flatMap((rule) => (rule.kind === kind ? rule.network : []))
    this.#allowed = new AddressSet(networksOf('allow'))
    this.#denied = new AddressSet(networksOf('deny'))
  }

  /** Whether only what is named gets in. */
  get isAllowList(): boolean {
    return !this.#allowed.isEmpty
  }

  allows(key: AddressKey): boolean {
    return this.isAllowList ? this.#allowed.has(key) : !this.#denied.has(key)
  }
}

/** To the millisecond: a rule does not hold any more at the time that it names. */
export const isHolding = ({ expiresAtMs }: Pick<RuleSaying, 'expiresAtMs'>, nowMs: number): boolean =>
  expiresAtMs === null || expiresAtMs > nowMs
