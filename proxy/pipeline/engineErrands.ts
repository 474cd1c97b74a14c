import type { Engine } from '../comfyui/engine.ts'
import { hidePaths } from '../core/hidePaths.ts'
import { describePromptError, parseEngineQueue } from '../comfyui/engineQueue.ts'
import { formatLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject } from '../comfyui/losslessJson.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import { callEngine } from '../forward/callEngine.ts'
import { hasCode } from '../core/systemErrors.ts'
import type { EngineAnswer } from '../forward/callEngine.ts'
import type { Upstream } from '../forward/upstream.ts'
import type { EngineLink, EngineQueue, SubmitAnswer } from '../jobs/engineLink.ts'
import type { Job } from '../jobs/job.ts'
import type { EngineUsers } from './engineUsers.ts'
import type { SocketHub } from './socketHub.ts'

export interface EngineQuestion {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  /** JSON text. */
  readonly body?: string
  readonly limitBytes?: number
}

/** Longer than any errand takes: ComfyUI stalls for seconds while it loads a model. */
const ERRAND_MS = 60_000
/** Reading the source of every node takes it a few seconds; people wait for it, and so does the queue. */
const FACTS_MS = 20_000
const MAX_FACTS_BYTES = 32 * 1024 * 1024
/** Workflow and results of one job; of what is larger the gate keeps what the events said. */
const MAX_ENTRY_BYTES = 64 * 1024 * 1024

export interface EngineErrandsDependencies {
  readonly upstream: () => Upstream | undefined
  readonly hub: SocketHub
  readonly engine: Engine
  readonly users: EngineUsers
  readonly logger: Logger
}

/** What the gate asks the engine by itself, for the queue. */
export class EngineErrands implements EngineLink {
  readonly #dependencies: EngineErrandsDependencies

  constructor(dependencies: EngineErrandsDependencies) {
    this.#dependencies = dependencies
  }

  bootId(): string | undefined {
    return this.#dependencies.hub.listeningTo()
  }

