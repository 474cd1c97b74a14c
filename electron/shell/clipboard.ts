import * as electron from 'electron'
import type { Logger } from '../../proxy/core/logger.ts'

/** How long a copied secret may lie on the clipboard. */
export const secretOnClipboardMs = 60_000

/** The system's clipboard, as much of it as we use. */
export interface SystemClipboard {
  writeText(text: string): Promise<void>
  /** Writes the text marked as a secret, so that histories leave it out, where the system can. */
  writeSecret(text: string): Promise<void>
  readText(): Promise<string>
  clear(): void
}

/**
 * The mark that keeps text out of clipboard histories: Windows' history and cloud clipboard, KDE's Klipper, and the
 * convention of macOS' clipboard programs (nspasteboard.org). GNOME has none.
 */
export function secretMark(platform: NodeJS.Platform): { format: string; value: string } {
  if (platform === 'win32') return { format: 'ExcludeClipboardContentFromMonitorProcessing', value: '1' }
  if (platform === 'darwin') return { format: 'org.nspasteboard.ConcealedType', value: '1' }
  return { format: 'x-kde-passwordManagerHint', value: 'secret' }
}

/** Electron's clipboard. Writing a text together with a mark needs an Electron that has `ClipboardItem`. */
export function createSystemClipboard(platform: NodeJS.Platform): SystemClipboard {
  const { clipboard } = electron
  return {
    writeText: async (text) => clipboard.writeText(text),
    readText: async () => clipboard.readText(),
    clear: () => clipboard.clear(),
    async writeSecret(text) {
      if (typeof electron.ClipboardItem !== 'function') return clipboard.writeText(text)
      const mark = secretMark(platform)
      const marked = { 'text/plain': text, [`electron application/osclipboard;format="${mark.format}"`]: mark.value }
      return clipboard.write([new electron.ClipboardItem(marked)])
    },
  }
}

/** Copies texts, and takes secrets back after a minute unless something else was copied meanwhile. */
export class ExpiringClipboard {
  readonly #system: SystemClipboard
  readonly #logger: Logger
  #secret: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(system: SystemClipboard, logger: Logger) {
    this.#system = system
    this.#logger = logger
  }

  async copy(text: string): Promise<void> {
    this.#forget()
    await this.#system.writeText(text)
  }

  async copySecret(text: string): Promise<void> {
    this.#forget()
    await this.#system.writeSecret(text)
    this.#secret = text
    this.#timer = setTimeout(() => void this.takeBack(), secretOnClipboardMs)
  }

  /** Clears the clipboard if the secret still lies there; also called when Gatehouse quits. */
  async takeBack(): Promise<void> {
    const secret = this.#secret
    this.#forget()
    if (secret === undefined) return
    try {
      if ((await this.#system.readText()) === secret) this.#system.clear()
    } catch (error) {
      this.#logger.warn({ err: error }, 'the clipboard could not be cleared')
    }
  }

  #forget(): void {
    clearTimeout(this.#timer)
    this.#secret = undefined
  }
}
