/**
 * Names that somebody chose for themselves may not pass for somebody else's: `Мia` with a Cyrillic letter, `rnia`, `M1a`.
 * A small table of our own: letters of other scripts and digits that are drawn like Latin ones in common fonts.
 */
const drawnAlike: readonly (readonly [like: string, letters: string])[] = [
  ['a', 'АаαɑΑ@4'],
  ['b', 'ВвΒβЬьƅ8'],
  ['c', 'СсϲϹᴄ'],
  ['d', 'ԁɗ'],
  ['e', 'ЕеεΕє3'],
  ['f', 'ғϜ'],
  ['g', 'ɡԌ9'],
  ['h', 'НнһΗʜ'],
  // Small l, capital I, one and the bar are one stroke.
  ['l', 'iIıІіΙιӀӏ1|!'],
  ['j', 'Јј'],
  ['k', 'КкΚκ'],
  ['m', 'МмΜ'],
  ['n', 'ΝηПпՈ'],
  ['o', 'ОоΟοσՕօ0'],
  ['p', 'РрΡρ'],
  ['q', 'ԚԛՎ'],
  ['r', 'гГʀ'],
  ['s', 'ЅѕՏ5$'],
  ['t', 'ТтΤτ7'],
  ['u', 'υՍսцЦ'],
  ['v', 'ѴѵνѶ'],
  ['w', 'ԜԝωѡШш'],
  ['x', 'ХхΧχ'],
  ['y', 'УуΥγүҮ'],
  ['z', 'Ζζƶ2'],
]

const letterOf = new Map(drawnAlike.flatMap(([like, letters]) => Array.from(letters, (letter) => [letter, like])))

/** What two names have in common that look the same at a glance. Empty when nothing of the name is left. */
export function toLookAlikeKey(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '')
  const letters = Array.from(plain, (letter) => letterOf.get(letter) ?? letter.toLowerCase())
  const word = letters.map((letter) => letterOf.get(letter) ?? letter).join('')
  return word
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
}

/** Who is meant by these is the program, the system or the owner, and nobody who comes in by themselves. */
const reserved = new Set(
  [
    'Gatehouse',
    'ComfyUI',
    'System',
    'Windows',
    'Windows Update',
    'Windows Defender',
    'Microsoft',
    'Apple',
    'Google',
    'Administrator',
    'Admin',
    'Root',
    'Owner',
    'Support',
    'Security',
    'Command line',
    'Nobody',
    'Everybody',
    'Guest',
    'You',
  ].map(toLookAlikeKey),
)

/** Whether a name that somebody chose for themselves passes for the program, the system or the owner. */
export function isReservedName(name: string): boolean {
  const key = toLookAlikeKey(name)
  return key === '' || reserved.has(key)
}
