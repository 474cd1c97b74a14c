import type { AttackTarget } from './attackTarget.ts'
import type { StandIn } from './standIn.ts'

/*
 * service/protection/ attacks the gate as somebody outside would: over sockets, and at most by reading the files that
 * it leaves. A case knows nothing of the gate's inside, so it finds what a test of a part would not.
 */

interface AttackNames {
  /** Stable: reports of other days are compared by it. */
  readonly id: string
  /** What is tried, as the attacker would say it. */
  readonly title: string
  /** Where the hole is known from: ids of docs/holes.md, or a CVE. */
  readonly holes: readonly string[]
}

/**
 * One attack. It returns what was seen when it was refused and throws `Broken` when it was not. `live`: also tried on
 * the gate that people use, because the gate refuses it by itself: no credential, no password of anybody, nothing that
 * reaches the engine. `throwAway`: only on a gate made for it, with people made for it.
 */
export type AttackCase = AttackNames &
  (
    | { readonly target: 'live'; readonly run: (gate: AttackTarget) => Promise<string> }
    | { readonly target: 'throwAway'; readonly run: (gate: AttackTarget, standIn: StandIn) => Promise<string> }
  )
