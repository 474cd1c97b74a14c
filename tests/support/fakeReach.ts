import type { RoleReach, TriedRole } from '../../proxy/api/dependencies.ts'
import type { ProbeResult } from '../../proxy/contract/reach.ts'
import type { ReachWorld } from '../../proxy/policy/reach.ts'
import { makeUpPrincipal } from '../../proxy/probe/madeUpPeople.ts'

/** A world of the test's own; a try finds what is told. */
export class FakeReach implements RoleReach {
  world: ReachWorld = { routes: undefined, nodes: undefined, models: [], workflows: [] }
  result: ProbeResult = {
    refused: 1,
    let: 1,
    notSent: 0,
    left: 0,
    mismatches: [],
    wrongModels: [],
    unseenRoutes: [],
    tookMs: 1,
  }
  readonly tried: TriedRole[] = []

  makeUp = (role: TriedRole) => makeUpPrincipal(role, { accountId: '', sessionId: '' })

  findWorld(): Promise<ReachWorld> {
    return Promise.resolve(this.world)
  }

  probe(role: TriedRole): Promise<ProbeResult> {
    this.tried.push(role)
    return Promise.resolve(this.result)
  }
}
