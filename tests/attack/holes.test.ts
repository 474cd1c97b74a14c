import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findHoleTests, holes, renderHoles } from '../support/holes.ts'

const root = join(import.meta.dirname, '../..')
const file = join(root, 'docs/holes.md')
const ids = (letter: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${letter}-${at + 1}`)

describe('the list of holes that others had', () => {
  const tests = findHoleTests()

  it('has every one of them', () => {
    expect(holes.map(({ id }) => id)).toEqual([...ids('S', 41), ...ids('L', 22)])
  })

  it('has a test that is named for it, or a reason why not', () => {
    const open = holes.filter(({ id, because }) => (tests.get(id) ?? []).length === 0 && because === undefined)
    expect(open.map(({ id }) => id)).toEqual([])
    const both = holes.filter(({ id, because }) => (tests.get(id) ?? []).length > 0 && because !== undefined)
    expect(both.map(({ id }) => id)).toEqual([])
  })

  it('is the one that was committed', () => {
    const generated = renderHoles(tests)
    if (process.env['UPDATE_HOLES'] === '1') writeFileSync(file, generated)
    expect(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).toBe(generated)
  })
})

describe('a secret that somebody presents', () => {
  it.each([
    'proxy/accounts/apiKeyStore.ts',
    'proxy/accounts/tokenSigner.ts',
    'proxy/probe/madeUpPeople.ts',
    'launcher/practice/http/secretCheck.ts',
    'launcher/readinessProbe.ts',
  ])('is compared in a time that tells nothing, in %s (secret found byte by byte, L-12)', (name) => {
    expect(readFileSync(join(root, name), 'utf8')).toMatch(/\btimingSafeEqual\(/)
  })

  it('is looked up by its hash where it is a session (secret found byte by byte, L-12)', () => {
    const store = readFileSync(join(root, 'proxy/accounts/sessionStore.ts'), 'utf8')
    expect(store).toMatch(/const hash = sha256Hex\(token\)[^}]*'token_hash', hash\b/)
  })
})
