import type { HoldReason } from '../contract/jobs.ts'
import type { FairShare } from './fairShare.ts'
import { noEngine } from './engineLink.ts'
import type { EngineLink, EngineQueue } from './engineLink.ts'
import type { Job, JobBody } from './job.ts'
import { JobEndings, wordsFor } from './jobEndings.ts'
import type { JobLedger } from './jobLedger.ts'
import { noTexts } from './jobStore.ts'
import { limitsOf } from './jobLimits.ts'
import type { JobQueueDependencies, JobTimings } from './jobQueueTypes.ts'
import { readEventData } from './runRecord.ts'
import { endlessRoom } from './roomCheck.ts'
import { RoomTurns } from './roomTurns.ts'
import { ShareBook } from './shareBook.ts'
import { isUpstream, nextStatus } from './jobState.ts'
import { TimeLimits } from './timeLimits.ts'
import { chooseJob } from './waitingLine.ts'

/** One job runs and one is at hand, so that the GPU never waits for the gate. */
const UPSTREAM_JOBS = 2
const MAX_LOSSES = 5
/** After an answer that did not come. */
const SOON_MS = 500
const COMPARE_FAILED = 'the queue could not be compared with the engine'

/**
 * Hands jobs to the engine and follows what becomes of them. Everything that asks the engine to change something runs
 * one after the other, so that what was found out still holds when it is acted upon.
 */
export class Dispatcher {
  readonly #dependencies: JobQueueDependencies
  readonly #ledger: JobLedger
  readonly #timings: JobTimings
  readonly #endings: JobEndings
  readonly #timeLimits: TimeLimits
  readonly #book = new ShareBook()
  readonly room: RoomTurns
  /** Cancelled while the engine could not be asked: it may still have them. */
  readonly #unwanted = new Set<string>()
  #link: EngineLink = noEngine
  #lastTurn: Promise<unknown> = Promise.resolve()
  #pumping = false
  #pumpAgain = false
  #closed = false

