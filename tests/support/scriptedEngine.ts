import type { JsonObject } from '../../proxy/comfyui/losslessJson.ts'
import { formatLosslessJson } from '../../proxy/comfyui/losslessJson.ts'
import type { EngineLink, EngineQueue, SubmitAnswer } from '../../proxy/jobs/engineLink.ts'
import type { Job } from '../../proxy/jobs/job.ts'
import type { JobQueue } from '../../proxy/jobs/jobQueue.ts'

/** An engine that does what the test says: takes jobs, begins, ends, loses them and dies. */
export class ScriptedEngine implements EngineLink {
  boot: string | undefined = 'boot-1'
  pending: string[] = []
  running: string | undefined
  readonly history = new Map<string, string>()
  /** Everything that was ever begun, in order. */
  readonly begun: string[] = []
  readonly bodies = new Map<string, ReadonlyMap<string, string>>()
  readonly submitted: string[] = []
  readonly interrupted: string[] = []
  readonly told: string[] = []
  readonly forgotten: string[] = []
  hungEnds = 0
  submitAnswer: SubmitAnswer = { kind: 'accepted' }
  /** Withdrawals come too late, as when the job begins just then. */
  beginsBeforeWithdrawal = false
  #jobs: JobQueue | undefined

  attachTo(jobs: JobQueue): void {
    this.#jobs = jobs
    jobs.attach(this)
  }

  bootId(): string | undefined {
    return this.boot
  }

  submit(job: Job, members: ReadonlyMap<string, string>): Promise<SubmitAnswer> {
    this.submitted.push(job.id)
    this.bodies.set(job.id, members)
    if (this.submitAnswer.kind === 'accepted') this.pending.push(job.id)
    return Promise.resolve(this.submitAnswer)
  }

  readQueue(): Promise<EngineQueue | undefined> {
    if (this.boot === undefined) return Promise.resolve(undefined)
    const running = new Set(this.running === undefined ? [] : [this.running])
    return Promise.resolve({ running, pending: new Set(this.pending), outputs: new Map() })
  }

  readHistory(promptId: string): Promise<string | undefined> {
    return Promise.resolve(this.boot === undefined ? undefined : (this.history.get(promptId) ?? '{}'))
  }

  withdraw(promptId: string): Promise<boolean> {
    if (this.beginsBeforeWithdrawal) this.begin()
    this.pending = this.pending.filter((id) => id !== promptId)
    return Promise.resolve(true)
  }

  interrupt(promptId: string): Promise<boolean> {
    if (this.running === promptId) this.interrupted.push(promptId)
    return Promise.resolve(true)
  }

  forget(promptId: string): Promise<boolean> {
    this.forgotten.push(promptId)
    return Promise.resolve(this.history.delete(promptId))
  }

  endHung(): Promise<void> {
    this.hungEnds += 1
    return Promise.resolve()
  }

  tell(job: Job, type: string, data: JsonObject): void {
    this.told.push(`${job.accountId} ${type} ${formatLosslessJson(data)}`)
  }

  tellStatus(): void {
    // Counted elsewhere.
  }

  /** The next one that waits begins. */
  begin(): string {
    const id = this.pending.shift()
    if (id === undefined) throw new Error('nothing waits at the engine')
    this.running = id
    this.begun.push(id)
    this.emit(id, 'execution_start', {})
    return id
  }

  /** The running job ends as ComfyUI ends one: event, history, last event. */
  end(type: 'execution_success' | 'execution_error' | 'execution_interrupted' = 'execution_success'): string {
    const id = this.#takeRunning()
    const succeeded = type === 'execution_success'
    this.emit(id, type, succeeded ? {} : { exception_message: 'it broke\n' })
    this.keep(id, succeeded)
    this.emit(id, 'executing', { node: null })
    return id
  }

  /** It has ended, and nobody heard of it. */
  endUnheard(): string {
    const id = this.#takeRunning()
    this.keep(id, true)
    return id
  }

  keep(id: string, succeeded: boolean): void {
    const status = { status_str: succeeded ? 'success' : 'error', completed: succeeded, messages: [] }
    const extra = { client_id: 'collector', gatehouse_user: 'x' }
    const entry = { prompt: [99, id, { '1': { seed: 'SEED' } }, extra, ['1']], outputs: { '1': {} }, status, meta: {} }
    this.history.set(id, JSON.stringify({ [id]: entry }).replace('"SEED"', '18446744073709551615'))
  }

  emit(promptId: string, type: string, data: Record<string, unknown>): void {
    const bytes = Buffer.from(JSON.stringify({ type, data: { prompt_id: promptId, ...data } }))
    const node = data['node']
    this.#jobs?.onEvent(promptId, type, typeof node === 'string' || node === null ? node : undefined, bytes)
  }

  /** The process is gone, with all that it had. */
  async die(isItsFault = false): Promise<void> {
    this.boot = undefined
    this.pending = []
    this.running = undefined
    this.history.clear()
    await this.#jobs?.engineEnded(() => (isItsFault ? 'sure' : 'none'))
  }

  async start(boot: string): Promise<void> {
    this.boot = boot
    await this.#jobs?.engineReady()
  }

  #takeRunning(): string {
    const id = this.running
    if (id === undefined) throw new Error('nothing runs')
    this.running = undefined
    return id
  }
}
