/**
 * What Chromium 108 lacks and a bundler does not lower: the window's fallback engine, and older browsers on the network.
 * Uses right behind their own check (`typeof x === 'function'`) are fine.
 */
const cssFeatures: readonly (readonly [string, RegExp])[] = [
  ['color-mix()', /color-mix\(/],
  ['oklch() or lab()', /\b(?:oklch|oklab|lab|lch)\(/],
  ['linear() easing', /[\s:,]linear\(/],
  ['@starting-style', /@starting-style/],
  ['@scope', /@scope\b/],
  ['light-dark()', /light-dark\(/],
  [':dir()', /:dir\(/],
  [':user-valid or :user-invalid', /:user-(?:in)?valid/],
  ['field-sizing', /field-sizing:/],
  ['anchor positioning', /\banchor\(|anchor-name:/],
  ['scroll-driven animation', /animation-timeline:/],
  ['nesting', /[{;]\s*&/],
]

const scriptFeatures: readonly (readonly [string, RegExp])[] = [
  ['toSorted, toReversed or toSpliced', /\.(?:toSorted|toReversed|toSpliced)\(/],
  ['Object.groupBy', /Object\.groupBy\(/],
  ['Promise.withResolvers', /Promise\.withResolvers\(/],
  ['Promise.try', /Promise\.try\(/],
  ['URL.canParse', /URL\.canParse\(/],
  ['Array.fromAsync', /Array\.fromAsync\(/],
  ['AbortSignal.any', /AbortSignal\.any\(/],
  ['Intl.DurationFormat', /Intl\.DurationFormat/],
  ['Uint8Array.toBase64', /\.toBase64\(|\.fromBase64\(/],
  // Absent on plain http:// pages, which is how phones on the network see the portal.
  ['crypto.randomUUID', /crypto\.randomUUID\(/],
  ['crypto.subtle', /crypto\.subtle\./],
]

/** zod asks before it calls (zod/v4/core/schemas.js). */
const guardedUses = /typeof URL\.canParse[\s\S]{0,60}?URL\.canParse\(/g

/** Names of the features that `text` uses and Chromium 108, or a page on plain HTTP, does not have. */
export function findUnsupportedFeatures(kind: 'css' | 'js', text: string): string[] {
  const features = kind === 'css' ? cssFeatures : scriptFeatures
  const unguarded = text.replace(guardedUses, '')
  return features.filter(([, pattern]) => pattern.test(unguarded)).map(([name]) => name)
}
