import type { Firewall, Network, Sharing } from '../../../proxy/contract/sharing.ts'

/** "You are on a new network, Cafe. Share here too?" */
export const networkQuestion = ({ name }: Network): string => `You are on a new network, ${name}. Share here too?`

/** After "not here": what is so, without asking. */
export const restingWords = ({ name }: Network): string =>
  `Sharing rests on this network, ${name}. It goes on by itself where you agreed to it.`

/** Before the switch goes on: what the system is about to ask. Nothing where it will not ask. */
export function questionAhead({ on, firewall }: Pick<Sharing, 'on' | 'firewall'>): string | undefined {
  return !on && firewall?.verdict === 'asks' ? firewall.words.replace(/ (?:will|may) ask now/, ' will ask') : undefined
}

export type Cause = 'firewall' | 'publicNetwork' | 'otherNetwork'

/** Why nobody gets through, the likeliest first; what was read and is in order is no cause. */
export function findCauses(firewall: Firewall | null): readonly Cause[] {
  const causes: Cause[] = []
  if (firewall?.isPublicNetwork === true) causes.push('publicNetwork')
  else if (firewall === null || firewall.verdict !== 'open') causes.push('firewall')
  return [...causes, 'otherNetwork']
}

/** One sentence about how far the first device has come. Undefined: nothing to say. */
export function reachWords({ reach, pause }: Pick<Sharing, 'reach' | 'pause'>): string | undefined {
  if (pause !== null) return undefined
  switch (reach.kind) {
    case 'waiting':
      return 'Waiting for a first device…'
    case 'late':
      return 'No device has come through yet.'
    case 'through':
      return 'A device got through: others reach this computer.'
    case 'off':
      return undefined
  }
}
