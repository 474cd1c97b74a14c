import { createHash, timingSafeEqual } from 'node:crypto'
import { GateError } from '../contract/errorCodes.ts'
import type { Permission } from '../contract/permissions.ts'
import type { ModelRules, NodeRules } from '../contract/roleRules.ts'
import type { Role, RoleId } from '../contract/roles.ts'
import type { Random } from '../core/random.ts'
import { createSecretToken } from '../core/secretToken.ts'
import type { PipelineAudit } from '../pipeline/audit.ts'
import type { AuthenticationInput, Authenticator, Principal } from '../pipeline/requestContext.ts'

/*
 * proxy/probe/ tries out what a role reaches: it makes somebody up, sends requests to the gate as that person, and
 * compares the answers with what the policy decides. Whoever is made up stands in no table: there is nothing to sign in
 * to, nothing to list, and nothing left when the program is killed meanwhile.
 */

/** A role as it is, or as somebody thinks of saving it. */
export interface ProbedRole {
  readonly id: RoleId
  readonly title: string
  readonly base: Role
  readonly permissions: ReadonlySet<Permission>
  readonly models: ModelRules
  readonly nodes: NodeRules
}

export interface MadeUpPerson {
  readonly principal: Principal
  readonly role: ProbedRole
  /** What this person's session is known by; 256 bits that leave this process only over its own loopback. */
  readonly token: string
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

/** At most one at a time, in memory alone. */
export class MadeUpPeople {
  readonly #random: Random
  readonly #listeners = new Set<() => void>()
  #now: { readonly person: MadeUpPerson; readonly digest: Buffer } | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** @throws GateError ALREADY_RUNNING while there is another one */
  make(role: ProbedRole): MadeUpPerson {
    if (this.#now !== undefined) throw new GateError('ALREADY_RUNNING', 'A role is being tried out just now.')
    const token = createSecretToken(this.#random)
    const principal = makeUpPrincipal(role, { accountId: this.#random.id(16), sessionId: this.#random.uuid() })
    const person = { principal, role, token }
    this.#now = { person, digest: digest(token) }
    return person
  }

  /** From now on nobody is that person. */
  end(): void {
    if (this.#now === undefined) return
    this.#now = undefined
    for (const listener of [...this.#listeners]) listener()
  }

  find(accountId: string): MadeUpPerson | undefined {
    const person = this.#now?.person
    return person?.principal.accountId === accountId ? person : undefined
  }

  /** Session stolen from memory or guessed: it holds for this computer's own loopback and no longer than the try. */
  recognise({ presented, listener, clientAddress }: AuthenticationInput): Principal | undefined {
    if (this.#now === undefined || presented.kind !== 'sessionCookie') return undefined
    if (listener !== 'public' || clientAddress !== '127.0.0.1') return undefined
    return timingSafeEqual(digest(presented.token), this.#now.digest) ? this.#now.person.principal : undefined
  }

  /** Whether that very person is still there. */
  holds(principal: Principal): boolean {
    return this.#now?.person.principal === principal
  }

  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Who somebody of the role is to the gate, as if they had signed in. */
export function makeUpPrincipal(
  role: ProbedRole,
  { accountId, sessionId }: { readonly accountId: string; readonly sessionId: string },
): Principal {
  return {
    accountId,
    name: 'Somebody made up',
    role: role.id,
    roleTitle: role.title,
    baseRole: role.base,
    permissions: role.permissions,
    madeUp: true,
    credential: { kind: 'session', sessionId, surface: 'people', fromOwnerWindow: false },
  }
}

/** Asks after people that are made up first; everybody else is as before. */
export function knowMadeUp(authenticator: Authenticator, madeUp: MadeUpPeople): Authenticator {
  const recall = authenticator.recall?.bind(authenticator)
  return {
    authenticate: (input) => {
      const principal = madeUp.recognise(input)
      return principal === undefined ? authenticator.authenticate(input) : Promise.resolve(principal)
    },
    ...(recall && { recall: (input: AuthenticationInput) => madeUp.recognise(input) ?? recall(input) }),
    reauthenticate: (principal) =>
      principal.madeUp === true
        ? Promise.resolve(madeUp.holds(principal) ? principal : undefined)
        : authenticator.reauthenticate(principal),
    onCredentialsChanged: (listener) => {
      const stops = [authenticator.onCredentialsChanged(listener), madeUp.onEnd(listener)]
      return () => stops.forEach((stop) => stop())
    },
  }
}

/** A thousand refusals that were asked for are no news: the try itself is one entry. */
export const withoutMadeUp = (audit: PipelineAudit): PipelineAudit => ({
  record: (event) => {
    if (event.principal?.madeUp !== true) audit.record(event)
  },
})
