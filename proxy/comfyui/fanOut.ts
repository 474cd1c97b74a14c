import { errorWithoutPaths } from './errorPaths.ts'
import type { JobRegistry, RoutedJob } from './jobs.ts'
import { formatStatus, parseBinaryMessage, parseTextMessage } from './socketMessages.ts'
import type { BinaryMessage, TextMessage } from './socketMessages.ts'
import type { Outgoing, Tab, TabDirectory } from './tabs.ts'

/** Types that ComfyUI sends to the prompt's own client only. */
const DIRECTED = new Set([
  'execution_start',
  'execution_cached',
  'executing',
  'executed',
  'execution_success',
  'execution_error',
])
/** Types that ComfyUI sends to everybody when the prompt named no client. */
const SHARED_WITHOUT_CLIENT = new Set(['progress', 'progress_state', 'execution_interrupted'])

export interface FanOutEvents {
  /** The engine said how many jobs it has. */
  queueChanged(total: number): void
  /** An event of a job, before its tabs hear of it. */
  job(promptId: string, type: string, node: string | null | undefined, bytes: Buffer): void
  /** A picture of a job that is not done, as it was sent. */
  preview(promptId: string, image: Buffer): void
  /** How many of a person's jobs are not done. */
  countActive(accountId: string): number
  /** The engine's own feature flags. */
  flags(flags: Readonly<Record<string, unknown>>): void
}

/** Gives each message of the one upstream socket to the tabs it belongs to, by whose prompt it is about. */
export class FanOut {
  readonly #jobs: JobRegistry
  readonly #tabs: TabDirectory
  readonly #events: FanOutEvents

  constructor(jobs: JobRegistry, tabs: TabDirectory, events: FanOutEvents) {
    this.#jobs = jobs
    this.#tabs = tabs
    this.#events = events
  }

  text(bytes: Buffer): void {
    const message = parseTextMessage(bytes)
    if (message === undefined) return
    const outgoing: Outgoing = { bytes, binary: false, preview: false }
    const { type } = message
    if (type === 'status') this.#status(message)
    else if (type === 'feature_flags') this.#events.flags(message.data)
    else if (type === 'logs') this.#toAdministrators(outgoing, (tab) => tab.wantsLogs)
    else if (DIRECTED.has(type) || SHARED_WITHOUT_CLIENT.has(type)) this.#jobMessage(message, outgoing, bytes)
    else this.#packMessage(message, outgoing)
  }

  binary(bytes: Buffer): void {
    const message = parseBinaryMessage(bytes)
    switch (message.kind) {
      case 'unknown':
        this.#toAdministrators({ bytes, binary: true, preview: false })
        return
      case 'picture':
      case 'text': {
        // On one socket these fall strictly inside the job they belong to.
        const outgoing: Outgoing = { bytes, binary: true, preview: message.kind === 'picture' && !message.isResult }
        const { running } = this.#jobs
        if (message.kind === 'picture' && running !== undefined) this.#events.preview(running.promptId, message.image)
        this.#toJob(running, true, () => outgoing, outgoing)
        return
      }
      case 'pictureWithMetadata':
        this.#picture(bytes, message)
    }
  }

  #picture(bytes: Buffer, message: Extract<BinaryMessage, { kind: 'pictureWithMetadata' }>): void {
    const preview = !message.isResult
    const job = message.promptId === undefined ? this.#jobs.running : this.#jobs.find(message.promptId)
    if (job !== undefined) this.#events.preview(job.promptId, message.image)
    const full: Outgoing = { bytes, binary: true, preview }
    let plain: Outgoing | undefined
    const toPlain = (): Outgoing => (plain ??= { bytes: message.toPlain(), binary: true, preview })
    // A tab that is about to open has not said yet what it takes; every client takes the plain form.
    const forLater = job?.clientId !== undefined && !this.#isOpen(job.accountId, job.clientId) ? toPlain() : full
    this.#toJob(job, true, (tab) => (tab.takesMetadata ? full : toPlain()), forLater)
  }

  /** Tells a person's tabs how many of their own jobs wait or run: some clients stop when that is none. */
  tellStatus(accountId: string): void {
    const bytes = formatStatus(this.#events.countActive(accountId))
    for (const tab of this.#tabs.ofAccount(accountId)) tab.send({ bytes, binary: false, preview: false })
  }

  /** An event of the gate's own about a job, in the form of ComfyUI's. */
  tellJob(promptId: string, bytes: string): void {
    const outgoing: Outgoing = { bytes, binary: false, preview: false }
    this.#toJob(this.#jobs.find(promptId), false, () => outgoing, outgoing)
  }

  #isOpen(accountId: string, sid: string): boolean {
    return this.#tabs.ofAccount(accountId).some((tab) => tab.sid === sid)
  }

  #status({ data }: TextMessage): void {
    const total = data.status?.exec_info.queue_remaining
    if (total !== undefined) this.#events.queueChanged(total)
    // Nobody else is told that something happened: it was none of theirs.
    const { running } = this.#jobs
    if (running !== undefined) this.tellStatus(running.accountId)
  }

  #jobMessage({ type, data }: TextMessage, outgoing: Outgoing, bytes: Buffer): void {
    const promptId = data.prompt_id
    // Only the collector's own reconnection is told of a node without a prompt.
    if (promptId === undefined) return
    this.#follow(type, promptId, data.node)
    this.#events.job(promptId, type, data.node, bytes)
    const job = this.#jobs.find(promptId)
    if (job === undefined) this.#toAdministrators(outgoing)
    else if (type === 'execution_error') this.#error(job, outgoing, bytes)
    else this.#toJob(job, SHARED_WITHOUT_CLIENT.has(type), () => outgoing, outgoing)
    if (type === 'executing' && data.node === null) this.#jobs.leave(promptId)
  }

  /** Of a custom node: its own type. The companion writes the job into what is sent while one runs. */
  #packMessage({ data }: TextMessage, outgoing: Outgoing): void {
    const job = data.prompt_id === undefined ? undefined : this.#jobs.find(data.prompt_id)
    if (job === undefined) this.#toAdministrators(outgoing)
    else this.#toJob(job, true, () => outgoing, outgoing)
  }

  /** Where things lie on this computer is for who looks after it. */
  #error(job: RoutedJob, outgoing: Outgoing, bytes: Buffer): void {
    const hidden: Outgoing = { ...outgoing, bytes: errorWithoutPaths(bytes, job.promptId) }
    this.#toJob(job, false, (tab) => (tab.administrator ? outgoing : hidden), hidden)
  }

  #follow(type: string, promptId: string, node: string | null | undefined): void {
    // After a gap in what is heard, the next node says what runs.
    const isHeardAgain = this.#jobs.running === undefined && type === 'executing' && typeof node === 'string'
    if (type === 'execution_start' || isHeardAgain) this.#jobs.start(promptId)
    if (type === 'executing') this.#jobs.setCurrentNode(promptId, node ?? undefined)
  }

  #toJob(job: RoutedJob | undefined, shared: boolean, message: (tab: Tab) => Outgoing, forLater: Outgoing): void {
    if (job === undefined) return
    if (job.clientId !== undefined) this.#tabs.sendTo(job.accountId, job.clientId, message, forLater)
    else if (shared) for (const tab of this.#tabs.ofAccount(job.accountId)) tab.send(message(tab))
  }

  #toAdministrators(outgoing: Outgoing, wants: (tab: Tab) => boolean = () => true): void {
    for (const tab of this.#tabs.all()) if (tab.administrator && wants(tab)) tab.send(outgoing)
  }
}
