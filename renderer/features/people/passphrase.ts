import { friendlyWords } from '../../../proxy/contract/friendlyWords.ts'

const wordCount = 5

/** Fills with random values: `crypto.getRandomValues`, which plain-HTTP pages have too. */
export type FillRandom = (values: Uint16Array<ArrayBuffer>) => void

/** Five words and so 45 bits, behind a sign-in that slows down guessing: "maple-otter-lamp-river-tulip". */
export function createPassphrase(fillRandom: FillRandom): string {
  const values = new Uint16Array(wordCount)
  fillRandom(values)
  // 65,536 is a multiple of the 512 words, so the remainder favours none.
  return Array.from(values, (value) => friendlyWords[value % friendlyWords.length] ?? '').join('-')
}

export const fillFromBrowser: FillRandom = (values) => {
  crypto.getRandomValues(values)
}
