import { isMovingAt } from '../features/jobs/jobWords.ts'
import { eventSchema, folderSchema, jobsSchema, queueSchema, sessionSchema, workflowsSchema } from './answers.ts'
import type { CanvasState } from './answers.ts'
import type { GateReader } from './gateReader.ts'

type Part = keyof CanvasState

/** What has to be read again when one of the gate's resources changed. */
const partsOf = new Map<string, readonly Part[]>([
  ['users', ['session', 'workflows']],
  ['sessions', ['session']],
  ['jobs', ['jobs', 'queue']],
  ['outputs', ['folder']],
  ['folders', ['folder']],
  ['workflows', ['workflows']],
])

/** The gate tells of one's own jobs; that others' ended or a pause did, which moves the line, is found by asking. */
const lineEveryMs = 10_000
const firstRetryMs = 5000
const lastRetryMs = 60_000

/** The part of the browser's EventSource that is used. */
export interface EventStream extends Pick<EventTarget, 'addEventListener'> {
  readonly readyState: number
  close(): void
}
/** `EventSource.CLOSED`, by its number: where tests run there is no EventSource. */
const closedState = 2

export interface FollowOptions {
  readonly read: GateReader
  readonly openStream: () => EventStream
  readonly isVisible: () => boolean
  readonly onVisibilityChange: (listener: () => void) => void
  readonly onState: (state: CanvasState) => void
}

/**
 * Keeps the state fresh while somebody looks at the page. A hidden page holds no event stream: a browser opens at most
 * six connections to one address over plain HTTP, and with that many streams no page would load any more.
 */
export class GateFollower {
  readonly #options: FollowOptions
  readonly #reading = new Map<Part, 'once' | 'again'>()
  #state: CanvasState = { session: undefined, jobs: [], queue: undefined, folder: undefined, workflows: [] }
  #stream: EventStream | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #line: ReturnType<typeof setInterval> | undefined
  #refusals = 0
  /** Each refusal is a line in the browser's console, so what was refused is not asked for again. */
  readonly #refused = new Set<Part>()

  constructor(options: FollowOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.onVisibilityChange(() => this.#followVisibility())
    this.#followVisibility()
  }

  #followVisibility(): void {
    if (!this.#options.isVisible()) {
      this.#rest()
      return
    }
    if (this.#stream !== undefined) return
    void this.#read('session').then(() => this.#listen())
  }

  #rest(): void {
    clearTimeout(this.#retry)
    clearInterval(this.#line)
    this.#stream?.close()
    this.#stream = undefined
  }

  #listen(): void {
    if (this.#state.session === 'signedOut' || this.#stream !== undefined || !this.#options.isVisible()) return
    const stream = this.#options.openStream()
    this.#stream = stream
    stream.addEventListener('message', (event) => this.#heard(event))
    stream.addEventListener('open', () => {
      this.#refusals = 0
      // What happened before was not told.
      for (const part of ['session', 'jobs', 'queue', 'folder', 'workflows'] as const) void this.#read(part)
    })
    stream.addEventListener('error', () => this.#lost(stream))
    clearInterval(this.#line)
    this.#line = setInterval(() => this.#lookAtLine(), lineEveryMs)
  }

  #lookAtLine(): void {
    const { jobs, queue } = this.#state
    const waits = jobs.some(({ position }) => position !== null)
    if (waits) void this.#read('jobs')
    if (waits || (queue !== undefined && !isMovingAt(queue, Date.now()))) void this.#read('queue')
  }

  #heard(event: Event): void {
    const text: unknown = event instanceof MessageEvent ? event.data : undefined
    for (const part of partsOf.get(findResource(text) ?? '') ?? []) void this.#read(part)
  }

  /** The gate ends a stream with its sign-in. A browser that closes was refused; otherwise it tries again by itself. */
  #lost(stream: EventStream): void {
    if (stream !== this.#stream || stream.readyState !== closedState) return
    this.#rest()
    this.#refusals += 1
    const delayMs = Math.min(firstRetryMs * 2 ** (this.#refusals - 1), lastRetryMs)
    void this.#read('session').then(() => {
      if (this.#state.session === 'signedOut') return
      this.#retry = setTimeout(() => this.#listen(), delayMs)
    })
  }

  /** One question at a time for each part, and once more when something changed meanwhile. */
  async #read(part: Part): Promise<void> {
    if (this.#reading.has(part)) {
      this.#reading.set(part, 'again')
      return
    }
    do {
      this.#reading.set(part, 'once')
      await this.#readOnce(part)
    } while (this.#reading.get(part) === 'again')
    this.#reading.delete(part)
  }

  async #readOnce(part: Part): Promise<void> {
    const { read } = this.#options
    if (this.#refused.has(part)) return
    if (part === 'session') {
      const reading = await read('session', sessionSchema)
      if (reading.kind === 'answer') this.#set({ session: reading.value })
      if (reading.kind === 'signedOut') this.#signedOut()
    } else if (part === 'jobs') {
      const reading = await read('jobs?limit=200', jobsSchema)
      if (reading.kind === 'answer') this.#set({ jobs: reading.value.items })
    } else if (part === 'queue') {
      const reading = await read('jobs/queue', queueSchema)
      if (reading.kind === 'answer') this.#set({ queue: reading.value })
    } else if (part === 'folder') {
      const reading = await read('folders/mine', folderSchema)
      if (reading.kind === 'answer') this.#set({ folder: reading.value })
      if (reading.kind === 'refused') this.#refused.add(part)
    } else {
      const reading = await read('workflows?limit=200', workflowsSchema)
      if (reading.kind === 'answer') this.#set({ workflows: reading.value.items })
      if (reading.kind === 'refused') this.#refused.add(part)
    }
  }

  #signedOut(): void {
    this.#rest()
    this.#set({ session: 'signedOut', jobs: [], queue: undefined, folder: undefined, workflows: [] })
  }

  #set(change: Partial<CanvasState>): void {
    this.#state = { ...this.#state, ...change }
    this.#options.onState(this.#state)
  }
}

function findResource(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  try {
    return eventSchema.safeParse(JSON.parse(text)).data?.resource
  } catch {
    // Not JSON: a newer kind of message.
    return undefined
  }
}
