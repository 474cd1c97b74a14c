import type { AccountStore } from './accountStore.ts'
import { sessionCookieName } from '../core/cookieNames.ts'
import type { SessionStore } from './sessionStore.ts'

/** A cookie for the desktop app to put into a partition of its own that is not kept. */
export interface OpenedSession {
  readonly token: string
  readonly cookieName: string
  readonly accountId: string
}

/** The desktop app's own sessions: they come from nowhere else, need no password and end with the app. */
export class OwnerSessions {
  readonly #accounts: AccountStore
  readonly #sessions: SessionStore

  constructor(accounts: AccountStore, sessions: SessionStore) {
    this.#accounts = accounts
    this.#sessions = sessions
  }

  /**
   * Ends sessions of earlier starts and opens the window's. Without any administrator the owner's account is made,
   * named `ownerName` (the name of the person's account on this computer).
   */
  async openOwnerSession(ownerName: string): Promise<OpenedSession> {
    await this.#sessions.endOwnerWindows()
    const owner = await this.#accounts.ensureOwner(ownerName)
    return this.#open(owner.id, 'owner')
  }

  /**
   * A people's session of the owner's account for "Open ComfyUI"; `secure`: it is opened over HTTPS.
   * @throws TypeError before the first `openOwnerSession`
   */
  async openCanvasSession(secure = false): Promise<OpenedSession> {
    const ownerId = await this.#accounts.findOwnerId()
    if (ownerId === undefined) throw new TypeError('there is no owner yet')
    return this.#open(ownerId, 'people', secure)
  }

  /** Ends both kinds; called when the app quits. */
  async closeAll(): Promise<void> {
    await this.#sessions.endOwnerWindows()
  }

  async #open(accountId: string, surface: 'owner' | 'people', secure = false): Promise<OpenedSession> {
    const { token } = await this.#sessions.open(
      {
        accountId,
        surface,
        fromOwnerWindow: true,
        secure,
        device: 'This computer',
        address: '127.0.0.1',
      },
      { actor: { kind: 'system' } },
    )
    return { token, cookieName: sessionCookieName({ secure, listener: 'public' }), accountId }
  }
}
