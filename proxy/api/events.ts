import type { ServerResponse } from 'node:http'
import type { LogLine } from '../contract/comfyui.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import { decideOwn, isLess, mayAdminister } from '../policy/rights.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { EventStream } from './eventStream.ts'
import type { Resource } from './eventStream.ts'
import { OwnThings, ownResourcesOf } from './ownThings.ts'
import { PlaceWatch } from './placeWatch.ts'
import { requirePrincipal } from './rights.ts'
import type { WorkflowDrafts } from './workflowDrafts.ts'

const MAX_STREAMS_PER_ACCOUNT = 16

/** Server-sent events: what changed, so that pages read it again. A stream ends with its credential. */
export class EventStreams {
  readonly #dependencies: OwnApplicationDependencies
  readonly #streams = new Set<EventStream>()

  constructor(dependencies: OwnApplicationDependencies, drafts: Pick<WorkflowDrafts, 'onChange'>) {
    this.#dependencies = dependencies
    const { stores, engine, nodes, sharing, administration, certificates, connections, jobs, folders, outputs } =
      dependencies
    const tell = (resource: Resource) => () => this.#changed(resource)
    stores.changes.on((resource) => this.#changed(resource))
    nodes.onCatalogChange(tell('nodes'))
    engine.onStateChange(tell('comfyui'))
    engine.onLogLine((line) => this.#logged(line))
    sharing.onChange(tell('sharing'))
    certificates.onChange(tell('certificates'))
    administration.onChange(tell('sharing'))
    connections.onChange(tell('connections'))
    jobs.onChange((accountId) => this.#changedOf(accountId, 'jobs'))
    folders.onChange((accountId) => this.#changedOf(accountId, 'folders'))
    jobs.onProgress((accountId) => this.#changedOf(accountId, 'progress'))
    new PlaceWatch(dependencies, {
      placesChanged: (accountId) => this.#changedOf(accountId, 'jobs'),
      queueChanged: () => this.#changedForAll('jobs'),
    })
    outputs.onChange((accountId) => this.#changedOf(accountId, 'outputs'))
    outputs.shares.onChange((who, accountId) => {
      this.#changedOf(accountId, 'outputs')
      this.#changedShared(who === 'everybody' ? who : new Set(who))
    })
    stores.knocks.onChange(tell('knocks'))
    stores.audit.onChange(tell('audit'))
    drafts.onChange((accountId) => this.#changedOf(accountId, 'drafts'))
    stores.authenticator.onCredentialsChanged(() => this.#checkAll())
  }

  /** @throws GateError AUTH_REQUIRED, TOO_MANY_CONNECTIONS */
  open(outgoing: ServerResponse, context: RequestContext): void {
    const principal = requirePrincipal(context)
    const own = [...this.#streams].filter((stream) => stream.principal.accountId === principal.accountId)
    if (own.length >= MAX_STREAMS_PER_ACCOUNT) {
      throw new GateError('TOO_MANY_CONNECTIONS', 'Too many pages of yours are open. Close some of them.')
    }
    const { stores, workflows, logger } = this.#dependencies
    const sources = { ...stores, workflows: workflows.store }
    const stream: EventStream = new EventStream({
      outgoing,
      principal,
      own: mayAdminister(principal)
        ? undefined
        : new OwnThings(sources, principal.accountId, ownResourcesOf(principal)),
      onEnd: () => this.#streams.delete(stream),
      onFault: (error) => logger.error({ err: error }, 'what changed for a person cannot be read'),
    })
    this.#streams.add(stream)
    // The credential may have ended between the pipeline's look at it and this line.
    void this.#check(stream)
  }

  #changed(resource: Resource): void {
    for (const stream of this.#streams) stream.changed(resource)
  }

  #changedOf(accountId: string, resource: Resource): void {
    for (const stream of this.#streams) stream.changedOf(accountId, resource)
  }

  #changedForAll(resource: Resource): void {
    for (const stream of this.#streams) stream.changedOf(stream.principal.accountId, resource)
  }

  /** Whoever may not look at what others share does not hear that they do. */
  #changedShared(who: ReadonlySet<string> | 'everybody'): void {
    for (const stream of this.#streams) {
      const { accountId } = stream.principal
      if (who !== 'everybody' && !who.has(accountId)) continue
      if (decideOwn(stream.principal, 'shared', 'GET').allowed) stream.changedOf(accountId, 'shared')
    }
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
      if (principal === undefined || hasOther(principal, stream.principal)) stream.close()
    } catch (error) {
      this.#dependencies.logger.error({ err: error }, 'a credential could not be checked again')
      stream.close()
    }
  }
}

/** Whoever hears of more or of less by now connects anew, and reads everything again. */
const hasOther = (now: Principal, before: Principal): boolean =>
  mayAdminister(now) !== mayAdminister(before) || isLess(now.permissions, before.permissions)
