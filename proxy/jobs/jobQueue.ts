import { formatQueueItem } from '../comfyui/historyViews.ts'
import type { JobUse } from '../contract/jobs.ts'
import { DAY_MS, HOUR_MS } from '../core/time.ts'
import { Dispatcher } from './dispatcher.ts'
import type { EndedJob, EndedPage } from './endedJobs.ts'
import type { EngineLink } from './engineLink.ts'
import { isActive } from './job.ts'
import type { Job } from './job.ts'
import { placeOf } from './jobEndings.ts'
import { JobIntake } from './jobIntake.ts'
import { JobLedger } from './jobLedger.ts'
import { defaultJobTimings } from './jobQueueTypes.ts'
import { dayOf } from './jobLimits.ts'
import type { JobOrder, JobQueueDependencies, JobTimings } from './jobQueueTypes.ts'
import { ANSWER_BYTES } from './jobBounds.ts'
import type { HistoryPage } from './jobHistory.ts'
import { QueuePause } from './queuePause.ts'
import { ShareBook } from './shareBook.ts'
import { Suspicion } from './suspicion.ts'
import type { Blame } from './suspicion.ts'
import { JobPreviews } from './jobPreviews.ts'
import type { JobPreview } from './jobPreviews.ts'
import { LineMoves } from './lineMoves.ts'
import type { NewPlace } from './lineMoves.ts'
import { RunProgress } from './runProgress.ts'
import type { Progress } from './runProgress.ts'
import { RightsWatch } from './rightsWatch.ts'
import { endlessRoom } from './roomCheck.ts'
import type { RoomHold } from './roomCheck.ts'
import { vacate } from './vacate.ts'
import { foresee } from './waitingLine.ts'
import type { Place } from './waitingLine.ts'

const PURGE_MS = HOUR_MS

/** The queue of everybody. Who may ask for what is decided before; what is asked for here is done. */
export class JobQueue {
  readonly #dependencies: JobQueueDependencies
  readonly #ledger: JobLedger
  readonly #dispatcher: Dispatcher
  readonly #rightsWatch: RightsWatch
  readonly #intake: JobIntake
  readonly #suspicion: Suspicion
  readonly #moves: LineMoves
  readonly #pause: QueuePause
  readonly #progress = new RunProgress()
  readonly #previews = new JobPreviews()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #unsubscribe: (() => void)[] = []

