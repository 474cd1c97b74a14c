import type { MantineColorScheme, MantineColorSchemeManager } from '@mantine/core'
import { z } from 'zod'

const storageKey = 'gatehouse-appearance'
const chosenSchema = z.enum(['light', 'dark']).catch('light')

/** The same place that public/assets/appearance.js reads before the first paint; "auto" is kept as nothing. */
export function createAppearanceStore(): MantineColorSchemeManager {
  return {
    get: (defaultValue) => {
      const stored = read()
      return stored === null ? defaultValue : chosenSchema.parse(stored)
    },
    set: (value) => write(value),
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    clear: () => write('auto'),
  }
}

function read(): string | null {
  try {
    return window.localStorage.getItem(storageKey)
  } catch {
    // Storage may be forbidden; then the system's choice is right.
    return null
  }
}

function write(value: MantineColorScheme): void {
  try {
    if (value === 'auto') window.localStorage.removeItem(storageKey)
    else window.localStorage.setItem(storageKey, value)
  } catch {
    // Storage may be forbidden; the choice then holds until the page closes.
  }
}
