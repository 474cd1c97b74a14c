import type { HoldReason } from '../contract/jobs.ts'
import { Comparison } from './comparison.ts'
import type { FairShare } from './fairShare.ts'
import { noEngine } from './engineLink.ts'
import type { EngineLink, EngineQueue } from './engineLink.ts'
import type { Job } from './job.ts'
import { JobEndings, wordsFor } from './jobEndings.ts'
import type { JobLedger } from './jobLedger.ts'
import { Handover } from './handover.ts'
import { Interruptions } from './interruptions.ts'
import { noTexts } from './jobStore.ts'
import type { JobQueueDependencies, JobTimings } from './jobQueueTypes.ts'
import { endlessRoom } from './roomCheck.ts'
import { RoomTurns } from './roomTurns.ts'
import type { ShareBook } from './shareBook.ts'
import { isUpstream, nextStatus } from './jobState.ts'
import type { Blame, Suspicion } from './suspicion.ts'
import { TimeLimits } from './timeLimits.ts'
import { Turns } from './turns.ts'

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
  readonly room: RoomTurns
  readonly #book: ShareBook
  readonly #suspicion: Suspicion
  readonly #handover: Handover
  readonly #interruptions: Interruptions
  readonly #comparison: Comparison
  readonly #turns = new Turns()
  /** Were stopped in place of another job and run again: the end of that run is none of the job's. */
  readonly #strays = new Set<string>()
  /** Cancelled while the engine could not be asked: it may still have them. */
  readonly #unwanted = new Set<string>()
  #link: EngineLink = noEngine
  #pumping = false
  #pumpAgain = false
  #closed = false

  constructor(
    dependencies: JobQueueDependencies,
    parts: { readonly ledger: JobLedger; readonly book: ShareBook; readonly suspicion: Suspicion },
    timings: JobTimings,
  ) {
    this.#dependencies = dependencies
    this.#ledger = parts.ledger
    this.#book = parts.book
    this.#suspicion = parts.suspicion
    this.#timings = timings
    this.room = new RoomTurns(dependencies.room ?? endlessRoom, parts.ledger)
    this.#interruptions = new Interruptions(dependencies.clock, (jobId) => this.#link.interrupt(jobId))
    this.#handover = new Handover(
      dependencies,
      { ...parts, room: this.room },
      {
        link: () => this.#link,
        isPaused: () => this.isPaused(),
        takeBack: (job) => this.#comparison.takeBack(job),
        drop: (job) => this.#drop(job),
        fail: (job, message) => this.#refuse(job, message),
        isThere: (job) => this.#comparison.isThere(job),
        isUnsure: () => this.#compareSoon(),
      },
    )
    this.#endings = new JobEndings(dependencies, parts.ledger, () => this.#link)
    this.#comparison = new Comparison(
      { ...parts, endings: this.#endings },
      {
        link: () => this.#link,
        begin: (job) => this.#begin(job),
        ended: (job) => this.#ended(job),
        lost: (job) => this.#engineGone(job, 'none'),
      },
    )
    this.#timeLimits = new TimeLimits(timings.stopGraceMs, {
      interrupt: (job, why) => {
        job.failure = why
        void this.#interruptions.send(job.id)
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
  quiet(): Promise<void> {
    return this.#turns.quiet(SOON_MS)
  }

  close(): void {
    this.#closed = true
    this.#timeLimits.clear()
  }

  /** The engine can be asked, and its events are heard from now on. Jobs of an earlier start are gone with it. */
  async engineReady(): Promise<void> {
    const bootId = this.#link.bootId()
    if (bootId === undefined) return
    for (const job of this.#upstream()) if (job.bootId !== bootId) await this.#engineGone(job, 'none')
    await this.compare()
    this.pump()
  }

  /** The engine's process is gone. `blameOf`: whether what ran did it. */
  async engineEnded(blameOf: (job: Job) => Blame): Promise<void> {
    this.#unwanted.clear()
    this.#strays.clear()
    // First what did not run: the jobs of who brought it down are held when they wait again.
    const isRunning = (job: Job): number => (job.status.state === 'running' ? 1 : 0)
    const all = this.#upstream().sort((one, other) => isRunning(one) - isRunning(other))
    for (const job of all) await this.#engineGone(job, blameOf(job))
  }

  /** An event of a job, in the order in which the engine sent them. */
  onEvent(promptId: string, type: string, node: string | null | undefined, bytes: Buffer): void {
    const job = this.#ledger.find(promptId)
    if (job === undefined) {
      if (type === 'execution_start' && this.#unwanted.delete(promptId)) void this.#interruptions.send(promptId)
      return
    }
    if (type === 'execution_start') {
      this.#strays.delete(promptId)
      this.#begin(job)
      // Held in the meantime, while the engine could not be asked to give it back.
      if (job.status.state === 'held') void this.#interruptions.send(promptId)
    }
    const isOver = type === 'executing' && node === null
    if (isOver && this.#strays.delete(promptId)) return
    if (type === 'execution_interrupted' && this.#runAgain(job)) return
    this.#endings.record(job, type, bytes)
    if (type === 'execution_success') this.#settle(job, 'succeeded')
    if (type === 'execution_error' || type === 'execution_interrupted') this.#settle(job, 'failed')
    if (isOver) this.#finish(job)
  }

  /** Compares with the engine what it has: events may have been missed. */
  async compare(): Promise<void> {
    await this.#turns.run(async () => {
      const before = this.#upstream()
      const queue = before.length + this.#unwanted.size === 0 ? undefined : await this.#link.readQueue()
      if (queue === undefined) return
      for (const id of [...this.#unwanted]) await this.#dropUnwanted(id, queue)
      for (const job of before) await this.#comparison.follow(job, queue)
    })
    this.pump()
  }

  /**
   * Takes a job back from the engine if it has not begun.
   * @returns whether it waits in the gate now
   */
  takeBack(job: Job): Promise<boolean> {
    return this.#turns.run(() => this.#comparison.takeBack(job))
  }

  /** Takes the job back first if need be. @returns false when it has begun or is over */
  hold(job: Job, because: HoldReason): Promise<boolean> {
    return this.#turns.run(async () => {
      if (!(await this.#comparison.takeBack(job))) return false
      return this.#ledger.apply(job, { kind: 'hold', because })
    })
  }

  /** A job that has not begun never will. @returns false when it has begun or is over */
  cancel(job: Job): Promise<boolean> {
    return this.#turns.run(async () => {
      const canAsk = this.#link.bootId() !== undefined
      if (job.status.state === 'sent' && canAsk && !(await this.#comparison.takeBack(job))) return false
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

  /**
   * Stops the job if it runs, for a reason in words if there is one. The engine looks again whether it does: by then
   * another one may.
   */
  async interrupt(job: Job, because?: string): Promise<void> {
    if (job.status.state !== 'running' && job.status.state !== 'sent') return
    job.failure = because ?? job.failure
    await this.#interruptions.send(job.id)
  }

  /** As `interrupt`, and when it does not stop the engine is ended. `why`: in words, for its person. */
  stop(job: Job, why: string): void {
    if (job.status.state === 'running' || job.status.state === 'sent') this.#timeLimits.stopNow(job, why)
  }

  /** Jobs that were held for want of minutes, where there are some again. */
  releaseQuota(): Promise<void> {
    return this.#turns.run(() => this.#handover.releaseQuota())
  }

  async #pumpAll(): Promise<void> {
    while (this.#pumpAgain) {
      this.#pumpAgain = false
      this.room.beginRound()
      while (!this.#closed && (await this.#turns.run(() => this.#handover.next()))) continue
    }
  }

  async #dropUnwanted(id: string, { running, pending }: EngineQueue): Promise<void> {
    if (pending.has(id)) await this.#link.withdraw(id)
    if (running.has(id)) await this.#interruptions.send(id)
    if (!pending.has(id)) this.#unwanted.delete(id)
  }

  #compareSoon(): void {
    setTimeout(() => this.#background(this.compare(), COMPARE_FAILED), SOON_MS).unref()
  }

  /** It was stopped because the job before it was to be. @returns false when it really ends */
  #runAgain(job: Job): boolean {
    const event = { kind: 'runAgain' } as const
    if (!this.#interruptions.hasHitAnother(job) || nextStatus(job.status, event) === undefined) return false
    this.#strays.add(job.id)
    this.#timeLimits.stop(job)
    this.#book.refund(job)
    const applied = this.#ledger.apply(job, event, { bootId: undefined, startedAtMs: undefined })
    this.#dependencies.logger.info({ job: job.id }, 'a job was stopped in place of another one, and runs again')
    // Before it is handed over again: the entry of this run would be taken for the next one's.
    const forgotten = this.#turns.run(async () => {
      await applied
      await this.#link.forget(job.id)
    })
    this.#background(forgotten, 'a job could not be noted to run again')
    this.pump()
    return true
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
    this.#keepShare()
    this.pump()
  }

  #keepShare(): void {
    const { memory } = this.#dependencies
    this.#background(memory.keepShare(this.#book.settledShare()), 'what everybody got could not be noted')
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
    this.#dependencies.onEnded?.(job, seconds)
    this.#keepShare()
    this.#forget(job)
    // Kept here now: there it would grow with everybody's workflows, and be gone at the engine's end.
    if (job.bootId !== undefined && job.bootId === this.#link.bootId()) void this.#link.forget(job.id)
    this.#learn(job, seconds)
    this.#link.tellStatus(job.accountId)
    this.pump()
  }

  /** What just took so long will take about as long again. */
  #learn({ shape, startedAtMs }: Job, seconds: number): void {
    if (startedAtMs === undefined) return
    for (const other of this.#ledger.list((job) => job.shape === shape)) other.expectedSeconds = seconds
  }

  async #engineGone(job: Job, blame: Blame): Promise<void> {
    this.#timeLimits.stop(job)
    const { state } = job.status
    const isItsFault = blame === 'sure' || job.overdue
    const event = { kind: 'engineGone', isItsFault } as const
    if (state === 'ended') {
      if (await this.#endings.finishFromRecord(job)) this.#ended(job)
      return
    }
    const isLast = nextStatus(job.status, event)?.state === 'failed'
    if (state === 'running' && (blame !== 'none' || isLast)) await this.#suspicion.note(job)
    if (!isLast) {
      if (await this.#ledger.apply(job, event, { bootId: undefined, startedAtMs: undefined })) this.#book.refund(job)
      return
    }
    if (!(await this.#endings.fail(job, event, wordsFor(job, isItsFault)))) return
    this.#ended(job)
    await this.#suspicion.hold(job.accountId)
  }

  #giveUp(job: Job): void {
    if (job.status.state !== 'running') return
    job.overdue = true
    this.#dependencies.logger.warn({ job: job.id }, 'a job does not stop when it must; the engine is started again')
    this.#background(this.#link.endHung(), 'the engine could not be ended')
  }

  async #refuse(job: Job, message: string): Promise<void> {
    this.#book.refund(job)
    await this.#endings.fail(job, { kind: 'finish', outcome: 'failed' }, message)
    this.#forget(job)
  }

  #drop(job: Job): void {
    this.#book.refund(job)
    this.#forget(job)
    this.#ledger.drop(job)
  }

  #forget(job: Job): void {
    job.secretBody = undefined
    this.#endings.forget(job)
    this.#timeLimits.stop(job)
    this.#interruptions.forget(job.id)
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
}

function secondsOf({ startedAtMs, endedAtMs }: Job): number {
  return startedAtMs === undefined || endedAtMs === undefined ? 0 : (endedAtMs - startedAtMs) / 1000
}
