import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
const text = readFileSync(join(root, 'docs/checklist.md'), 'utf8')

/** Every demand there is. */
const idsOf = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${letter}${at + 1}`)
const demanded = [...idsOf('A', 77), ...idsOf('B', 41)]

interface Row {
  readonly id: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
  /** From docs/. */
  readonly pages: readonly string[]
}

const rows: readonly Row[] = [...text.matchAll(/^\| ([AB]\d+)\s*\|[^|]*\|(.*)\|$/gm)].map(([, id = '', cell = '']) => ({
  id,
  tests: [...cell.matchAll(/`([^`]+)`: “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title })),
  pages: [...cell.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, page = '']) => page),
}))

/** The first words of each test, as they stand in the source: after `it(`, or behind the table of `it.each`. */
const titlesOf = (source: string): string[] =>
  [...source.matchAll(/(?:\b\w*[tT]est|\bit)?\s*\(\s*(['"`])((?:\\.|(?!\1).)+)\1,\s*(?:async\b|\(|\w+ =>)/gs)].map(
    ([, , title = '']) => title.replaceAll(/\\(['"`])/g, '$1').replace(/^case [\d, ]+: /, ''),
  )

describe('the list of demands', () => {
  it('names each demand once, in their order, with tests or a page', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids).toEqual(demanded)
    expect(rows.filter(({ tests, pages }) => tests.length + pages.length === 0)).toEqual([])
  })

  it('sees that a test is not there', () => {
    const source = "it('case 4, 5: is one', async () => {})\nit.each([['x']])('is %s', (it) => {})"
    expect(titlesOf(source)).toEqual(['is one', 'is %s'])
  })

  it.each(rows)('$id is shown by what is there', ({ tests, pages }) => {
    for (const page of pages) expect([page, existsSync(join(root, 'docs', page))]).toEqual([page, true])
    for (const { file, title } of tests) {
      expect(existsSync(join(root, file))).toBe(true)
      const titles = titlesOf(readFileSync(join(root, file), 'utf8'))
      expect([file, titles.filter((one) => one.startsWith(title))]).not.toEqual([file, []])
    }
  })
})
