import type { ServerResponse } from 'node:http'
import type { LogLine } from '../contract/comfyui.ts'
import type { GateEvent } from '../contract/events.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { isOwnResource } from './ownThings.ts'
import type { OwnThings } from './ownThings.ts'

export type Resource = Extract<GateEvent, { type: 'changed' }>['resource']

const BATCH_MS = 100
/** To find out what is somebody's own costs a look at the database, and others decide how often something changes. */
const OWN_BATCH_MS = 400
const HEARTBEAT_MS = 15_000
/** A reader this far behind reads everything again after it has connected anew. */
const MAX_UNSENT_BYTES = 1024 * 1024

export interface EventStreamOptions {
  readonly outgoing: ServerResponse
  readonly principal: Principal
  /** Undefined for whoever may administer: they hear of everything. */
  readonly own: OwnThings | undefined
  /** Called at the end, also when the other side ended it. */
  readonly onEnd: () => void
  readonly onFault: (error: unknown) => void
}

/** One reader's events: everything for whoever may administer, one's own things for everybody else. */
export class EventStream {
  readonly principal: Principal
  readonly #options: EventStreamOptions
  readonly #heartbeat: NodeJS.Timeout
  #changes = new Set<Resource>()
  #certainChanges = new Set<Resource>()
  #lines: LogLine[] = []
  #batch: NodeJS.Timeout | undefined

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.principal = options.principal
    const { outgoing } = options
    outgoing.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-accel-buffering': 'no',
    })
    outgoing.write('retry: 1000\n\n')
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
    outgoing.on('close', () => this.#ended())
    outgoing.on('error', () => this.#ended())
  }

  /** Somebody's changed, it is not said whose: one's own are compared before anything is told. */
  changed(resource: Resource): void {
    if (this.#options.own !== undefined && !isOwnResource(resource)) return
    this.#changes.add(resource)
    this.#schedule()
  }

  /** One person's changed: they hear of it, and whoever administers. */
  changedOf(accountId: string, resource: Resource): void {
    if (this.#options.own !== undefined && accountId !== this.principal.accountId) return
    this.#certainChanges.add(resource)
    this.#schedule()
  }

  logged(line: LogLine): void {
    if (this.#options.own !== undefined) return
    this.#lines.push(line)
    this.#schedule()
  }

  close(): void {
    this.#ended()
    this.#options.outgoing.destroy()
  }

  #schedule(): void {
    const delayMs = this.#options.own === undefined ? BATCH_MS : OWN_BATCH_MS
    this.#batch ??= setTimeout(() => this.#startFlush(), delayMs)
  }

  #startFlush(): void {
    this.#batch = undefined
    this.#flush().catch((error: unknown) => {
      this.#options.onFault(error)
      // What cannot be looked at is not told; whoever connects anew reads everything again.
      this.close()
    })
  }

  async #flush(): Promise<void> {
    const [changes, certain, lines] = [[...this.#changes], this.#certainChanges, this.#lines]
    this.#changes = new Set()
    this.#certainChanges = new Set()
    this.#lines = []
    const { own } = this.#options
    const compared = own === undefined ? changes : await selectOwn(changes, own)
    const told = [...new Set([...compared, ...certain])]
    const events: GateEvent[] = told.map((resource) => ({ type: 'changed', resource }))
    if (lines.length > 0) events.push({ type: 'log', lines })
    if (events.length > 0) this.#write(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
  }

  #write(text: string): void {
    const { outgoing } = this.#options
    if (outgoing.destroyed) return
    if (outgoing.writableLength > MAX_UNSENT_BYTES) this.close()
    else outgoing.write(text)
  }

  #ended(): void {
    clearInterval(this.#heartbeat)
    clearTimeout(this.#batch)
    this.#options.onEnd()
  }
}

async function selectOwn(changes: readonly Resource[], own: OwnThings): Promise<readonly Resource[]> {
  const changed: Resource[] = []
  for (const resource of changes) {
    if (isOwnResource(resource) && (await own.hasChanged(resource))) changed.push(resource)
  }
  return changed
}
