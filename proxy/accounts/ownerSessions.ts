/** A cookie for the desktop app to put into a partition of its own that is not kept. */
export interface OpenedSession {
  readonly token: string
  readonly cookieName: string
  readonly accountId: string
}

export interface OwnerSessions {
  /** Ends sessions of earlier starts, makes the owner's account when there is none, opens the window's session. */
  openOwnerSession(ownerName: string): Promise<OpenedSession>
  /** A people's session of the owner's account for "Open ComfyUI". */
  openCanvasSession(): Promise<OpenedSession>
  /** Ends both kinds; called when the app quits. */
  closeAll(): Promise<void>
}