  constructor(dependencies: JobQueueDependencies, ledger: JobLedger, timings: JobTimings) {
    this.#dependencies = dependencies
    this.#ledger = ledger
    this.#timings = timings
    this.room = new RoomTurns(dependencies.room ?? endlessRoom, ledger)
    this.#endings = new JobEndings(dependencies, ledger, () => this.#link)
    this.#timeLimits = new TimeLimits(timings.stopGraceMs, {
      interrupt: (job) => {
        job.failure = `It took longer than the ${String(job.runLimitSeconds)} seconds that a job of yours may take.`
        void this.#link.interrupt(job.id)
      },
      giveUp: (job) => this.#giveUp(job),
    })
  }

  get share(): FairShare {
    return this.#book.share
  }

  attach(link: EngineLink): void {
    this.#link = link
  }

  tellStatus(accountId: string): void {
    this.#link.tellStatus(accountId)
  }

  /** Looks whether something can be handed over. */
  pump(): void {
    this.#pumpAgain = true
    if (this.#pumping || this.#closed) return
    this.#pumping = true
    this.#pumpAll()
      .catch((error: unknown) => this.#dependencies.logger.error({ err: error }, 'a job could not be handed over'))
      .finally(() => {
        this.#pumping = false
      })
  }

  /** Resolves when the person's jobs that have just ended stand in the history, or after a while. */
  settled(accountId: string): Promise<void> {
    return this.#endings.settled(accountId, this.#timings.settleMs)
  }

  /** Resolves when what is being asked of the engine now is done, or after a moment. */
  async quiet(): Promise<void> {
    let late: NodeJS.Timeout | undefined
    await Promise.race([this.#lastTurn, new Promise((resolve) => (late = setTimeout(resolve, SOON_MS)))])
    clearTimeout(late)
  }

  close(): void {
    this.#closed = true
    this.#timeLimits.clear()
  }

  /** The engine can be asked, and its events are heard from now on. Jobs of an earlier start are gone with it. */
  async engineReady(): Promise<void> {
    const bootId = this.#link.bootId()
    if (bootId === undefined) return
    for (const job of this.#upstream()) if (job.bootId !== bootId) await this.#engineGone(job, false)
    await this.compare()
    this.pump()
  }

  /** The engine's process is gone. `isItsFault`: what ran has hung it or used its memory up. */
  async engineEnded(isItsFault: boolean): Promise<void> {
    this.#unwanted.clear()
    // First what did not run: the jobs of who brought it down are held when they wait again.
    const isRunning = (job: Job): number => (job.status.state === 'running' ? 1 : 0)
    const all = this.#upstream().sort((one, other) => isRunning(one) - isRunning(other))
    for (const job of all) await this.#engineGone(job, isItsFault)
  }

  /** An event of a job, in the order in which the engine sent them. */
  onEvent(promptId: string, type: string, node: string | null | undefined, bytes: Buffer): void {
    const job = this.#ledger.find(promptId)
    if (job === undefined) {
      if (type === 'execution_start' && this.#unwanted.delete(promptId)) void this.#link.interrupt(promptId)
      return
    }
    if (type === 'execution_start') this.#begin(job)
    // Held in the meantime, while the engine could not be asked to give it back.
    if (type === 'execution_start' && job.status.state === 'held') void this.#link.interrupt(promptId)
    this.#endings.record(job, type, () => readEventData(bytes))
    if (type === 'execution_success') this.#settle(job, 'succeeded')
    if (type === 'execution_error' || type === 'execution_interrupted') this.#settle(job, 'failed')
    if (type === 'executing' && node === null) this.#finish(job)
  }

  /** Compares with the engine what it has: events may have been missed. */
  async compare(): Promise<void> {
    await this.#inTurn(async () => {
      const before = this.#upstream()
      const queue = before.length + this.#unwanted.size === 0 ? undefined : await this.#link.readQueue()
      if (queue === undefined) return
      for (const id of [...this.#unwanted]) await this.#dropUnwanted(id, queue)
      for (const job of before) await this.#compareOne(job, queue)
    })
    this.pump()
  }

  /**
   * Takes a job back from the engine if it has not begun.
   * @returns whether it waits in the gate now
   */
  takeBack(job: Job): Promise<boolean> {
    return this.#inTurn(() => this.#takeBackNow(job))
  }

  /** Takes the job back first if need be. @returns false when it has begun or is over */
  hold(job: Job, because: HoldReason): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!(await this.#takeBackNow(job))) return false
      return this.#ledger.apply(job, { kind: 'hold', because })
    })
  }

  /** A job that has not begun never will. @returns false when it has begun or is over */
  cancel(job: Job): Promise<boolean> {
    return this.#inTurn(async () => {
      const canAsk = this.#link.bootId() !== undefined
      if (job.status.state === 'sent' && canAsk && !(await this.#takeBackNow(job))) return false
      if (job.status.state === 'sent') this.#unwanted.add(job.id)
      const endedAtMs = this.#dependencies.clock.nowMs()
      const done = await this.#ledger.apply(job, { kind: 'cancel' }, { endedAtMs }, noTexts)
      if (!done) return false
      this.#book.refund(job)
      this.#forget(job)
      this.#link.tellStatus(job.accountId)
      return true
    })
  }

  /** Stops the job if it runs, for a reason in words if there is one. The engine looks again whether it does: by then another one may. */
  async interrupt(job: Job, because?: string): Promise<void> {
    if (job.status.state !== 'running' && job.status.state !== 'sent') return
    job.failure = because ?? job.failure
    await this.#link.interrupt(job.id)
  }

  async #pumpAll(): Promise<void> {
    while (this.#pumpAgain) {
      this.#pumpAgain = false
      this.room.beginRound()
      while (!this.#closed && (await this.#inTurn(() => this.#handOver()))) continue
    }
  }

  /** @returns whether there may be more to hand over */
  async #handOver(): Promise<boolean> {
    const bootId = this.#link.bootId()
    if (bootId === undefined || this.isPaused() || !(await this.room.isOpen())) return false
    const mayBegin = ({ status, accountId }: Job): boolean =>
      status.state === 'waiting' && !this.room.wasRefused(accountId)
    const job = chooseJob(this.#book.share, this.#ledger.list(mayBegin))
    if (job === undefined) return false
    const upstream = this.#ledger.list(({ status: { state } }) => state === 'sent' || state === 'running')
    if (upstream.length >= UPSTREAM_JOBS) return this.#makeRoom(job, upstream)
    const rights = await this.#dependencies.rights.find(job.accountId)
    if (rights === undefined) {
      this.#forget(job)
      this.#ledger.drop(job)
      return true
    }
    if (!rights.mayRun) return this.#ledger.apply(job, { kind: 'hold', because: 'rights' })
    if (!(await this.room.admits(job.accountId))) return true
    const body = job.secretBody ?? (await this.#dependencies.store.findBody(job.id))
    if (body === undefined) {
      this.#ledger.drop(job)
      return true
    }
    const { runSeconds } = limitsOf(this.#dependencies.settings, job.accountId, rights.role)
    const weight = this.#dependencies.settings.get('jobs.weights')[rights.role]
    const isSent = await this.#ledger.apply(job, { kind: 'send' }, { bootId, runLimitSeconds: runSeconds })
    if (!isSent) return true
    this.#book.charge(job, weight)
    await this.#send(job, body)
    return true
  }

  async #send(job: Job, body: JobBody): Promise<void> {
    const members = new Map([
      ['prompt', body.prompt],
      ['prompt_id', JSON.stringify(job.id)],
      ['extra_data', body.extraData],
    ])
    if (body.targets !== undefined) members.set('partial_execution_targets', body.targets)
    const answer = await this.#link.submit(job, members)
    if (answer.kind === 'refused') {
      this.#book.refund(job)
      await this.#endings.fail(job, { kind: 'finish', outcome: 'failed' }, answer.message)
      this.#forget(job)
      return
    }
    if (answer.kind === 'unknown') setTimeout(() => this.#background(this.compare(), COMPARE_FAILED), SOON_MS).unref()
    if (answer.kind === 'accepted' && body.outputs === '[]') await this.#learnOutputs(job)
  }

  /** A job that goes before everybody's takes the place of the one that has not begun, unless that goes before it. */
  async #makeRoom(job: Job, upstream: readonly Job[]): Promise<boolean> {
    const later = upstream.find((other) => other.status.state === 'sent' && other.number > job.number)
    return job.number < 0 && later !== undefined && (await this.#takeBackNow(later))
  }

  async #learnOutputs(job: Job): Promise<void> {
    const outputs = (await this.#link.readQueue())?.outputs.get(job.id)
    if (outputs !== undefined) await this.#dependencies.store.update(job, { outputs })
  }

  async #takeBackNow(job: Job): Promise<boolean> {
    if (job.status.state === 'waiting') return true
    if (job.status.state !== 'sent' || this.#link.bootId() === undefined) return false
    await this.#link.withdraw(job.id)
    const queue = await this.#link.readQueue()
    if (queue === undefined || queue.pending.has(job.id)) return false
    await this.#compareOne(job, queue, true)
    return this.#isBack(job)
  }

  /** Asked after an await, during which the state may have become anything. */
  #isBack(job: Job): boolean {
    return job.status.state === 'waiting'
  }

  async #compareOne(job: Job, { running, pending }: EngineQueue, wasWithdrawn = false): Promise<void> {
    if (pending.has(job.id) || !isUpstream(job.status.state)) return
    if (running.has(job.id)) {
      if (job.status.state === 'sent') this.#begin(job)
      return
    }
    const ending = await this.#endings.finish(job)
    if (ending === 'done') {
      this.#endings.tellOver(job)
      this.#ended(job)
    }
    if (ending !== 'unknown') return
    // Asked again: events go on arriving in the meantime.
    if (job.status.state === 'running') await this.#engineGone(job, false)
    else await this.#comeBack(job, wasWithdrawn)
  }

  /** The engine does not have it, and it never ran: it is handed over again, but not for ever. */
  async #comeBack(job: Job, wasWithdrawn: boolean): Promise<void> {
    if (!wasWithdrawn) job.losses += 1
    if (job.losses < MAX_LOSSES) {
      if (await this.#ledger.apply(job, { kind: 'takeBack' }, { bootId: undefined })) this.#book.refund(job)
      return
    }
    const words = 'ComfyUI took this job several times and lost it each time.'
    if (await this.#endings.fail(job, { kind: 'finish', outcome: 'failed' }, words)) this.#ended(job)
  }

  async #dropUnwanted(id: string, { running, pending }: EngineQueue): Promise<void> {
    if (pending.has(id)) await this.#link.withdraw(id)
    if (running.has(id)) await this.#link.interrupt(id)
    if (!pending.has(id)) this.#unwanted.delete(id)
  }

  #begin(job: Job): void {
    const startedAtMs = this.#dependencies.clock.nowMs()
    this.#endings.begin(job)
    this.#background(this.#ledger.apply(job, { kind: 'start' }, { startedAtMs }), 'a job could not be noted as begun')
    this.#timeLimits.start(job)
    this.#link.tellStatus(job.accountId)
  }

  #settle(job: Job, outcome: 'succeeded' | 'failed'): void {
    this.#timeLimits.stop(job)
    this.#background(this.#endings.settle(job, outcome), 'the end of a job could not be noted')
    // Before the answers of disk and engine: the GPU need not wait for them.
    this.#book.settle(job, secondsOf(job))
    this.pump()
  }

  #finish(job: Job): void {
    const finishing = this.#endings.finish(job).then((ending) => {
      if (ending === 'done') this.#ended(job)
    })
    this.#background(finishing, 'the result of a job could not be kept')
  }

  #ended(job: Job): void {
    const seconds = secondsOf(job)
    this.#book.settle(job, seconds)
    this.#forget(job)
    this.#learn(job, seconds)
    this.#link.tellStatus(job.accountId)
    this.pump()
  }

  /** What just took so long will take about as long again. */
  #learn({ shape, startedAtMs }: Job, seconds: number): void {
    if (startedAtMs === undefined) return
    for (const other of this.#ledger.list((job) => job.shape === shape)) other.expectedSeconds = seconds
  }

  async #engineGone(job: Job, isItsFault: boolean): Promise<void> {
    this.#timeLimits.stop(job)
    const { state } = job.status
    const event = { kind: 'engineGone', isItsFault: isItsFault || job.overdue } as const
    if (state === 'ended') {
      if (await this.#endings.finishFromRecord(job)) this.#ended(job)
      return
    }
    if (nextStatus(job.status, event)?.state !== 'failed') {
      if (await this.#ledger.apply(job, event, { bootId: undefined, startedAtMs: undefined })) this.#book.refund(job)
      return
    }
    if (!(await this.#endings.fail(job, event, wordsFor(job, isItsFault)))) return
    this.#ended(job)
    for (const other of this.#ledger.ofAccount(job.accountId)) {
      await this.#ledger.apply(other, { kind: 'hold', because: 'suspect' })
    }
  }

  #giveUp(job: Job): void {
    job.overdue = true
    this.#dependencies.logger.warn(
      { job: job.id },
      'a job does not stop at its time limit; the engine is started again',
    )
    this.#background(this.#link.endHung(), 'the engine could not be ended')
  }

  #forget(job: Job): void {
    job.secretBody = undefined
    this.#endings.forget(job)
    this.#timeLimits.stop(job)
  }

  isPaused(): boolean {
    const pause = this.#dependencies.settings.get('jobs.paused')
    return pause !== null && (pause.untilMs === null || pause.untilMs > this.#dependencies.clock.nowMs())
  }

  #upstream(): Job[] {
    return this.#ledger.list(({ status }) => isUpstream(status.state))
  }

  #background(work: Promise<unknown>, failure: string): void {
    work.catch((error: unknown) => this.#dependencies.logger.error({ err: error }, failure))
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#lastTurn.then(action)
    this.#lastTurn = result.catch(() => undefined) // whoever asked for it hears of it
    return result
  }
}

function secondsOf({ startedAtMs, endedAtMs }: Job): number {
  return startedAtMs === undefined || endedAtMs === undefined ? 0 : (endedAtMs - startedAtMs) / 1000
}
