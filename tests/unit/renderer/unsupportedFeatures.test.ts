import { describe, expect, it } from 'vitest'
import { findUnsupportedFeatures } from '../../../renderer/build/unsupportedFeatures.ts'

describe('what Chromium 108 lacks', () => {
  it.each([
    ['css', 'a{color:color-mix(in srgb,red,blue)}', 'color-mix()'],
    ['css', 'a{transition:all 1s linear(0,1)}', 'linear() easing'],
    ['css', 'a{color:red;&:hover{color:blue}}', 'nesting'],
    ['css', ':root{color:light-dark(#000,#fff)}', 'light-dark()'],
    ['js', 'x.toSorted()', 'toSorted, toReversed or toSpliced'],
    ['js', 'crypto.randomUUID()', 'crypto.randomUUID'],
    ['js', 'await crypto.subtle.digest(a,b)', 'crypto.subtle'],
    ['js', 'URL.canParse(a)', 'URL.canParse'],
  ] as const)('is found in %s: %s', (kind, text, name) => {
    expect(findUnsupportedFeatures(kind, text)).toEqual([name])
  })

  it.each([
    ['css', 'a{background:linear-gradient(red,blue);transition:all 1s linear}'],
    ['css', 'html:has(a){color:red}@layer x{a{color:red}}'],
    ['js', '"function"==typeof URL.canParse?URL.canParse(a):b'],
    ['js', 'crypto.getRandomValues(a);[...a].sort()'],
  ] as const)('is not what it looks like in %s: %s', (kind, text) => {
    expect(findUnsupportedFeatures(kind, text)).toEqual([])
  })
})
