import type { Stores } from '../proxy/accounts/stores.ts'
import { containsKey, toAddressKey } from '../proxy/network/ipNetwork.ts'

/** Where the window's program opens ComfyUI's page, as any program of this computer does. */
const LOCAL = '127.0.0.1'

/**
 * Which address rule keeps programs of this computer out, in words; null: none does. The owner's window has a listener
 * that asks no rule, but ComfyUI's page goes the people's way in.
 */
export function describeLocalBlock({ ipRules, addressRules }: Pick<Stores, 'ipRules' | 'addressRules'>): string | null {
  if (addressRules.decideClient(LOCAL) !== 'blocked') return null
  if (ipRules.current().isAllowList) return 'Your address rules let only some in, and this computer is not one of them.'
  const key = toAddressKey(LOCAL)
  const rule = ipRules.list().find(({ kind, network }) => {
    return kind === 'deny' && key !== undefined && containsKey(network, key)
  })
  return rule === undefined
    ? 'An address rule keeps this computer out.'
    : `The rule “Keep out ${rule.network.cidr.replace(/\/32$/, '')}” keeps this computer out.`
}
