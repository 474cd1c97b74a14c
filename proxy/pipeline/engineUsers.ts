import { oldRulesSchema } from '../contract/nodes.ts'
import type { EngineRules } from '../contract/nodes.ts'
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

/** Which nodes and models the engine lets somebody use; see nodes/nodeRights.ts. */
export interface EngineRuleSource {
  /** undefined: no limits. */
  find(accountId: string): Promise<EngineRules | undefined>
}

const SILENCE_MS = 30_000
/** How often one telling is numbered anew. */
const MAX_TELLINGS = 3

/** Whom one start of the engine knows. */
interface Introduced {
  readonly known: Map<string, Told>
  readonly underWay: Map<string, Promise<void>>
}

/** What the engine was told of somebody. */
interface Told {
  /** How often their folders had moved then. */
  readonly moves: number
  /** How often anybody's rules may have changed then. */
  readonly revision: number
  /** JSON text; undefined: no limits. */
  readonly rules: string | undefined
}

/** After a telling whose answer did not come: it may have been carried out or not. Equals nothing, so the next one is sent. */
const UNCERTAIN: Told = { moves: -1, revision: -1, rules: undefined }

/** Tells each start of the engine whose files lie where and who may use what, before the first request that carries a person's id. */
export class EngineUsers {
  readonly #folders: UserFolderSource
  readonly #rules: EngineRuleSource
  readonly #logger: Logger
  readonly #events: ForwarderEvents
  readonly #starts = new WeakMap<Upstream, Introduced>()
  readonly #moves = new Map<string, number>()
  #revision = 0
  /** Number of the last telling, of whomever: the engine takes none that comes after a later one. */
  #order = 0
  /** Whose temporary files of earlier starts are gone: one start may be connected to more than once. */
  #cleared: { readonly bootId: string; readonly accounts: Set<string> } = { bootId: '', accounts: new Set() }

  constructor(
    sources: { readonly folders: UserFolderSource; readonly rules: EngineRuleSource },
    logger: Logger,
    events: ForwarderEvents,
  ) {
    this.#events = events
    this.#folders = sources.folders
    this.#rules = sources.rules
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

  /**
   * What people may use may have changed: whoever the engine knows is looked at, and told of anew when it has. Until
   * then none of their requests goes on. Never throws.
   */
  async rulesChanged(upstream: Upstream | undefined): Promise<void> {
    this.#revision += 1
    if (upstream === undefined) return
    const { known, underWay } = this.#of(upstream)
    for (const accountId of new Set([...known.keys(), ...underWay.keys()])) {
      try {
        await this.introduce(upstream, accountId)
      } catch (error) {
        this.#logger.warn({ err: error, account: accountId }, 'the engine could not be told what somebody may use')
      }
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
    const told = this.#of(upstream).known.get(accountId)
    return told?.moves === this.#movesOf(accountId) && told.revision === this.#revision
  }

  #movesOf(accountId: string): number {
    return this.#moves.get(accountId) ?? 0
  }

  #of(upstream: Upstream): Introduced {
    const found = this.#starts.get(upstream) ?? {
      known: new Map<string, Told>(),
      underWay: new Map<string, Promise<void>>(),
    }
    this.#starts.set(upstream, found)
    return found
  }

  #tell(upstream: Upstream, accountId: string): Promise<void> {
    const { underWay } = this.#of(upstream)
    const waiting = underWay.get(accountId)
    // Told too late: what is under way may have been read before the change that this request comes after.
    if (waiting !== undefined) return waiting.then(() => this.introduce(upstream, accountId))
    const work = this.#tellNow(upstream, accountId).finally(() => underWay.delete(accountId))
    underWay.set(accountId, work)
    // A change meanwhile holds for the request that began this, too.
    return work.then(() => this.introduce(upstream, accountId))
  }

  async #tellNow(upstream: Upstream, accountId: string): Promise<void> {
    const { known } = this.#of(upstream)
    const before = known.get(accountId)
    const [moves, revision] = [this.#movesOf(accountId), this.#revision]
    const found = await this.#rules.find(accountId)
    const rules = found === undefined ? undefined : JSON.stringify(found)
    if (before?.moves !== moves || before.rules !== rules) {
      known.set(accountId, UNCERTAIN)
      await this.#put(upstream, accountId, found)
    }
    known.set(accountId, { moves, revision, rules })
  }

  async #put(upstream: Upstream, accountId: string, rules: EngineRules | undefined): Promise<void> {
    const folders = await this.#folders.ensure(accountId)
    if (folders.tempDirectory !== null) await this.#clearOnce(upstream.bootId, accountId)
    const told = rules === undefined ? folders : { ...folders, rules }
    for (let telling = 1; ; telling += 1) {
      const answer = await this.#sendNumbered(upstream, accountId, told)
      if (answer.status === 204) return
      const last = lastOrderOf(answer)
      if (last !== undefined && telling < MAX_TELLINGS) {
        // Numbers of an earlier connection to the same start.
        this.#order = Math.max(this.#order, last)
        continue
      }
      const said = `${answer.status} ${answer.body.toString('utf8', 0, 500)}`
      this.#logger.error({ account: accountId, said }, 'the engine did not take an account')
      throw engineUnavailable(new Error('the engine refused an account'))
    }
  }

  #sendNumbered(upstream: Upstream, accountId: string, told: object): Promise<EngineAnswer> {
    this.#order += 1
    return this.#send(upstream, {
      method: 'PUT',
      path: `/gatehouse/companion/users/${accountId}`,
      body: Buffer.from(JSON.stringify({ ...told, order: this.#order })),
      silenceMs: SILENCE_MS,
    })
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

/** Of the engine's answer to a telling that is older than another; undefined for any other answer. */
function lastOrderOf({ status, body }: EngineAnswer): number | undefined {
  if (status !== 409) return undefined
  try {
    const parsed = oldRulesSchema.safeParse(JSON.parse(body.toString('utf8')))
    return parsed.success ? parsed.data.last : undefined
  } catch {
    // Not JSON after all.
    return undefined
  }
}
