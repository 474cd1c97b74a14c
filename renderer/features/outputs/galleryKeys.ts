import type { Direction } from './galleryLayout.ts'

/** What a key does while a picture has the focus. */
export type KeyAction =
  { readonly kind: 'move' | 'extend'; readonly direction: Direction } | { readonly kind: 'act'; readonly act: KeyAct }
export type KeyAct = 'choose' | 'chooseAll' | 'clear' | 'remove' | 'keep' | 'download'

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

const plainKeys: ReadonlyMap<string, KeyAct> = new Map([
  ['x', 'choose'],
  ['k', 'keep'],
  ['d', 'download'],
  ['Delete', 'remove'],
  ['Escape', 'clear'],
])

/** Enter and the space bar are the button's own. Undefined: the key is the browser's. */
export function findKeyAction({ key, shiftKey, ctrlKey, metaKey, altKey }: PressedKey): KeyAction | undefined {
  if (altKey) return undefined
  if (ctrlKey || metaKey) return key.toLowerCase() === 'a' ? { kind: 'act', act: 'chooseAll' } : undefined
  const direction = directions.get(key)
  if (direction !== undefined) return { kind: shiftKey ? 'extend' : 'move', direction }
  const act = plainKeys.get(key.length === 1 ? key.toLowerCase() : key)
  return act === undefined ? undefined : { kind: 'act', act }
}
