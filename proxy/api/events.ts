import type { ServerResponse } from 'node:http'
import type { GateEvent } from '../contract/events.ts'
import type { LogLine } from '../contract/comfyui.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { mayAdminister, requireOwnThings } from './rights.ts'

type Resource = Extract<GateEvent, { type: 'changed' }>['resource']

const BATCH_MS = 100
const HEARTBEAT_MS = 15_000
const MAX_STREAMS_PER_ACCOUNT = 16
/** A reader this far behind reads everything again after it has connected anew. */
const MAX_UNSENT_BYTES = 1024 * 1024

/** What somebody without the right to administer hears of: their own things. */
const ownResources: ReadonlySet<Resource> = new Set(['keys', 'sessions', 'jobs'])

/** Server-sent events: what changed, so that pages read it again. A stream ends with its credential. */
export class EventStreams {
  readonly #dependencies: OwnApplicationDependencies
  readonly #streams = new Set<EventStream>()

  constructor(dependencies: OwnApplicationDependencies) {
    this.#dependencies = dependencies
    const { stores, engine, sharing, connections, jobs } = dependencies
    const tell = (resource: Resource) => () => this.#changed(resource)
    stores.changes.on((resource) => this.#changed(resource))
    engine.onStateChange(tell('comfyui'))
    engine.onLogLine((line) => this.#logged(line))
    sharing.onChange(tell('sharing'))
    connections.onChange(tell('connections'))
    jobs.onChange((accountId) => this.#changed('jobs', accountId))
    stores.authenticator.onCredentialsChanged(() => this.#checkAll())
  }

  /** @throws GateError AUTH_REQUIRED, PERMISSION_DENIED, TOO_MANY_CONNECTIONS */
  open(outgoing: ServerResponse, context: RequestContext): void {
    const principal = requireOwnThings(context)
    const own = [...this.#streams].filter((stream) => stream.principal.accountId === principal.accountId)
    if (own.length >= MAX_STREAMS_PER_ACCOUNT) {
      throw new GateError('TOO_MANY_CONNECTIONS', 'Too many pages of yours are open. Close some of them.')
    }
    const stream = new EventStream(outgoing, principal, () => this.#streams.delete(stream))
    this.#streams.add(stream)
    // The credential may have ended between the pipeline's look at it and this line.
    void this.#check(stream)
  }

  /** `accountId`: whose it is; nobody else learns that something happened, but for who administers. */
  #changed(resource: Resource, accountId?: string): void {
    for (const stream of this.#streams) stream.changed(resource, accountId)
  }

  #logged(line: LogLine): void {
    for (const stream of this.#streams) stream.logged(line)
  }

  #checkAll(): void {
    for (const stream of this.#streams) void this.#check(stream)
  }

  async #check(stream: EventStream): Promise<void> {
    try {
      const principal = await this.#dependencies.stores.authenticator.reauthenticate(stream.principal)
      const isLess = principal === undefined || mayAdminister(principal) !== mayAdminister(stream.principal)
      if (isLess) stream.close()
    } catch (error) {
      this.#dependencies.logger.error({ err: error }, 'a credential could not be checked again')
      stream.close()
    }
  }
}

class EventStream {
  readonly principal: Principal
  readonly #outgoing: ServerResponse
  readonly #administers: boolean
  readonly #heartbeat: NodeJS.Timeout
  readonly #onClose: () => void
  #changes = new Set<Resource>()
  #lines: LogLine[] = []
  #batch: NodeJS.Timeout | undefined

  constructor(outgoing: ServerResponse, principal: Principal, onClose: () => void) {
    this.principal = principal
    this.#outgoing = outgoing
    this.#administers = mayAdminister(principal)
    this.#onClose = onClose
    outgoing.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    })
    outgoing.write('retry: 1000\n\n')
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
    outgoing.on('close', () => this.#ended())
    outgoing.on('error', () => this.#ended())
  }

  changed(resource: Resource, accountId: string | undefined): void {
    const isOwn = accountId === undefined || accountId === this.principal.accountId
    if (!this.#administers && !(ownResources.has(resource) && isOwn)) return
    this.#changes.add(resource)
    this.#schedule()
  }

  logged(line: LogLine): void {
    if (!this.#administers) return
    this.#lines.push(line)
    this.#schedule()
  }

  close(): void {
    this.#ended()
    this.#outgoing.destroy()
  }

  #schedule(): void {
    this.#batch ??= setTimeout(() => this.#flush(), BATCH_MS)
  }

  #flush(): void {
    this.#batch = undefined
    const events: GateEvent[] = [...this.#changes].map((resource) => ({ type: 'changed', resource }))
    if (this.#lines.length > 0) events.push({ type: 'log', lines: this.#lines })
    this.#changes = new Set()
    this.#lines = []
    this.#write(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
  }

  #write(text: string): void {
    if (this.#outgoing.writableLength > MAX_UNSENT_BYTES) this.close()
    else this.#outgoing.write(text)
  }

  #ended(): void {
    clearInterval(this.#heartbeat)
    clearTimeout(this.#batch)
    this.#onClose()
  }
}
