import { boundEntry, formatEntry, isSuccess, takeEntry, toNumber } from '../comfyui/historyViews.ts'
import type { JobTexts, OwnPlace } from '../comfyui/historyViews.ts'
import { redactSecrets } from '../comfyui/secretText.ts'
import { entryWithoutPaths } from '../comfyui/errorPaths.ts'
import { formatShort, toEndedJob } from '../comfyui/jobsView.ts'
import { isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import type { EngineLink } from './engineLink.ts'
import type { Job } from './job.ts'
import type { JobLedger } from './jobLedger.ts'
import { RESULT_BYTES, SUMMARY_BYTES } from './jobBounds.ts'
import type { JobQueueDependencies } from './jobQueueTypes.ts'
import type { JobEvent, JobOutcome } from './jobState.ts'
import { noTexts } from './jobStore.ts'
import type { JobChange } from './jobStore.ts'
import { readEventData, RunRecord } from './runRecord.ts'

interface Settling {
  readonly done: Promise<void>
  readonly resolve: () => void
}

/** How jobs end: what is kept of them, and who has to wait until it is. */
export class JobEndings {
  readonly #dependencies: JobQueueDependencies
  readonly #ledger: JobLedger
  readonly #link: () => EngineLink
  readonly #records = new Map<string, RunRecord>()
  readonly #finishing = new Set<string>()
  /** Jobs whose end was seen and that do not stand in the history yet. */
  readonly #settling = new Map<Job, Settling>()

  constructor(dependencies: JobQueueDependencies, ledger: JobLedger, link: () => EngineLink) {
    this.#dependencies = dependencies
    this.#ledger = ledger
    this.#link = link
  }

  /** A run begins, perhaps for the second time. */
  begin(job: Job): void {
    this.#records.set(job.id, new RunRecord())
  }

  record(job: Job, type: string, bytes: Buffer): void {
    if (!RunRecord.keeps(type)) return
    const data = readEventData(bytes)
    if (data !== undefined) this.#records.get(job.id)?.add(type, data, bytes.length)
  }

  /** From here on the job never runs again, whatever happens. */
  async settle(job: Job, outcome: JobOutcome): Promise<void> {
    const endedAtMs = this.#dependencies.clock.nowMs()
    const failure = job.failure ?? this.#records.get(job.id)?.failure
    const patch = { endedAtMs, failure: outcome === 'failed' ? failure : undefined }
    // In one write: who finds the job ended finds what it gave as well.
    const columns = async (): Promise<JobChange> => ({
      ...runTime({ ...job, endedAtMs }),
      ...(await this.#recordOf(job, outcome)),
    })
    const applied = this.#ledger.apply(job, { kind: 'settle', outcome }, patch, columns)
    if (job.status.state === 'ended' && !this.#settling.has(job)) {
      let resolve = (): void => undefined
      const done = new Promise<void>((settle) => (resolve = settle))
      this.#settling.set(job, { done, resolve })
    }
    await applied
  }

  /** What was seen goes to disk before the engine is asked for more: the program may end in between. */
  async #recordOf(job: Job, outcome: JobOutcome): Promise<JobChange> {
    const record = this.#records.get(job.id)
    if (record === undefined) return {}
    try {
      const entry = formatEntry(await this.#textsOf(job), outcome === 'succeeded', record.messages, record.outputs)
      return { result: boundEntry(entry, RESULT_BYTES) }
    } catch (error) {
      // That it has ended counts more: otherwise it would run again.
      this.#dependencies.logger.error({ err: error, job: job.id }, 'what a job gave could not be written down')
      return {}
    }
  }

  async settled(accountId: string, deadlineMs: number): Promise<void> {
    const own = [...this.#settling].filter(([job]) => job.accountId === accountId)
    if (own.length === 0) return
    let late: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => (late = setTimeout(resolve, deadlineMs)))
    await Promise.race([Promise.all(own.map(([, { done }]) => done)), deadline])
    clearTimeout(late)
  }

  /**
   * Keeps the engine's history entry, or what was seen if that was enough.
   * @returns `unknown` when the engine does not have it and nothing was seen of its end
   */
  async finish(job: Job): Promise<'done' | 'busy' | 'unknown'> {
    if (this.#finishing.has(job.id)) return 'busy'
    this.#finishing.add(job.id)
    try {
      const answer = await this.#link().readHistory(job.id)
      const entry = answer === undefined ? undefined : takeEntry(answer, job.id, placeOf(job))
      if (entry === undefined) return (await this.#finishFromRecord(job)) ? 'done' : 'unknown'
      return (await this.#keep(job, entry, isSuccess(entry) ? 'succeeded' : 'failed')) ? 'done' : 'busy'
    } finally {
      this.#finishing.delete(job.id)
    }
  }

  /** The engine cannot be asked any more. @returns false when its end was not seen */
  async finishFromRecord(job: Job): Promise<boolean> {
    if (this.#finishing.has(job.id)) return false
    return this.#finishFromRecord(job)
  }

  /** A job that ends by the gate's word: its person and their tab are told as ComfyUI tells of an error. */
  async fail(job: Job, event: JobEvent, message: string): Promise<boolean> {
    const timestamp = toNumber(this.#dependencies.clock.nowMs())
    const record = this.#records.get(job.id) ?? new RunRecord()
    const start = dataOf(job, timestamp)
    const error = errorData(job, timestamp, message)
    const hadBegun = record.messages.length > 0
    if (!hadBegun) record.add('execution_start', start)
    record.add('execution_error', error)
    const endedAtMs = this.#dependencies.clock.nowMs()
    const entry = formatEntry(await this.#textsOf(job), false, record.messages, record.outputs)
    const result = boundEntry(entry, RESULT_BYTES)
    const more = { ...noTexts, ...toHistory(job, result), ...runTime({ ...job, endedAtMs }) }
    if (!(await this.#ledger.apply(job, event, { endedAtMs, failure: message }, more))) return false
    await this.#boundHistory(job)
    const link = this.#link()
    if (!hadBegun) link.tell(job, 'execution_start', start)
    link.tell(job, 'execution_error', error)
    this.tellOver(job)
    link.tellStatus(job.accountId)
    this.#release(job)
    return true
  }

  /** The last event of every run, for a tab that did not get the engine's own. */
  tellOver(job: Job): void {
    const over: [string, JsonValue][] = [
      ['node', null],
      ['prompt_id', job.id],
    ]
    this.#link().tell(job, 'executing', new Map(over))
  }

  forget(job: Job): void {
    this.#records.delete(job.id)
    this.#release(job)
  }

  async #finishFromRecord(job: Job): Promise<boolean> {
    const { outcome } = job.status
    if (job.status.state !== 'ended' || outcome === null) return false
    const record = this.#records.get(job.id)
    // Seen by an earlier run of the program.
    const kept = record === undefined ? await this.#dependencies.store.findResult(job.id) : undefined
    const { messages, outputs } = record ?? new RunRecord()
    const entry = kept ?? formatEntry(await this.#textsOf(job), outcome === 'succeeded', messages, outputs)
    return this.#keep(job, entry, outcome)
  }

  async #keep(job: Job, entry: string, outcome: JobOutcome): Promise<boolean> {
    const result = boundEntry(entry, RESULT_BYTES)
    const endedAtMs = job.endedAtMs ?? this.#dependencies.clock.nowMs()
    const more = { ...noTexts, ...toHistory(job, result), ...runTime({ ...job, endedAtMs }) }
    const done = await this.#ledger.apply(job, { kind: 'finish', outcome }, { endedAtMs }, more)
    if (!done) return false
    this.#release(job)
    await this.#boundHistory(job)
    return true
  }

  async #boundHistory({ accountId }: Job): Promise<void> {
    try {
      await this.#dependencies.store.history.bound(accountId)
    } catch (error) {
      // The next one that ends tries again.
      this.#dependencies.logger.error({ err: error }, 'the history of a person could not be shortened')
    }
  }

  #release(job: Job): void {
    this.#settling.get(job)?.resolve()
    this.#settling.delete(job)
  }

  async #textsOf(job: Job): Promise<JobTexts> {
    const body = await this.#dependencies.store.findBody(job.id)
    const { prompt = '{}', extraData = '{}', outputs = '[]' } = body ?? {}
    return { promptId: job.id, place: placeOf(job), prompt, extraData, outputs }
  }
}

/** What its person's entries say of it. */
export const placeOf = ({ number, clientId }: Job): OwnPlace => ({
  number,
  clientId: clientId === undefined ? undefined : redactSecrets(clientId),
})

function toHistory({ id, createdAtMs }: Job, result: string) {
  const entry = parseLosslessJson(entryWithoutPaths(result))
  const summary = isObject(entry) ? formatShort(toEndedJob(id, entry, false, createdAtMs), SUMMARY_BYTES) : null
  return { result, summary, in_history: 1, result_bytes: Buffer.byteLength(result) + Buffer.byteLength(summary ?? '') }
}

function runTime({ startedAtMs, endedAtMs }: Job): { run_ms: number | null } {
  return { run_ms: startedAtMs === undefined || endedAtMs === undefined ? null : Math.max(0, endedAtMs - startedAtMs) }
}

function dataOf(job: Job, timestamp: JsonValue): JsonObject {
  return new Map<string, JsonValue>([
    ['prompt_id', job.id],
    ['timestamp', timestamp],
  ])
}

/** As execution.py 0.3.64 tells of an error, without a node that it happened in. */
function errorData(job: Job, timestamp: JsonValue, message: string): JsonObject {
  return new Map<string, JsonValue>([
    ['prompt_id', job.id],
    ['node_id', ''],
    ['node_type', 'Gatehouse'],
    ['executed', []],
    ['exception_message', message],
    ['exception_type', 'JobEnded'],
    ['traceback', []],
    ['current_inputs', new Map()],
    ['current_outputs', []],
    ['timestamp', timestamp],
  ])
}

/** Why a job is not tried again after the engine went away under it. */
export function wordsFor({ overdue, failure }: Job, isItsFault: boolean): string {
  if (overdue) return `${failure ?? 'Its time was up.'} It could not be stopped, so ComfyUI was started again.`
  if (isItsFault) return 'ComfyUI hung or ran out of memory while this job ran, so it is not tried again.'
  return 'ComfyUI ended twice while this job ran, so it is not tried again.'
}
