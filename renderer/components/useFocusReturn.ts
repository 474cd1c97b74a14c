import { useEffect, useState } from 'react'

/** What had the focus on the page below: where it goes when one dialog followed another and the first is gone. */
let lastOnPage: Element | null = null

const isOnPage = (element: Element | null): boolean =>
  element !== null && element !== document.body && element.closest('[role="dialog"]') === null

/**
 * Gives the focus back to what had it when the dialog came. Mantine does so only for a dialog that stays mounted while
 * it is closed; ours go.
 */
export function useFocusReturn(): void {
  const [before] = useState(() => {
    const element = document.activeElement
    if (isOnPage(element)) lastOnPage = element
    return element
  })
  useEffect(
    () => () => {
      // After the dialog is out of the page, and only when nothing else took the focus meanwhile.
      setTimeout(() => {
        if (document.activeElement !== null && document.activeElement !== document.body) return
        const target = before?.isConnected === true && before !== document.body ? before : lastOnPage
        if (target instanceof HTMLElement && target.isConnected) target.focus()
      })
    },
    [before],
  )
}
