import { sessionCookieName } from '../core/cookieNames.ts'
import { system } from './actedBy.ts'
import type { OwnerAccount } from './ownerAccount.ts'
import type { SessionStore } from './sessionStore.ts'

/** A cookie for the desktop app to put into a partition of its own that is not kept. */
export interface OpenedSession {
  readonly token: string
  readonly cookieName: string
  readonly accountId: string
}

/** The desktop app's own sessions: they come from nowhere else, need no password and end with the app. */
export class OwnerSessions {
  readonly #owner: OwnerAccount
  readonly #sessions: SessionStore

  constructor(owner: OwnerAccount, sessions: SessionStore) {
    this.#owner = owner
    this.#sessions = sessions
  }

  /**
   * Ends sessions of earlier starts and opens the window's. Without any administrator the owner's account is made,
   * named `ownerName` (the name of the person's account on this computer).
   */
  async openOwnerSession(ownerName: string): Promise<OpenedSession> {
    await this.#sessions.endOwnerWindows()
    const owner = await this.#owner.ensure(ownerName)
    return this.#open(owner.id, 'owner')
  }

  /**
   * A people's session of the owner's account for "Open ComfyUI"; `secure`: it is opened over HTTPS.
   * @throws TypeError before the first `openOwnerSession`
   */
  async openCanvasSession(secure = false): Promise<OpenedSession> {
    const ownerId = await this.#owner.findId()
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
      system,
    )
    return { token, cookieName: sessionCookieName({ secure, listener: 'public' }), accountId }
  }
}
