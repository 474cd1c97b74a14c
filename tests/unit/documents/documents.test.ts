import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const decisions = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name))

const withoutCode = (text: string): string => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '')

/** Targets of links and pictures, as written in Markdown or HTML. */
const linksOf = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(\s*<?([^)\s>]+)|(?:src|href)="([^"]+)"/g)].map((hit) => hit[1] ?? hit[2] ?? '')

/** What a heading is called behind `#`. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )

/** Why a local link leads nowhere; undefined when it holds, or leads outside. */
function findFault(from: string, link: string): string | undefined {
  if (/^[a-z]+:/i.test(link)) return undefined
  const [path = '', anchor] = decodeURIComponent(link).split('#')
  const target = path === '' ? from : relative(root, resolve(root, dirname(from), path))
  if (target.startsWith('..') || !existsSync(join(root, target))) return `${from}: ${link} is not there`
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(read(target)).includes(anchor) ? undefined : `${from}: ${link} names no heading`
}

const productFile =
  /`((?:proxy|launcher|service|electron|cli|renderer|scripts|tests|resources)\/[\w./-]+\.(?:tsx?|mjs|cjs|py))`/g

describe('documents', () => {
  it('sees what is broken', () => {
    const text = 'a [b](gone.md), ![c](docs/images/gone.png "d"), <img src="gone.png">, [e](#gone), `[f](code.md)`'
    expect(linksOf(text).map((link) => findFault('README.md', link))).toEqual([
      'README.md: gone.md is not there',
      'README.md: docs/images/gone.png is not there',
      'README.md: gone.png is not there',
      'README.md: #gone names no heading',
    ])
    expect(documents.flatMap((file) => linksOf(read(file))).length).toBeGreaterThan(30)
  })

  it.each(documents)('every link and picture in %s leads somewhere', (file) => {
    const faults = linksOf(read(file)).map((link) => findFault(file, link))
    expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  })

  it.each(documents)('%s names no source file that is not there', (file) => {
    const named = [...read(file).matchAll(productFile)].map(([, path = '']) => path)
    expect(named.filter((path) => !path.includes('000N') && !existsSync(join(root, path)))).toEqual([])
  })
})

/** Every file of the product, from the root. */
const sources = [
  'proxy',
  'launcher',
  'service',
  'electron',
  'cli',
  'renderer',
  'scripts',
  'tests',
  'resources',
].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, name).replaceAll('\\', '/'),
  ),
)

describe('the recipes', () => {
  const recipes = read('docs/architecture.md')
  const quoted = [...new Set([...recipes.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text))]

  it('name no file that is not there, also where they say only its last part', () => {
    const files = quoted.filter((text) => /^[\w./-]+\.(?:tsx?|mjs|py)$/.test(text) && !text.includes('000N'))
    expect(files.length).toBeGreaterThan(50)
    const isThere = (file: string): boolean => sources.some((path) => path === file || path.endsWith(`/${file}`))
    expect(files.filter((file) => !isThere(file))).toEqual([])
  })

  it('name nothing that the code does not', () => {
    const names = quoted.filter((text) => /^[A-Za-z]\w*[A-Z_]\w*$/.test(text))
    expect(names.length).toBeGreaterThan(40)
    const code = sources
      .filter((path) => /\.(?:tsx?|py)$/.test(path) && !path.startsWith('tests/'))
      .map(read)
      .join('\n')
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([])
  })
})

describe('decisions', () => {
  it('are numbered without a gap', () => {
    expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, at) => at + 1))
  })

  it.each(decisions)('%s has its number, its parts and its row in the index', (name) => {
    const text = read(join('docs/decisions', name))
    const title = /^# (\d{4}) (.+)$/m.exec(text)
    expect(title?.[1]).toBe(name.slice(0, 4))
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase()).join('\n')
    for (const part of ['question', 'choices', 'decision', 'consequences']) expect(headings).toContain(part)
    const rows = read('docs/decisions/README.md').split('\n')
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))
    expect(cells.map(([, link, words]) => [link, words])).toContainEqual([`[${name.slice(0, 4)}](${name})`, title?.[2]])
  })
})
