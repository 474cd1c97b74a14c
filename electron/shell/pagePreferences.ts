import type { Session, WebPreferences } from 'electron'

/**
 * What every page of the app runs with: no Node, its own world, a sandbox. Only the owner's window gives a preload.
 */
export function pagePreferences(session: Session, preload?: string): WebPreferences {
  return {
    session,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webviewTag: false,
    // Its dictionaries would be fetched from a foreign server.
    spellcheck: false,
    ...(preload === undefined ? {} : { preload }),
  }
}
