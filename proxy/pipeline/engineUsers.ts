import type { Logger } from '../core/logger.ts'
import { hasCode, isBrokenConnection } from '../core/systemErrors.ts'
import { callEngine } from '../forward/callEngine.ts'
import type { EngineAnswer, EngineCall } from '../forward/callEngine.ts'
import { engineUnavailable } from '../forward/httpForwarder.ts'
import type { ForwarderEvents } from '../forward/httpForwarder.ts'
import type { Upstream } from '../forward/upstream.ts'
import type { FolderSet } from '../isolation/userFolders.ts'

/** Where people's files lie; see isolation/userFolders.ts. */
export interface UserFolderSource {
  /** @throws GateError FOLDER_REFUSED */
  ensure(accountId: string): Promise<FolderSet>
  clearTemp(accountId: string): Promise<void>
  /** Tells whose folders lie elsewhere now. Left out: nobody's ever do. */
  onMoved?(listener: (accountId: string) => void): () => void
  /** Which of these people are not let in any more. Left out: everybody stays. */
  findGone?(accountIds: readonly string[]): Promise<readonly string[]>
}

const SILENCE_MS = 30_000

/** Whom one start of the engine knows. */
interface Introduced {
  /** With how often they had moved when it was told where their files lie. */
  readonly known: Map<string, number>
  readonly underWay: Map<string, Promise<void>>
}

/** Tells each start of the engine whose files lie where, before the first request that carries a person's id. */
export class EngineUsers {
  readonly #folders: UserFolderSource
  readonly #logger: Logger
  readonly #events: ForwarderEvents
  readonly #starts = new WeakMap<Upstream, Introduced>()
  readonly #moves = new Map<string, number>()
  /** Whose temporary files of earlier starts are gone: one start may be connected to more than once. */
  #cleared: { readonly bootId: string; readonly accounts: Set<string> } = { bootId: '', accounts: new Set() }

  constructor(folders: UserFolderSource, logger: Logger, events: ForwarderEvents) {
    this.#events = events
    this.#folders = folders
    this.#logger = logger
  }

  /**
   * undefined when this start knows the account already: most requests need not wait.
   * @throws GateError FOLDER_REFUSED, ENGINE_UNAVAILABLE; then nothing may be sent for this account
   */
  introduce(upstream: Upstream, accountId: string): Promise<void> | undefined {
    return this.#isKnown(upstream, accountId) ? undefined : this.#tell(upstream, accountId)
  }

  /**
   * As introduce, for what writes into the folders: they are looked at again, because a drive may be gone since.
   * @throws as introduce
   */
  async prepare(upstream: Upstream, accountId: string): Promise<void> {
    await this.#folders.ensure(accountId)
    await this.introduce(upstream, accountId)
  }

  /** After the engine said that it does not know the account. @throws as introduce */
  introduceAgain(upstream: Upstream, accountId: string): Promise<void> {
    this.#of(upstream).known.delete(accountId)
    return this.#tell(upstream, accountId)
  }

  /** Tells the engine at once where somebody's files lie now: until then it would let others' jobs read there. Never throws. */
  async moved(upstream: Upstream | undefined, accountId: string): Promise<void> {
    this.#moves.set(accountId, this.#movesOf(accountId) + 1)
    try {
      if (upstream !== undefined) await this.introduce(upstream, accountId)
    } catch (error) {
      this.#logger.warn({ err: error, account: accountId }, 'the engine could not be told of a folder that was moved')
    }
  }

  /** Takes back from the engine whoever was removed or turned away. Never throws: what they may do is decided here. */
  async forgetGone(upstream: Upstream | undefined): Promise<void> {
    if (upstream === undefined) return
    const { known } = this.#of(upstream)
    try {
      for (const accountId of (await this.#folders.findGone?.([...known.keys()])) ?? []) {
        // First here: whoever comes back meanwhile is told of anew.
        known.delete(accountId)
        await this.#send(upstream, { method: 'DELETE', path: `/gatehouse/companion/users/${accountId}` })
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'the engine could not be told who is gone')
    }
  }

  #isKnown(upstream: Upstream, accountId: string): boolean {
    return this.#of(upstream).known.get(accountId) === this.#movesOf(accountId)
  }

  #movesOf(accountId: string): number {
    return this.#moves.get(accountId) ?? 0
  }

  #of(upstream: Upstream): Introduced {
    const found = this.#starts.get(upstream) ?? {
      known: new Map<string, number>(),
      underWay: new Map<string, Promise<void>>(),
    }
    this.#starts.set(upstream, found)
    return found
  }

  #tell(upstream: Upstream, accountId: string): Promise<void> {
    const { known, underWay } = this.#of(upstream)
    const waiting = underWay.get(accountId)
    if (waiting !== undefined) return waiting
    const moves = this.#movesOf(accountId)
    const work = this.#put(upstream, accountId)
      .then(() => {
        known.set(accountId, moves)
      })
      .finally(() => underWay.delete(accountId))
    underWay.set(accountId, work)
    return work
  }

  async #put(upstream: Upstream, accountId: string): Promise<void> {
    const folders = await this.#folders.ensure(accountId)
    if (folders.tempDirectory !== null) await this.#clearOnce(upstream.bootId, accountId)
    const path = `/gatehouse/companion/users/${accountId}`
    const answer = await this.#send(upstream, {
      method: 'PUT',
      path,
      body: Buffer.from(JSON.stringify(folders)),
      silenceMs: SILENCE_MS,
    })
    if (answer.status === 204) return
    const said = `${answer.status} ${answer.body.toString('utf8', 0, 500)}`
    this.#logger.error({ account: accountId, said }, 'the engine did not take the folders of an account')
    throw engineUnavailable(new Error('the engine refused an account'))
  }

  /** What earlier starts left behind; ComfyUI does the same with its own when it starts. */
  async #clearOnce(bootId: string, accountId: string): Promise<void> {
    if (this.#cleared.bootId !== bootId) this.#cleared = { bootId, accounts: new Set() }
    const { accounts } = this.#cleared
    if (accounts.has(accountId)) return
    accounts.add(accountId)
    await this.#folders.clearTemp(accountId)
  }

  async #send(upstream: Upstream, call: EngineCall): Promise<EngineAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await callEngine(upstream, call)
      } catch (error) {
        if (hasCode(error, 'ECONNREFUSED')) this.#events.unreachable()
        // A kept connection that the engine closed just then: telling it twice changes nothing.
        const isBroken = isBrokenConnection(error)
        if (attempt > 1 || !isBroken) throw engineUnavailable(error)
      }
    }
  }
}
