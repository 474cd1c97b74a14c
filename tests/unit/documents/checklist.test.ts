import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
const text = readFileSync(join(root, 'docs/checklist.md'), 'utf8')

/** What the requirements demand of roles, permissions and workflows. */
const demanded = [...Array.from({ length: 12 }, (_, at) => `A${48 + at}`), 'A62', 'A64', 'A72']

interface Row {
  readonly id: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const rows: readonly Row[] = [...text.matchAll(/^\| (A\d+)\s*\|[^|]*\|(.*)\|$/gm)].map(([, id = '', cell = '']) => ({
  id,
  tests: [...cell.matchAll(/`([^`]+)`: “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title })),
}))

/** The first words of each test, as they stand in the source: after `it(`, or behind the table of `it.each`. */
const titlesOf = (source: string): string[] =>
  [...source.matchAll(/(?:\b\w*[tT]est|\bit)?\s*\(\s*(['"`])((?:\\.|(?!\1).)+)\1,\s*(?:async\b|\(|\w+ =>)/gs)].map(
    ([, , title = '']) => title.replaceAll(/\\(['"`])/g, '$1').replace(/^case [\d, ]+: /, ''),
  )

describe('the list of demands', () => {
  it('names each demand of roles, permissions and workflows once, with tests', () => {
    const ids = rows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(demanded.filter((id) => !ids.includes(id))).toEqual([])
    expect(rows.filter(({ tests }) => tests.length === 0)).toEqual([])
  })

  it('sees that a test is not there', () => {
    const source = "it('case 4, 5: is one', async () => {})\nit.each([['x']])('is %s', (it) => {})"
    expect(titlesOf(source)).toEqual(['is one', 'is %s'])
  })

  it.each(rows)('$id is shown by tests that are there', ({ tests }) => {
    for (const { file, title } of tests) {
      expect(existsSync(join(root, file))).toBe(true)
      const titles = titlesOf(readFileSync(join(root, file), 'utf8'))
      expect([file, titles.filter((one) => one.startsWith(title))]).not.toEqual([file, []])
    }
  })
})
