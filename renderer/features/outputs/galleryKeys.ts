import type { Direction } from './galleryLayout.ts'

/** What a key does while a picture has the focus. */
export type KeyAction =
  | { readonly kind: 'move' | 'extend'; readonly direction: Direction }
  | { readonly kind: 'choose' | 'chooseAll' | 'clear' | 'remove' | 'keep' | 'download' }

interface PressedKey {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

const directions: ReadonlyMap<string, Direction> = new Map([
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['Home', 'first'],
  ['End', 'last'],
])

const plainKeys: ReadonlyMap<string, KeyAction> = new Map([
  ['x', { kind: 'choose' }],
  ['k', { kind: 'keep' }],
  ['d', { kind: 'download' }],
  ['Delete', { kind: 'remove' }],
  ['Escape', { kind: 'clear' }],
])

/** Enter and the space bar are the button's own. Undefined: the key is the browser's. */
export function findKeyAction({ key, shiftKey, ctrlKey, metaKey, altKey }: PressedKey): KeyAction | undefined {
  if (altKey) return undefined
  if (ctrlKey || metaKey) return key.toLowerCase() === 'a' ? { kind: 'chooseAll' } : undefined
  const direction = directions.get(key)
  if (direction !== undefined) return { kind: shiftKey ? 'extend' : 'move', direction }
  return plainKeys.get(key.length === 1 ? key.toLowerCase() : key)
}
