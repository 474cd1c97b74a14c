import type { JsonObject } from '../../proxy/comfyui/losslessJson.ts'
import type { GateError } from '../../proxy/contract/errorCodes.ts'
import type { EngineRules } from '../../proxy/contract/nodes.ts'
import type { NodeGuard } from '../../proxy/pipeline/services.ts'

/** Everybody may use everything, until a test says otherwise. */
export class FakeNodes implements NodeGuard {
  readonly rules = new Map<string, EngineRules>()
  /** Set to make every prompt be refused. */
  refusal: GateError | undefined
  readonly asked: { readonly accountId: string; readonly nodes: JsonObject }[] = []
  readonly #listeners = new Set<() => void>()

  attach(): void {
    // There is nothing to ask.
  }

  followEngine(): void {
    // There is nothing to ask.
  }

  find(accountId: string): Promise<EngineRules | undefined> {
    return Promise.resolve(this.rules.get(accountId))
  }

  findRefusal(accountId: string, nodes: JsonObject): Promise<GateError | undefined> {
    this.asked.push({ accountId, nodes })
    return Promise.resolve(this.refusal)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
