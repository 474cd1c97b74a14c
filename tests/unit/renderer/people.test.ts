import { describe, expect, it } from 'vitest'
import { createPassphrase } from '../../../renderer/features/people/passphrase.ts'
import { friendlyWords } from '../../../proxy/contract/friendlyWords.ts'
import { arrivalWords, findPeople, removalWords, usualRole } from '../../../renderer/features/people/personWords.ts'
import { findCommands } from '../../../renderer/features/palette/findCommands.ts'
import { longPeople, people } from '../../support/pageFixtures.ts'

describe('suggested passphrases', () => {
  it('come from 512 different plain words, so that no remainder favours one', () => {
    expect(new Set(friendlyWords).size).toBe(512)
    expect(65_536 % friendlyWords.length).toBe(0)
    for (const word of friendlyWords) expect(word).toMatch(/^[a-z]{3,8}$/)
  })

  it('are five words by the given randomness and long enough to be accepted', () => {
    const phrase = createPassphrase((values) => values.set([0, 511, 512, 1, 65_535]))
    const words = phrase.split('-')
    expect(words).toEqual([0, 511, 0, 1, 511].map((index) => friendlyWords[index]))
    expect(phrase.length).toBeGreaterThanOrEqual(12)
  })

  it('have 12 characters even from the five shortest words', () => {
    const shortest = Math.min(...friendlyWords.map((word) => word.length))
    expect(5 * shortest + 4).toBeGreaterThanOrEqual(12)
  })
})

describe('people', () => {
  it('are named in the button that removes them, with their keys', () => {
    expect(removalWords({ name: 'Mia', keyCount: 3 })).toBe('Remove Mia and 3 keys')
    expect(removalWords({ name: 'Mia', keyCount: 1 })).toBe('Remove Mia and 1 key')
    expect(removalWords({ name: 'Mia', keyCount: 0 })).toBe('Remove Mia')
  })

  it('are said to come in only as soon as they can', () => {
    expect(arrivalWords(true)).toBe('can come in')
    expect(arrivalWords(false)).toBe('can come in as soon as sharing is on')
  })

  it('run what is ready, and build as long as nothing is', () => {
    expect(usualRole([{}])).toBe('user')
    expect(usualRole([])).toBe('creator')
    expect(usualRole(undefined)).toBe('creator')
  })

  it('are found whatever the case and the accents', () => {
    expect(findPeople(people, ' mIA ').map(({ name }) => name)).toEqual(['Mia'])
    expect(findPeople(longPeople, 'forderung')).toHaveLength(1)
    expect(findPeople(people, '')).toHaveLength(people.length)
  })
})

describe('the palette', () => {
  const command = (title: string) => ({ id: title, title, hint: '', run: () => undefined })
  it('finds by every typed word and puts first what begins with it', () => {
    const commands = [command('Restart ComfyUI'), command('Start ComfyUI'), command('Home')]
    expect(findCommands(commands, 'start').map(({ title }) => title)).toEqual(['Start ComfyUI', 'Restart ComfyUI'])
    expect(findCommands(commands, 'com res').map(({ title }) => title)).toEqual(['Restart ComfyUI'])
    expect(findCommands(commands, '')).toHaveLength(3)
  })
})
