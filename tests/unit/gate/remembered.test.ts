import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { findRoute } from '../../../proxy/comfyui/routeTable.ts'
import { isLoopbackAddress, normaliseAddress } from '../../../proxy/core/addresses.ts'
import { readRequestHead } from '../../../proxy/http/headers.ts'
import { openExchange } from '../../../proxy/pipeline/exchange.ts'
import { checkHost } from '../../../proxy/pipeline/stages/host.ts'
import type { HostRules } from '../../../proxy/pipeline/stages/host.ts'

/* What is remembered from one request to the next must not decide about another one. */

const rulesFor = (...names: string[]): HostRules => ({ names: new Set(names), addresses: new Set() })

function exchangeFor(host: string, listener: 'public' | 'owner' = 'public') {
  const request = new IncomingMessage(new Socket())
  Object.assign(request, { method: 'GET', httpVersion: '1.1', url: '/queue', rawHeaders: ['Host', host] })
  return openExchange(request, { listener, upgrade: false, revision: 0 })
}

describe('a remembered route', () => {
  it('is the one that is looked up, each time', () => {
    const first = findRoute(['upload', 'image'], 'POST')

    expect(findRoute(['upload', 'image'], 'POST')).toEqual(first)
    expect(first).toMatchObject({ action: 'upload', oddSegment: false })
  })

  it.each([
    ['a slash hidden in a segment', ['upload/image']],
    ['a slash hidden before an empty one', ['upload/image', '']],
    ['a twin of a twin', ['api', 'api', 'upload', 'image']],
  ])('is not reached by %s', (_, segments) => {
    findRoute(['upload', 'image'], 'POST')

    expect(findRoute(segments, 'POST').action).not.toBe('upload')
  })

  it('is not that of another method', () => {
    expect(findRoute(['history'], 'GET')).toMatchObject({ access: 'canvas' })
    expect(findRoute(['history'], 'POST')).toMatchObject({ access: 'jobs' })
    expect(findRoute(['history'], 'DELETE').allowed).toEqual(['GET', 'POST'])
    expect(findRoute(['history'], 'DELETE').allowed).toEqual(['GET', 'POST'])
  })
})

describe('a remembered host', () => {
  it('case 39: is refused as soon as it is none of ours any more (DNS rebinding)', () => {
    const before = rulesFor('studio.home')
    checkHost(exchangeFor('studio.home:8190'), before)
    checkHost(exchangeFor('studio.home:8190'), before)

    expect(() => checkHost(exchangeFor('studio.home:8190'), rulesFor())).toThrow(
      expect.objectContaining({ code: 'HOST_NOT_ALLOWED' }),
    )
  })

  it("opens nothing on the owner's listener", () => {
    const rules = rulesFor('studio.home')
    checkHost(exchangeFor('studio.home'), rules)

    expect(() => checkHost(exchangeFor('studio.home', 'owner'), rules)).toThrow(
      expect.objectContaining({ code: 'HOST_NOT_ALLOWED' }),
    )
  })

  it('is never one that was refused', () => {
    const rules = rulesFor()
    for (let turn = 0; turn < 2; turn += 1) {
      expect(() => checkHost(exchangeFor('evil.example'), rules)).toThrow(
        expect.objectContaining({ code: 'HOST_NOT_ALLOWED' }),
      )
    }
  })
})

describe('a remembered header name', () => {
  it('is still checked for being sent twice, in whatever case', () => {
    const read = (rawHeaders: string[]) => readRequestHead({ method: 'GET', httpVersion: '1.1', rawHeaders })
    read(['Host', 'a', 'Range', 'bytes=0-1'])

    expect(() => read(['Host', 'a', 'hOST', 'b'])).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    expect(() => read(['Host', 'a', 'X A', 'b'])).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    expect(() => read(['Host', 'a', 'X A', 'b'])).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })

  it('is one of few, however many are sent', () => {
    for (let turn = 0; turn < 2000; turn += 1) {
      const head = readRequestHead({ method: 'GET', httpVersion: '1.1', rawHeaders: ['Host', 'a', `X-${turn}`, 'b'] })
      expect(head.forwarded).toEqual([])
    }
  })
})

describe('a remembered address', () => {
  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.168.1.20', false],
    ['127.0.0.1.example', false],
    ['1270.0.0.1', false],
    ['', false],
  ])('of %s says the same again', (address, expected) => {
    expect(isLoopbackAddress(address)).toBe(expected)
    expect(isLoopbackAddress(address)).toBe(expected)
  })

  it('is normalised as before', () => {
    expect(normaliseAddress('10.0.0.7')).toBe('10.0.0.7')
    expect(normaliseAddress('::FFFF:10.0.0.7')).toBe('10.0.0.7')
    expect(normaliseAddress('fe80::1%eth0')).toBe('fe80::1')
  })
})
