import type { Drawing } from './drawings.ts'

/** What a browser shows before the first visit, in its own words. */
export interface BrowserWarning {
  /** What to press, one after the other. */
  readonly presses: readonly string[]
  /** How its page begins, and the button beside the first, which leads away; undefined: its words are not known. */
  readonly page?: { readonly title: string; readonly back: string }
}

type Find = (host: string) => BrowserWarning

const chromium: Find = (host) => ({
  presses: ['Advanced', `Proceed to ${host} (unsafe)`],
  page: { title: 'Your connection is not private', back: 'Back to safety' },
})
const edge: Find = (host) => ({
  presses: ['Advanced', `Continue to ${host} (unsafe)`],
  page: { title: 'Your connection isn’t private', back: 'Go back' },
})
const firefox: Find = () => ({
  presses: ['Advanced…', 'Accept the Risk and Continue'],
  page: { title: 'Warning: Potential Security Risk Ahead', back: 'Go Back' },
})
const safari: Find = () => ({
  presses: ['Show Details', 'visit this website', 'Visit Website'],
  page: { title: 'This Connection Is Not Private', back: 'Go Back' },
})

/**
 * By what browsers call themselves, the first that fits: nearly all of them claim to be others, too. Under their name
 * come browsers of the same making, whose words differ a little.
 */
const known: readonly (readonly [RegExp, Find])[] = [
  // A warning of their own, which nobody here has seen.
  [/FxiOS|EdgiOS|OPiOS|SamsungBrowser|OPR\//, () => unknownWarning],
  [/Firefox\//, firefox],
  [/EdgA?\//, edge],
  [/CriOS\/|Chrome\/|Chromium\//, chromium],
  [/Safari\//, safari],
]

const unknownWarning: BrowserWarning = {
  presses: ['Advanced (or Details)', 'the line that goes on to this site'],
}

/** `host` as it stands in the address bar, without the port. */
export function findWarning(userAgent: string | undefined, host: string): BrowserWarning {
  const agent = userAgent ?? ''
  return known.find(([pattern]) => pattern.test(agent))?.[1](host) ?? unknownWarning
}

/** In a sentence, with what stands on the buttons in quotes. */
export const pressWords = ({ presses, page }: BrowserWarning): string =>
  presses.map((press) => (page === undefined ? press : `“${press}”`)).join(', then ')

/** How it looks; undefined: this browser's own words are not known. */
export function drawWarning(warning: BrowserWarning, frame: Drawing['frame']): Drawing | undefined {
  const { page, presses } = warning
  const [first, ...rest] = presses
  if (page === undefined || first === undefined) return undefined
  const { title, back } = page
  return { frame, title, rows: [{ buttons: [back, first], press: first }, ...rest.map((press) => ({ press }))] }
}
