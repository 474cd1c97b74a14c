import { hasDesktop, invokeDesktop } from '../desktop/desktop.ts'

export type CopyResult = 'copied' | 'copiedForAMinute' | 'failed'

/**
 * Copies by the desktop program, by the browser's clipboard, or by the old command that also works on plain HTTP.
 * A secret goes through the program when there is one: it leaves the clipboard again after 60 seconds.
 */
export async function copyText(text: string, options: { secret?: boolean } = {}): Promise<CopyResult> {
  if (hasDesktop()) {
    await invokeDesktop(options.secret === true ? 'clipboard:copySecret' : 'clipboard:copy', { text })
    return options.secret === true ? 'copiedForAMinute' : 'copied'
  }
  // `navigator.clipboard` is absent on plain http:// pages, whatever its type says.
  const clipboard: Clipboard | undefined = window.isSecureContext ? navigator.clipboard : undefined
  if (clipboard !== undefined) {
    try {
      await clipboard.writeText(text)
      return 'copied'
    } catch {
      // Refused by the browser: the old command may still be allowed.
    }
  }
  return copyBySelection(text) ? 'copied' : 'failed'
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.setAttribute('aria-hidden', 'true')
  field.style.position = 'fixed'
  field.style.opacity = '0'
  document.body.append(field)
  field.select()
  try {
    // Deprecated, and the only way on a page that came over plain HTTP.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    field.remove()
    if (before instanceof HTMLElement) before.focus()
  }
}
