import type { Badge } from './badge.ts'
import { findApplication, findBarGroup, isFocusMode } from './comfyuiPage.ts'

const lookEveryMs = 1000
/** The frontend builds its bar after it has loaded the extensions. */
const patienceMs = 10_000

/** Keeps the badge in the frontend's bar, or in a corner where there is no bar; bars come and go with its settings. */
export function keepInPlace(badge: Badge): void {
  const sinceMs = performance.now()
  const place = (): void => {
    const application = findApplication()
    const group = findBarGroup(application)
    if (group !== undefined) {
      if (badge.host.nextElementSibling !== group) group.before(badge.host)
      badge.setFloating(false)
    } else if (isFocusMode(application)) {
      badge.host.remove()
    } else if (performance.now() - sinceMs > patienceMs && badge.host.parentElement !== document.body) {
      document.body.append(badge.host)
      badge.setFloating(true)
    }
  }
  place()
  setInterval(place, lookEveryMs)
}
