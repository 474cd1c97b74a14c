import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toOutputNames } from '../../../proxy/isolation/outputName.ts'

const ID = 'k3x9q0w1e2r4t5y6'
const first = (name: string): string => [...toOutputNames(name, ID)][0] ?? ''

describe('the name of an output folder', () => {
  it.each([
    ['Mia', 'mia-k3x9'],
    ['Zoë Müller', 'zoe-muller-k3x9'],
    ['  Anna-Lena  ', 'anna-lena-k3x9'],
    ['日本', 'user-k3x9'],
    ['', 'user-k3x9'],
    ['con', 'con-k3x9'],
    ['..', 'user-k3x9'],
    ['../../etc', 'etc-k3x9'],
    ['C:\\Windows', 'c-windows-k3x9'],
    ['ﬁlm', 'film-k3x9'],
    ['a'.repeat(100), `${'a'.repeat(32)}-k3x9`],
  ])('of %j begins with %s', (name, expected) => {
    expect(first(name)).toBe(expected)
  })

  it('takes more of the id when it is taken, up to all of it', () => {
    const names = [...toOutputNames('Mia', ID)]
    expect(names[1]).toBe('mia-k3x9q')
    expect(names.at(-1)).toBe(`mia-${ID}`)
    expect(new Set(names).size).toBe(names.length)
  })

  it('is one plain folder name whatever somebody is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        for (const folder of toOutputNames(name, ID)) expect(folder).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
      }),
    )
  })
})