  async submit(job: Job, members: ReadonlyMap<string, string>): Promise<SubmitAnswer> {
    const { hub, logger } = this.#dependencies
    const clientId = hub.openCollectorId()
    if (clientId === undefined) return { kind: 'unknown' }
    hub.expect({ promptId: job.id, accountId: job.accountId, clientId: job.clientId })
    const all = [...members, ['client_id', JSON.stringify(clientId)] as const]
    const body = `{${all.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
    const answer = await this.#submit(job.accountId, body)
    if (answer instanceof GateError) return { kind: 'refused', message: answer.message }
    if (answer?.status === 200) return { kind: 'accepted' }
    if (answer?.status === 400 || answer?.status === 500) {
      return { kind: 'refused', message: hidePaths(describePromptError(answer.body)) }
    }
    logger.warn({ status: answer?.status }, 'the engine did not say whether it took a job')
    return { kind: 'unknown' }
  }

  /** A GateError: this person's jobs cannot run, and why. */
  async #submit(accountId: string, body: string): Promise<EngineAnswer | GateError | undefined> {
    try {
      return await this.askFor(accountId, { method: 'POST', path: '/prompt', body })
    } catch (error) {
      if (error instanceof GateError) return error
      throw error
    }
  }

  async readQueue(): Promise<EngineQueue | undefined> {
    const answer = await this.#ask({ method: 'GET', path: '/queue' })
    if (answer?.status !== 200) return undefined
    try {
      return parseEngineQueue(answer.body)
    } catch (error) {
      this.#dependencies.logger.warn({ err: error }, 'the queue of the engine cannot be read')
      return undefined
    }
  }

  async readHistory(promptId: string): Promise<string | undefined> {
    const question = { method: 'GET', path: `/history/${promptId}`, limitBytes: MAX_ENTRY_BYTES } as const
    const answer = await this.#ask(question)
    return answer?.status === 200 ? answer.body.toString('utf8') : undefined
  }

  async withdraw(promptId: string): Promise<boolean> {
    const body = JSON.stringify({ delete: [promptId] })
    return (await this.#ask({ method: 'POST', path: '/queue', body }))?.status === 200
  }

  async interrupt(promptId: string): Promise<boolean> {
    const body = JSON.stringify({ prompt_id: promptId })
    return (await this.#ask({ method: 'POST', path: '/interrupt', body }))?.status === 200
  }

  async forget(promptId: string): Promise<boolean> {
    const body = JSON.stringify({ delete: [promptId] })
    return (await this.#ask({ method: 'POST', path: '/history', body }))?.status === 200
  }

  /** What this start of the engine says of itself, in nobody's name. undefined: no answer. */
  readFacts(path: string): Promise<EngineAnswer | undefined> {
    return this.#ask({ method: 'GET', path, limitBytes: MAX_FACTS_BYTES }, FACTS_MS)
  }

  /** Nothing runs, and it takes much memory: what it keeps for later jobs can go. */
  async freeMemory(): Promise<boolean> {
    const body = JSON.stringify({ unload_models: true, free_memory: true })
    return (await this.#ask({ method: 'POST', path: '/free', body }))?.status === 200
  }

  /** To send its log to the gate's own socket, in an administrator's name. Never throws; false: it did not agree. */
  async subscribeToLogs(accountId: string, clientId: string): Promise<boolean> {
    const body = JSON.stringify({ clientId, enabled: true })
    const question = { method: 'PATCH', path: '/internal/logs/subscribe', body } as const
    try {
      return (await this.askFor(accountId, question))?.status === 200
    } catch (error) {
      this.#dependencies.logger.warn({ err: error }, 'the log of the engine could not be asked for')
      return false
    }
  }

  endHung(): Promise<void> {
    return this.#dependencies.engine.endHung()
  }

  tell(job: Job, type: string, data: JsonObject): void {
    const { hub } = this.#dependencies
    if (hub.jobs.find(job.id) === undefined) {
      hub.expect({ promptId: job.id, accountId: job.accountId, clientId: job.clientId })
    }
    hub.tellJob(job.id, `{"type":${JSON.stringify(type)},"data":${formatLosslessJson(data)}}`)
  }

  tellStatus(accountId: string): void {
    this.#dependencies.hub.tellStatus(accountId)
  }

  /**
   * A question for one person, who is made known to the engine first. undefined: no answer.
   * @throws GateError when the person's folders are not as they must be
   */
  async askFor(accountId: string, question: EngineQuestion): Promise<EngineAnswer | undefined> {
    const upstream = this.#dependencies.upstream()
    if (upstream === undefined) return undefined
    const { users } = this.#dependencies
    const headers = ['x-gatehouse-user', accountId]
    try {
      await users.prepare(upstream, accountId)
      const answer = await call(upstream, question, headers)
      if (answer.status !== 409) return answer
      await users.introduceAgain(upstream, accountId)
      return await call(upstream, question, headers)
    } catch (error) {
      if (error instanceof GateError && error.code !== 'ENGINE_UNAVAILABLE') throw error
      this.#noteSilence(error)
      return undefined
    }
  }

  async #ask(question: EngineQuestion, silenceMs = ERRAND_MS): Promise<EngineAnswer | undefined> {
    const upstream = this.#dependencies.upstream()
    if (upstream === undefined) return undefined
    try {
      return await call(upstream, question, [], silenceMs)
    } catch (error) {
      this.#noteSilence(error)
      return undefined
    }
  }

  #noteSilence(error: unknown): void {
    this.#dependencies.logger.debug({ err: error }, 'the engine could not be asked')
    if (isRefusedConnection(error)) this.#dependencies.engine.reportUnreachable()
  }
}

function isRefusedConnection(error: unknown): boolean {
  return hasCode(error, 'ECONNREFUSED') || (error instanceof Error && isRefusedConnection(error.cause))
}

function call(
  upstream: Upstream,
  { method, path, body, limitBytes }: EngineQuestion,
  headers: readonly string[],
  silenceMs?: number,
): Promise<EngineAnswer> {
  const ofBody = body === undefined ? {} : { body: Buffer.from(body) }
  const limits = {
    ...(silenceMs === undefined ? {} : { silenceMs }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  }
  return callEngine(upstream, { method, path, headers, ...ofBody, ...limits })
}
