import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { markManaging } from '../../../proxy/portal/markManaging.ts'

const page = readFileSync(new URL('../../../renderer/portal.html', import.meta.url), 'utf8')
const opening = (html: string): string => /<html [^>]*>/.exec(html)?.[0] ?? ''

describe('the sign-in page of administrators', () => {
  it.each([
    ['https://192.168.1.20:8191', 'http://192.168.1.20:8190/', 'http://192.168.1.20:8190/'],
    ['https://gatehouse.local:8191', 'https://192.168.1.20:8190/gatehouse/welcome', 'https://gatehouse.local:8190/'],
    ['https://[fd00::2]:8191', 'https://192.168.1.20/', 'https://[fd00::2]/'],
  ])('reached at %s, leads people to their port under the same name', (origin, primaryUrl, people) => {
    expect(opening(markManaging(page, origin, primaryUrl))).toContain(
      `data-surface="administration" data-people="${people}"`,
    )
  })

  it('names no other place while nothing is shared, or who asked is not known', () => {
    for (const html of [
      markManaging(page, 'https://192.168.1.20:8191', null),
      markManaging(page, undefined, 'http://a/'),
    ])
      expect(opening(html)).toContain('data-surface="administration" data-people=""')
  })

  it('changes nothing else of the page', () => {
    const marked = markManaging(page, 'https://192.168.1.20:8191', null)
    expect(marked.replace(' data-surface="administration" data-people=""', '')).toBe(page)
    expect(opening(page)).not.toContain('data-surface')
  })
})
