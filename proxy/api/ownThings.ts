import type { Stores } from '../accounts/stores.ts'
import { isGranted } from '../workflows/grants.ts'
import type { WorkflowStore } from '../workflows/workflowStore.ts'
import type { GateEvent } from '../contract/events.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { decideOwn } from '../policy/rights.ts'

/** What everybody may hear of, as far as it is their own. `users` is one's own account. */
export type OwnResource = Extract<
  Extract<GateEvent, { type: 'changed' }>['resource'],
  'users' | 'keys' | 'sessions' | 'workflows'
>

type Sources = Pick<Stores, 'accounts' | 'roles' | 'keys' | 'sessions'> & {
  readonly workflows: Pick<WorkflowStore, 'list'>
}

/** What a person sees of their own things, as texts to compare. Last use is left out: it changes all the time. */
const readers: Readonly<Record<OwnResource, (sources: Sources, accountId: string) => Promise<string>>> = {
  users: async ({ accounts, roles }, accountId) => {
    const account = await accounts.find(accountId)
    const role = account && (await roles.find(account.role))
    const given = [account?.role, role?.title, ...(role?.permissions ?? [])]
    return JSON.stringify([account?.name, account?.hasPassword, given])
  },
  keys: async ({ keys }, accountId) =>
    JSON.stringify(
      (await keys.list(accountId)).map((key) => [
        key.id,
        key.name,
        key.scopes,
        key.expiresAtMs,
        key.sentUnprotectedAtMs,
      ]),
    ),
  sessions: async ({ sessions }, accountId) =>
    JSON.stringify((await sessions.list(accountId)).map((session) => [session.id, session.fromOwnerWindow])),
  workflows: async ({ accounts, workflows }, accountId) => {
    const account = await accounts.find(accountId)
    if (account === undefined) return ''
    const own = (await workflows.list()).filter(({ grants }) => isGranted(grants, { accountId, role: account.role }))
    return JSON.stringify(
      own.map(({ id, name, description, version, hasPicture }) => [id, name, description, version, hasPicture]),
    )
  },
}

export const isOwnResource = (resource: string): resource is OwnResource => Object.hasOwn(readers, resource)

/**
 * Everybody hears of their own account; of their keys and sessions, and of what was made ready for them, whoever may see
 * them with this credential.
 */
export const ownResourcesOf = (principal: Principal): ReadonlySet<OwnResource> =>
  new Set([
    'users',
    ...(decideOwn(principal, 'account', 'GET').allowed ? (['keys', 'sessions'] as const) : []),
    ...(decideOwn(principal, 'workflows', 'GET').allowed ? (['workflows'] as const) : []),
  ])

/**
 * Tells whether one person's own things changed when something changed, whosever it was and whichever process wrote
 * it. So nobody hears of what others do, not even that they do something.
 */
export class OwnThings {
  readonly #sources: Sources
  readonly #accountId: string
  readonly #seen: Map<OwnResource, Promise<string>>

  constructor(sources: Sources, accountId: string, resources: ReadonlySet<OwnResource>) {
    this.#sources = sources
    this.#accountId = accountId
    this.#seen = new Map([...resources].map((resource) => [resource, this.#read(resource)]))
  }

  /** Whether it is not what it was at the last look, or at the beginning. */
  async hasChanged(resource: OwnResource): Promise<boolean> {
    const before = this.#seen.get(resource)
    if (before === undefined) return false
    const now = this.#read(resource)
    this.#seen.set(resource, now)
    return (await before) !== (await now)
  }

  #read(resource: OwnResource): Promise<string> {
    const reading = readers[resource](this.#sources, this.#accountId)
    // Told to whoever looks; nobody may ever look.
    reading.catch(() => undefined)
    return reading
  }
}
