import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import {
  formatPath,
  formatQuery,
  isNestedSegment,
  parseQuery,
  parseRequestTarget,
} from '../../../proxy/http/requestTarget.ts'

const refusal = (target: string): string => {
  try {
    parseRequestTarget(target)
  } catch (error) {
    if (error instanceof GateError) return error.code
    throw error
  }
  return 'accepted'
}

describe('parseRequestTarget', () => {
  it.each([
    ['/', [''], '/'],
    ['/queue', ['queue'], '/queue'],
    ['/queue/', ['queue', ''], '/queue/'],
    ['/%71ueue', ['queue'], '/queue'],
    ['/api/%71ueue', ['api', 'queue'], '/api/queue'],
    ['/internal/%6cogs', ['internal', 'logs'], '/internal/logs'],
    ['/userdata/workflows%2Fa.json', ['userdata', 'workflows/a.json'], '/userdata/workflows%2Fa.json'],
    ['/userdata/workflows%2fa%20b.json', ['userdata', 'workflows/a b.json'], '/userdata/workflows%2Fa%20b.json'],
    ['/queue;a=b', ['queue;a=b'], '/queue%3Ba%3Db'],
    ['/assets/index-D4.x_y~z.js', ['assets', 'index-D4.x_y~z.js'], '/assets/index-D4.x_y~z.js'],
    ['/a..b/.hidden', ['a..b', '.hidden'], '/a..b/.hidden'],
  ])('reads %s', (raw, segments, path) => {
    expect(parseRequestTarget(raw)).toEqual({ segments, path, search: '', queryToken: undefined })
  })

  it.each([
    'http://127.0.0.1/queue',
    '*',
    '',
    'queue',
    '//queue',
    '/api//queue',
    '/queue//',
    '/.',
    '/..',
    '/./queue',
    '/x/../queue',
    '/x/%2e%2e/queue',
    '/x/%2E./queue',
    '/x/.%2e',
    '/%2e',
    '/\\queue',
    '/%5Cqueue',
    '/queue%00',
    '/queue%0a',
    '/queue%7f',
    '/queue%c2%80',
    '/queue%',
    '/queue%g1',
    '/queue%ff',
    '/qu eue',
    '/qu\u00e9ue',
    '/queue#x',
    '/queue?a#b',
    '/queue?a b',
    '/queue?\u00e9',
    '/userdata/..%2fa',
    '/userdata/a%2f..%2fb',
    '/userdata/%2fetc',
    '/userdata/a%2f%2fb',
    '/userdata/a%2f',
    '/userdata/..%252fa',
    '/userdata/%252e%252e',
    '/userdata/%25252e%25252e%25252f',
    '/userdata/a%255c',
    `/userdata/%${'25'.repeat(8)}41`,
  ])('refuses %j', (raw) => {
    expect(refusal(raw)).toBe('BAD_REQUEST')
  })

  it('takes the token out of the query and leaves every other pair as it was', () => {
    expect(parseRequestTarget('/ws?a=1%20&token=gh%5Fx&b')).toMatchObject({ search: '?a=1%20&b', queryToken: 'gh_x' })
    expect(parseRequestTarget('/ws?%74oken=x')).toMatchObject({ search: '', queryToken: 'x' })
    expect(parseRequestTarget('/ws?tokens=x')).toMatchObject({ search: '?tokens=x', queryToken: undefined })
    expect(refusal('/ws?token=a&token=b')).toBe('BAD_REQUEST')
  })

  const segment = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => {
    try {
      encodeURIComponent(text)
      return true
    } catch {
      return false
    }
  })

  it('gives back the segments of every path it formats, or refuses them', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
        const path = formatPath(segments)
        if (refusal(path) === 'accepted') expect(parseRequestTarget(path)).toMatchObject({ segments, path })
      }),
    )
  })

  it('is its own fixed point: a canonical path parses to itself and never holds a way out', () => {
    const hostile = fc.array(
      fc.constantFrom(
        '/',
        '.',
        '..',
        '%2e',
        '%2F',
        '%25',
        '%5c',
        'a',
        'api',
        '%61',
        '//',
        '%00',
        ';',
        '%252f',
        'queue',
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(hostile, (parts) => {
        const raw = `/${parts.join('')}`
        if (refusal(raw) !== 'accepted') return
        const { path, segments } = parseRequestTarget(raw)
        expect(parseRequestTarget(path)).toMatchObject({ path, segments })
        const all = segments.flatMap((text) => text.split('/'))
        expect(all).not.toContain('..')
        expect(all).not.toContain('.')
        expect(path).not.toContain('//')
        expect(decodeURIComponent(decodeURIComponent(path.replaceAll('%25', '%2525')))).not.toContain('\\')
      }),
      { numRuns: 2000 },
    )
  })

  it('knows segments that hide a separator or an encoding', () => {
    expect(['a/b', 'a%41', 'a'].map(isNestedSegment)).toEqual([true, true, false])
  })
})

describe('formatQuery', () => {
  it('says exactly the pairs it was given', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        expect(parseQuery(formatQuery(pairs))).toEqual(pairs)
      }),
    )
  })
})
