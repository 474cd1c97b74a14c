import { describe, expect, it } from 'vitest'
import { describeScopes, findKeys, keyHealth, unprotectedKeyWords } from '../../../renderer/features/keys/keyWords.ts'
import { createRecipes } from '../../../renderer/features/keys/recipes.ts'
import { keys } from '../../support/pageFixtures.ts'

describe('what a key may do, in words', () => {
  it.each([
    [['run', 'read'], 'Use ComfyUI'],
    [['read'], 'Only look'],
    [['run', 'read', 'keys', 'administer'], 'Use ComfyUI, Manage own keys, Run Gatehouse'],
    [['read', 'keys'], 'See results, Manage own keys'],
  ] as const)('%j', (scopes, words) => {
    expect(describeScopes(scopes)).toBe(words)
  })
})

describe('a search for keys', () => {
  it.each([
    ['KRITA', ['Krita on the laptop']],
    [' leo ', ['Photo frame in the hall']],
    ['9fqe', ['Night batch']],
    ['nothing like it', []],
  ])('finds %j by name, person or the part that is shown', (search, names) => {
    expect(findKeys(keys, search).map(({ name }) => name)).toEqual(names)
  })

  it('leaves the list as it is without words', () => {
    expect(findKeys(keys, ' ')).toBe(keys)
  })
})

describe('the health of a key', () => {
  const now = Date.parse('2026-11-23T00:00:00Z')
  const key = (expiresAt: string | null, sentUnprotectedAt: string | null = null) => ({ expiresAt, sentUnprotectedAt })
  it.each([
    [key(null), 'good'],
    [key('2026-12-23T00:00:00Z'), 'good'],
    [key('2026-11-25T00:00:00Z'), 'expiresSoon'],
    [key('2026-11-23T00:00:00Z'), 'expired'],
    [key(null, '2026-11-20T00:00:00Z'), 'unprotected'],
    [key('2026-11-20T00:00:00Z', '2026-11-20T00:00:00Z'), 'expired'],
  ] as const)('%j is %s', (entry, health) => {
    expect(keyHealth(entry, now)).toBe(health)
  })

  it('is no news while no key was sent unprotected', () => {
    const user = { id: 'a', name: 'Mia' }
    expect(unprotectedKeyWords([{ name: 'Krita', user, sentUnprotectedAt: null }])).toBeUndefined()
    expect(unprotectedKeyWords([{ name: 'Krita', user, sentUnprotectedAt: 'x' }])).toContain('“Krita” of Mia')
  })
})

describe('recipes', () => {
  const recipes = createRecipes({ url: 'http://192.168.1.20:8190/', userName: 'Mia Müller', key: 'gh_key' })

  it('are for curl, Python, Krita and JavaScript, each with the real address', () => {
    expect(recipes.map(({ title }) => title)).toEqual(['curl', 'Python', 'Krita', 'JavaScript'])
    for (const { code } of recipes) expect(code).toContain('192.168.1.20:8190')
  })

  it('never put the key into a query, which ends in logs', () => {
    for (const { code } of recipes) expect(code).not.toMatch(/[?&]token=/)
  })

  it('encode a name for the address that Krita takes', () => {
    expect(recipes[2]?.code).toBe('http://Mia%20M%C3%BCller:gh_key@192.168.1.20:8190')
  })

  it('open the WebSocket with the key as its subprotocol', () => {
    expect(recipes[3]?.code).toContain("'gatehouse.bearer.' + key")
    expect(recipes[3]?.code).toContain('ws://192.168.1.20:8190/ws')
  })
})