  private constructor(
    dependencies: JobQueueDependencies,
    parts: { readonly ledger: JobLedger; readonly book: ShareBook; readonly suspicion: Suspicion },
  ) {
    const { ledger } = parts
    const timings: JobTimings = { ...defaultJobTimings, ...dependencies.timings }
    this.#dependencies = dependencies
    this.#ledger = ledger
    this.#intake = new JobIntake(dependencies, ledger)
    this.#suspicion = parts.suspicion
    this.#dispatcher = new Dispatcher(dependencies, parts, timings)
    this.#rightsWatch = new RightsWatch(dependencies.rights, ledger, this.#dispatcher)
    this.#moves = new LineMoves({
      ledger,
      dispatcher: this.#dispatcher,
      readLine: () => [...this.foresee().keys()].flatMap((id) => ledger.find(id) ?? []),
      takeNumber: (accountId) => this.#intake.takeNumber(accountId),
    })
    this.#pause = new QueuePause({
      clock: dependencies.clock,
      settings: dependencies.settings,
      ledger,
      dispatcher: this.#dispatcher,
      failed: (error) => dependencies.logger.error({ err: error }, 'a job could not be taken back'),
    })
    this.#unsubscribe.push(
      dependencies.settings.onChange(() => this.#followSettings()),
      (dependencies.room ?? endlessRoom).onChange(() => this.#dispatcher.pump()),
      dependencies.rights.onChange(() => this.#background(this.#rightsWatch.follow(), 'rights could not be looked up')),
    )
    this.#every(timings.compareMs, () => this.#look())
    this.#every(PURGE_MS, () => this.#purge())
  }

  /** What a guest used today counts for who comes from there, also when their account is gone. */
  async rememberVisit(accountId: string): Promise<void> {
    const { store, clock } = this.#dependencies
    await store.settled()
    await store.visits.remember(accountId, dayOf(clock.nowMs()).startsAtMs)
  }

  /** Reads the journal. What an earlier run of the program left at the engine waits again, or has failed. */
  static async open(dependencies: JobQueueDependencies): Promise<JobQueue> {
    const { store, memory, clock } = dependencies
    const active = await store.readActive()
    const ledger = new JobLedger(store, active)
    const book = new ShareBook(await memory.readShare())
    const suspicion = await Suspicion.open(clock, memory, ledger)
    const queue = new JobQueue(dependencies, { ledger, book, suspicion })
    await queue.#recover(active)
    return queue
  }

  attach(link: EngineLink): void {
    this.#dispatcher.attach(link)
    this.#pause.follow()
  }

  async engineReady(): Promise<void> {
    await this.#dispatcher.engineReady()
    // What could not be taken back while the engine did not answer.
    this.#pause.follow()
    await this.#rightsWatch.follow()
  }

  /** The engine's process is gone. `blameOf`: whether a job that ran did it. */
  engineEnded(blameOf: (job: Job) => Blame): Promise<void> {
    this.#previews.clear()
    return this.#dispatcher.engineEnded(blameOf)
  }

  /** Whether an end of the engine is laid to a person's job: then that person pays for it, and not everybody. */
  explains(blameOf: (job: Job) => Blame): boolean {
    const running = this.#ledger.list(({ status }) => status.state === 'running')
    return running.some((job) => job.overdue || job.status.attempts > 0 || blameOf(job) !== 'none')
  }

  /** Whether two jobs of this person brought the engine down within an hour: somebody else releases theirs. */
  isLocked(accountId: string): boolean {
    return this.#suspicion.isLocked(accountId)
  }

  /** An administrator has looked at what this person's jobs did. */
  forgive(accountId: string): Promise<void> {
    return this.#suspicion.forgive(accountId)
  }

  compare(): Promise<void> {
    return this.#dispatcher.compare()
  }

  onEvent(promptId: string, type: string, node: string | null | undefined, bytes: Buffer): void {
    this.#dispatcher.onEvent(promptId, type, node, bytes)
    const job = this.#ledger.find(promptId)
    if (job !== undefined) this.#progress.onEvent(job, type, node, bytes)
    if (isEnd(type, node)) this.#previews.drop(promptId)
  }

  /** A picture of a run that is not done; only of the job that runs, and only until it ends. */
  onPreview(promptId: string, image: Buffer): void {
    const job = this.#ledger.find(promptId)
    if (job?.status.state === 'running' && this.#previews.keep(job, image)) this.#progress.onPreview(job)
  }

  /** @throws GateError QUOTA_EXCEEDED, or BAD_REQUEST for a workflow that is too large, in words */
  checkLimits(order: Pick<JobOrder, 'accountId' | 'role' | 'nodes'>, bytes = 0): Promise<void> {
    return this.#intake.checkLimits(order, bytes)
  }

  describeUse(whose: Pick<JobOrder, 'accountId' | 'role'>): Promise<JobUse> {
    return this.#intake.describeUse(whose)
  }

  /** Accepts a job; it is on disk when this resolves. @throws GateError as `checkLimits`; nothing was kept then */
  async accept(order: JobOrder): Promise<{ id: string; number: number }> {
    const accepted = await this.#intake.accept(order)
    this.#dispatcher.tellStatus(order.accountId)
    this.#dispatcher.pump()
    return accepted
  }

  countActive(accountId: string): number {
    return this.#ledger.ofAccount(accountId).filter(isActive).length
  }

  /** Jobs that the engine should have. */
  countUpstream(): number {
    return this.#ledger.list(({ status: { state } }) => state === 'sent' || state === 'running').length
  }

  find(id: string): Job | undefined {
    return this.#ledger.find(id)
  }

  /** Jobs that are not over, oldest first. */
  list(accountId?: string): readonly Job[] {
    return accountId === undefined ? this.#ledger.list() : this.#ledger.ofAccount(accountId)
  }

  /** The person's running and waiting jobs, in their order. */
  async listQueue(accountId: string): Promise<{ running: Job[]; pending: Job[] }> {
    const jobs = this.#ledger.ofAccount(accountId).filter(isActive)
    // Its outputs are being asked for.
    if (jobs.some(({ status }) => status.state === 'sent')) await this.#dispatcher.quiet()
    const isRunning = ({ status }: Job): boolean => status.state === 'running'
    const active = jobs.filter(isActive)
    return { running: active.filter(isRunning), pending: active.filter((job) => !isRunning(job)) }
  }

  /**
   * Each as an item of `GET /queue`, one after the other. What is more than one answer holds comes without its workflow:
   * the job is there, can be counted and cancelled.
   */
  async *readItems(list: readonly Job[], budget = { bytes: ANSWER_BYTES }): AsyncGenerator<string> {
    for (const job of list) {
      budget.bytes -= job.bytes
      const body = budget.bytes < 0 ? undefined : await this.#dependencies.store.findBody(job.id)
      const { prompt = '{}', extraData = '{}', outputs = '[]' } = body ?? {}
      yield formatQueueItem({ promptId: job.id, place: placeOf(job), prompt, extraData, outputs })
    }
  }

  /** Ids of results, the last one last. Waits for a job that has just ended: some clients ask at once and only once. */
  async listHistory(accountId: string, page: HistoryPage): Promise<string[]> {
    await this.#dispatcher.settled(accountId)
    return this.#dependencies.store.history.list(accountId, page)
  }

  /** Jobs of the history in the short form of `/api/jobs`, as JSON texts. */
  async readSummaries(accountId: string): Promise<string[]> {
    await this.#dispatcher.settled(accountId)
    return this.#dependencies.store.history.readSummaries(accountId)
  }

  /** What ended, newest first. */
  readEnded(page: EndedPage): Promise<EndedJob[]> {
    return this.#dependencies.store.readEnded(page)
  }

  /** A job of the history. */
  findEnded(id: string): Promise<EndedJob | undefined> {
    return this.#dependencies.store.findEnded(id)
  }

  async findHistory(accountId: string, id: string): Promise<string | undefined> {
    await this.#dispatcher.settled(accountId)
    return this.#dependencies.store.history.find(accountId, id)
  }

  forgetHistory(accountId: string, ids: readonly string[] | 'all'): Promise<void> {
    return this.#dependencies.store.history.forget(accountId, ids)
  }

  /** @returns false when it has begun or is over */
  cancel(job: Job): Promise<boolean> {
    return this.#dispatcher.cancel(job)
  }

  interrupt(job: Job, because?: string): Promise<void> {
    return this.#dispatcher.interrupt(job, because)
  }

  /** @returns false when it has begun or is over */
  hold(job: Job, by: 'person' | 'owner'): Promise<boolean> {
    return this.#dispatcher.hold(job, by)
  }

  /** @returns false when it is not held, or can never run again */
  async release(job: Job): Promise<boolean> {
    const released = await this.#ledger.apply(job, { kind: 'release' })
    this.#dispatcher.pump()
    return released
  }

  /** In everybody's line. @returns false when it, or the job it goes before, has begun, is over or is not there */
  move(job: Job, place: NewPlace): Promise<boolean> {
    return this.#moves.move(job, place)
  }

  /** Among its person's own: nobody else is passed by it. @returns false as `move` does */
  moveAmongOwn(job: Job, place: NewPlace): Promise<boolean> {
    return this.#moves.moveAmongOwn(job, place)
  }

  /** Why the person's jobs wait that nobody holds; undefined: nothing but their turn. */
  roomHoldOf(accountId: string): RoomHold | undefined {
    return this.#dispatcher.room.holdOf(accountId)
  }

  /** Why nobody's job may begin, in words for the owner. */
  async findStop(): Promise<string | undefined> {
    return this.#dependencies.room?.findStop()
  }

  /** Whether it was so when one was to begin last. */
  get isStopped(): boolean {
    return this.#dispatcher.room.isStopped
  }

  /**
   * Resolves when the engine has no job of this person: what has not begun comes back, what runs ends. For who keeps
   * further ones from beginning.
   */
  vacate(accountId: string, signal: AbortSignal): Promise<void> {
    return vacate({ ledger: this.#ledger, dispatcher: this.#dispatcher }, accountId, signal)
  }

  isPaused(): boolean {
    return this.#dispatcher.isPaused()
  }

  /** Where each waiting job stands. */
  foresee(): ReadonlyMap<string, Place> {
    const { clock } = this.#dependencies
    const of = (state: string): Job[] => this.#ledger.list(({ status }) => status.state === state)
    const busySeconds = of('running')
      .map(({ expectedSeconds, startedAtMs = clock.nowMs() }) => expectedSeconds - (clock.nowMs() - startedAtMs) / 1000)
      .reduce((sum, left) => sum + Math.max(0, left), 0)
    const weights = new Map(
      this.#ledger.list().flatMap(({ accountId, charged }) => (charged ? [[accountId, charged.weight] as const] : [])),
    )
    return foresee(
      this.#dispatcher.share,
      of('sent'),
      of('waiting').filter(({ accountId }) => this.roomHoldOf(accountId) === undefined),
      (accountId) => weights.get(accountId) ?? 1,
      busySeconds,
    )
  }

  /** How far a run has come; undefined while nothing is known of it. */
  progressOf(job: Job): Progress | undefined {
    return this.#progress.of(job)
  }

  /** The last unfinished picture of a job that runs. */
  previewOf(job: Job): JobPreview | undefined {
    return job.status.state === 'running' ? this.#previews.of(job) : undefined
  }

  /** Tells whose running job went on, at most once a second. */
  onProgress(listener: (accountId: string) => void): () => void {
    return this.#progress.onChange(listener)
  }

  /** Tells whose jobs changed. */
  onChange(listener: (accountId: string) => void): () => void {
    return this.#ledger.onChange(listener)
  }

  /** Resolves when what is known stands on disk; nothing is handed over any more. */
  async close(): Promise<void> {
    for (const stop of this.#unsubscribe) stop()
    for (const timer of this.#timers) clearInterval(timer)
    this.#pause.close()
    this.#dispatcher.close()
    this.#progress.close()
    this.#previews.clear()
    await this.#dependencies.store.settled()
    await this.#dependencies.memory.settled()
  }

  async #recover(active: readonly Job[]): Promise<void> {
    for (const job of active) job.expectedSeconds = await this.#intake.expectSeconds(job.shape)
    await this.#dispatcher.engineEnded(() => 'none')
    for (const job of active) {
      if (!job.hasSecrets) continue
      // Held for another reason, it would be released to run without them.
      await this.#ledger.apply(job, { kind: 'release' })
      await this.#ledger.apply(job, { kind: 'hold', because: 'token' })
    }
    await this.#rightsWatch.follow()
  }

  #followSettings(): void {
    this.#pause.follow()
    this.#background(this.#releaseQuota(), 'the minutes of people could not be looked up')
  }

  async #look(): Promise<void> {
    await this.#releaseQuota()
    await this.#dispatcher.compare()
  }

  async #releaseQuota(): Promise<void> {
    if (this.#ledger.list(({ status }) => status.heldBecause === 'quota').length === 0) return
    await this.#dispatcher.releaseQuota()
    this.#dispatcher.pump()
  }

  async #purge(): Promise<void> {
    const { clock, settings, store } = this.#dependencies
    await store.purge(clock.nowMs() - settings.get('jobs.historyDays') * DAY_MS)
  }

  #every(ms: number, action: () => Promise<void>): void {
    const timer = setInterval(() => this.#background(action(), 'the queue could not be looked after'), ms)
    timer.unref()
    this.#timers.push(timer)
  }

  #background(work: Promise<unknown>, failure: string): void {
    work.catch((error: unknown) => this.#dependencies.logger.error({ err: error }, failure))
  }
}

/** What ComfyUI says last of a job, whichever way it ended (execution.py, 0.3.64). */
const isEnd = (type: string, node: string | null | undefined): boolean =>
  (type === 'executing' && node === null) || type === 'execution_error' || type === 'execution_interrupted'
