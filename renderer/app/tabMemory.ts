/** A text kept as long as the tab lives: phones load a page again that was in the background. */
export interface TabMemory {
  /** @returns whether it is kept: a browser may forbid it, and then the page must stay open */
  keep(text: string): boolean
  recall(): string | undefined
  forget(): void
}

export const createTabMemory = (key: string): TabMemory => ({
  keep: (text) => {
    try {
      window.sessionStorage.setItem(key, text)
      return true
    } catch {
      return false
    }
  },
  recall: () => {
    try {
      return window.sessionStorage.getItem(key) ?? undefined
    } catch {
      return undefined
    }
  },
  forget: () => {
    try {
      window.sessionStorage.removeItem(key)
    } catch {
      // Nothing was kept.
    }
  },
})
