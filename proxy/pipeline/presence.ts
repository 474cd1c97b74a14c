import type { RouteAccess } from '../comfyui/routeTable.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Authenticator, ListenerName, Principal } from './requestContext.ts'

/** Something that lasts and rests on a credential: an open WebSocket, an event stream, a long download. */
export interface LiveUse {
  principal: Principal
  readonly access: RouteAccess
  /** Answered by the gate itself, not by ComfyUI. */
  readonly isOwn: boolean
  readonly method: string
  readonly segments: readonly string[]
  readonly listener: ListenerName
  readonly clientAddress: string
  readonly userAgent: string | undefined
  /** `PresenceRegistry.revision` before its credential was looked at. */
  readonly revision: number
  readonly kind: 'request' | 'socket'
  /** An answer of our own that has begun and may never end, such as events: nothing is lost when it is cut. */
  readonly isStream: boolean
  /** Called once. Returns false to be asked again shortly, for a request that is just about to be answered. */
  end(reason: 'revoked' | 'forbidden'): boolean
}

/** Somebody who is here now: something of theirs is open (a page, ComfyUI's socket, a download), or they asked in the last minute. */
export interface ConnectionSnapshot {
  readonly accountId: string
  readonly name: string
  /** A token counts as the session that it stands for. */
  readonly credential: 'session' | 'key'
  readonly clientAddress: string
  readonly userAgent: string | undefined
  readonly sockets: number
  readonly isOpen: boolean
  /** Rather than Gatehouse's own pages alone. */
  readonly usesComfyui: boolean
  readonly lastActiveAtMs: number
}

interface Presence {
  principal: Principal
  readonly clientAddress: string
  userAgent: string | undefined
  sockets: number
  /** Sockets, event streams and answers under way. */
  open: number
  lastActiveAtMs: number
  lastComfyuiAtMs: number
}

export interface PresenceDependencies {
  readonly clock: Clock
  readonly logger: Logger
  readonly authenticator: Authenticator
  /** Whether this principal may still use what it uses. */
  readonly isAllowed: (use: LiveUse, principal: Principal) => boolean
}

const HERE_MS = 60_000
/** Credentials also end by themselves, without anybody telling. */
const RECHECK_MS = 15_000
const AGAIN_MS = 250

function credentialId({ credential }: Principal): string {
  switch (credential.kind) {
    case 'session':
      return `s:${credential.sessionId}`
    case 'token':
      return `t:${credential.tokenId}`
    case 'apiKey':
      return `k:${credential.keyId}`
  }
}

const presenceKey = ({ principal, clientAddress }: LiveUse): string => `${credentialId(principal)} ${clientAddress}`

/** The owner's window is always open and stands for nobody who came. Nor does who is made up. */
const countsAsHere = ({ listener, principal }: LiveUse): boolean => listener !== 'owner' && principal.madeUp !== true

/** Knows what rests on which credential, and ends it when the credential ends. */
export class PresenceRegistry {
  readonly #dependencies: PresenceDependencies
  readonly #uses = new Set<LiveUse>()
  readonly #presences = new Map<string, Presence>()
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: () => void
  readonly #timer: NodeJS.Timeout
  #again: NodeJS.Timeout | undefined
  #checking = false
  #dirty = false
  #revision = 0

  constructor(dependencies: PresenceDependencies) {
    this.#dependencies = dependencies
    this.#unsubscribe = dependencies.authenticator.onCredentialsChanged(() => this.askAgain())
    this.#timer = setInterval(() => this.#tick(), RECHECK_MS)
    this.#timer.unref()
  }

  /** Something changed that may end what is under way. */
  askAgain(): void {
    this.#revision += 1
    this.#recheck()
  }

  /** Changes whenever a credential may have ended. */
  get revision(): number {
    return this.#revision
  }

