import type { Role } from '../contract/accounts.ts'
import { MINUTE_MS } from '../core/time.ts'
import type { EngineLink } from './engineLink.ts'
import type { Job, JobBody } from './job.ts'
import type { JobLedger } from './jobLedger.ts'
import { dayOf, limitsOf } from './jobLimits.ts'
import type { JobQueueDependencies } from './jobQueueTypes.ts'
import type { RoomTurns } from './roomTurns.ts'
import type { ShareBook } from './shareBook.ts'
import type { Suspicion } from './suspicion.ts'
import { chooseJob } from './waitingLine.ts'

/** One job runs and one is at hand, so that the GPU never waits for the gate. */
const UPSTREAM_JOBS = 2

/** What of the dispatcher a handover needs. */
export interface HandoverActions {
  link(): EngineLink
  isPaused(): boolean
  takeBack(job: Job): Promise<boolean>
  /** It cannot run any more, and nobody has to hear of it. */
  drop(job: Job): void
  fail(job: Job, message: string): Promise<void>
  /** Whether the engine has it already, or had it: then it is followed, not handed over. */
  isThere(job: Job): Promise<boolean | 'unknown'>
  /** The engine did not say whether it took a job. */
  isUnsure(): void
}

export interface HandoverParts {
  readonly ledger: JobLedger
  readonly book: ShareBook
  readonly suspicion: Suspicion
  readonly room: RoomTurns
}

/** Chooses the next job and gives it to the engine. Everything here runs in the dispatcher's turns. */
export class Handover {
  readonly #dependencies: JobQueueDependencies
  readonly #ledger: JobLedger
  readonly #book: ShareBook
  readonly #suspicion: Suspicion
  readonly #room: RoomTurns
  readonly #actions: HandoverActions

  constructor(dependencies: JobQueueDependencies, parts: HandoverParts, actions: HandoverActions) {
    this.#dependencies = dependencies
    this.#ledger = parts.ledger
    this.#book = parts.book
    this.#suspicion = parts.suspicion
    this.#room = parts.room
    this.#actions = actions
  }

  /** @returns whether there may be more to hand over */
  async next(): Promise<boolean> {
    const bootId = this.#actions.link().bootId()
    if (bootId === undefined || this.#actions.isPaused() || !(await this.#room.isOpen())) return false
    const mayBegin = ({ status, accountId }: Job): boolean =>
      status.state === 'waiting' && !this.#room.wasRefused(accountId)
    const job = chooseJob(this.#book.share, this.#ledger.list(mayBegin))
    if (job === undefined) return false
    const upstream = this.#ledger.list(({ status: { state } }) => state === 'sent' || state === 'running')
    if (upstream.length >= UPSTREAM_JOBS) return this.#makeRoom(job, upstream)
    if (this.#suspicion.isLocked(job.accountId)) return this.#ledger.apply(job, { kind: 'hold', because: 'suspect' })
    const rights = await this.#dependencies.rights.find(job.accountId)
    if (rights === undefined) {
      this.#actions.drop(job)
      return true
    }
    if (!(await rights.mayRun(job))) return this.#ledger.apply(job, { kind: 'hold', because: 'rights' })
    const limits = limitsOf(this.#dependencies.settings, job.accountId, rights.role)
    if (!(await this.#hasMinutes(job.accountId, limits.gpuMinutesPerDay))) {
      return this.#ledger.apply(job, { kind: 'hold', because: 'quota' })
    }
    if (!(await this.#room.admits(job.accountId))) return true
    return this.#giveTo(job, { bootId, runLimitSeconds: limits.runSeconds }, rights.role)
  }

  /** Jobs that waited for minutes of another day, or for more of them. */
  async releaseQuota(): Promise<void> {
    const held = this.#ledger.list(({ status }) => status.heldBecause === 'quota')
    for (const accountId of new Set(held.map((job) => job.accountId))) {
      const rights = await this.#dependencies.rights.find(accountId)
      if (rights === undefined) continue
      const { gpuMinutesPerDay } = limitsOf(this.#dependencies.settings, accountId, rights.role)
      if (!(await this.#hasMinutes(accountId, gpuMinutesPerDay))) continue
      for (const job of held) if (job.accountId === accountId) await this.#ledger.apply(job, { kind: 'release' })
    }
  }

  /** Asked when a job is sent, too; but many that were sent together use the minutes up before their turn comes. */
  async #hasMinutes(accountId: string, minutes: number | null): Promise<boolean> {
    if (minutes === null) return true
    const nowMs = this.#dependencies.clock.nowMs()
    const { runMs } = await this.#dependencies.store.readUse(accountId, dayOf(nowMs).startsAtMs)
    const running = this.#ledger.ofAccount(accountId).filter(({ status }) => status.state === 'running')
    const runningMs = running.reduce((sum, { startedAtMs = nowMs }) => sum + nowMs - startedAtMs, 0)
    return runMs + runningMs < minutes * MINUTE_MS
  }

  async #giveTo(
    job: Job,
    start: { readonly bootId: string; readonly runLimitSeconds: number | null },
    role: Role,
  ): Promise<boolean> {
    const body = job.secretBody ?? (await this.#dependencies.store.findBody(job.id))
    if (body === undefined) {
      this.#actions.drop(job)
      return true
    }
    if (!(await this.#ledger.apply(job, { kind: 'send' }, start))) return true
    this.#book.charge(job, this.#dependencies.settings.get('jobs.weights')[role])
    const isThere = job.isUnsure && (await this.#actions.isThere(job))
    if (isThere === false) await this.#send(job, body)
    if (isThere === 'unknown') this.#actions.isUnsure()
    return isThere !== 'unknown'
  }

  async #send(job: Job, body: JobBody): Promise<void> {
    const members = new Map([
      ['prompt', body.prompt],
      ['prompt_id', JSON.stringify(job.id)],
      ['extra_data', body.extraData],
    ])
    if (body.targets !== undefined) members.set('partial_execution_targets', body.targets)
    const answer = await this.#actions.link().submit(job, members)
    job.isUnsure = answer.kind === 'unknown'
    if (answer.kind === 'refused') await this.#actions.fail(job, answer.message)
    if (answer.kind === 'unknown') this.#actions.isUnsure()
    if (answer.kind === 'accepted' && body.outputs === '[]') await this.#learnOutputs(job)
  }

  /** A job that goes before everybody's takes the place of the one that has not begun, unless that goes before it. */
  async #makeRoom(job: Job, upstream: readonly Job[]): Promise<boolean> {
    const later = upstream.find((other) => other.status.state === 'sent' && other.number > job.number)
    return job.number < 0 && later !== undefined && (await this.#actions.takeBack(later))
  }

  async #learnOutputs(job: Job): Promise<void> {
    const outputs = (await this.#actions.link().readQueue())?.outputs.get(job.id)
    if (outputs !== undefined) await this.#dependencies.store.update(job, { outputs })
  }
}