  /** Watches a use from now on; its credential is looked at again when one may have ended since `use.revision`. */
  add(use: LiveUse): void {
    this.#uses.add(use)
    if (countsAsHere(use)) this.#arrive(use)
    if (use.revision !== this.#revision) this.#recheck()
  }

  remove(use: LiveUse): void {
    if (!this.#uses.delete(use) || !countsAsHere(use)) return
    const presence = this.#presences.get(presenceKey(use))
    if (presence === undefined) return
    presence.open -= 1
    if (use.kind !== 'socket') return
    presence.sockets -= 1
    this.#touch(presence, use)
    this.#changed()
  }

  /** Cuts answers that would keep a closing gate waiting. */
  endStreams(): void {
    for (const use of [...this.#uses]) if (use.isStream) this.#end(use, 'revoked')
  }

  snapshot(): readonly ConnectionSnapshot[] {
    this.#forgetGone()
    const oldest = this.#dependencies.clock.nowMs() - HERE_MS
    return [...this.#presences.values()].map(({ principal, open, lastComfyuiAtMs, ...rest }) => ({
      accountId: principal.accountId,
      name: principal.name,
      credential: principal.credential.kind === 'apiKey' ? 'key' : 'session',
      isOpen: open > 0,
      usesComfyui: rest.sockets > 0 || lastComfyuiAtMs >= oldest,
      ...rest,
    }))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#unsubscribe()
    clearInterval(this.#timer)
    clearTimeout(this.#again)
  }

  #arrive(use: LiveUse): void {
    const key = presenceKey(use)
    const now = this.#dependencies.clock.nowMs()
    const known = this.#presences.get(key)
    const { principal, clientAddress, userAgent } = use
    const fresh = { principal, clientAddress, userAgent, sockets: 0, open: 0, lastActiveAtMs: now, lastComfyuiAtMs: 0 }
    const presence = known ?? fresh
    presence.principal = principal
    presence.open += 1
    this.#touch(presence, use)
    if (use.kind === 'socket') presence.sockets += 1
    if (known === undefined) this.#presences.set(key, presence)
    if (known === undefined || use.kind === 'socket') this.#changed()
  }

  #touch(presence: Presence, { isOwn }: LiveUse): void {
    presence.lastActiveAtMs = this.#dependencies.clock.nowMs()
    if (!isOwn) presence.lastComfyuiAtMs = presence.lastActiveAtMs
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  #tick(): void {
    this.#recheck()
    if (this.#forgetGone()) this.#changed()
  }

  #forgetGone(): boolean {
    const oldest = this.#dependencies.clock.nowMs() - HERE_MS
    let forgot = false
    for (const [key, presence] of this.#presences) {
      if (presence.open === 0 && presence.lastActiveAtMs < oldest) forgot = this.#presences.delete(key) || forgot
    }
    return forgot
  }

  #recheck(): void {
    this.#dirty = true
    if (this.#checking) return
    this.#checking = true
    this.#checkAll()
      .catch((error: unknown) => {
        // Who cannot be confirmed does not stay.
        this.#dependencies.logger.error({ err: error }, 'credentials could not be checked again; closing what is open')
        for (const use of [...this.#uses]) this.#end(use, 'revoked')
      })
      .finally(() => {
        this.#checking = false
      })
  }

  async #checkAll(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false
      const byCredential = new Map<string, { principal: Principal; uses: LiveUse[] }>()
      // Who was here a moment ago is asked about too: whoever signed out is gone at once.
      for (const { principal } of this.#presences.values()) {
        byCredential.set(credentialId(principal), { principal, uses: [] })
      }
      for (const use of this.#uses) {
        const id = credentialId(use.principal)
        const known = byCredential.get(id)
        if (known === undefined) byCredential.set(id, { principal: use.principal, uses: [use] })
        else known.uses.push(use)
      }
      for (const [id, { principal, uses }] of byCredential) await this.#checkCredential(id, principal, uses)
    }
  }

  async #checkCredential(id: string, principal: Principal, uses: readonly LiveUse[]): Promise<void> {
    const fresh = await this.#dependencies.authenticator.reauthenticate(principal)
    if (fresh === undefined) this.#forget(id)
    for (const use of uses) {
      if (!this.#uses.has(use)) continue
      if (fresh === undefined) this.#end(use, 'revoked')
      else if (!this.#dependencies.isAllowed(use, fresh)) this.#end(use, 'forbidden')
      else use.principal = fresh
    }
  }

  /** Whose access ended is not here any more, whatever they asked a moment ago. */
  #forget(id: string): void {
    let forgot = false
    for (const [key, { principal }] of this.#presences) {
      if (credentialId(principal) === id) forgot = this.#presences.delete(key) || forgot
    }
    if (forgot) this.#changed()
  }

  #end(use: LiveUse, reason: 'revoked' | 'forbidden'): void {
    if (use.end(reason)) {
      this.remove(use)
      return
    }
    clearTimeout(this.#again)
    this.#again = setTimeout(() => this.#recheck(), AGAIN_MS)
  }
}
