import { describe, expect, it } from 'vitest'
import { readRequestHead, selectResponseHeaders } from '../../../proxy/http/headers.ts'

const read = (rawHeaders: readonly string[], method = 'GET', httpVersion = '1.1') =>
  readRequestHead({ method, httpVersion, rawHeaders: ['Host', 'h', ...rawHeaders] })

describe('readRequestHead', () => {
  it('case 9, 10, 40: forwards what the engine needs and nothing that says who or where the client is', () => {
    const { forwarded } = read([
      'Accept',
      'a',
      'Range',
      'bytes=0-1',
      'If-None-Match',
      '"x"',
      'Sec-Fetch-Dest',
      'image',
      'Content-Type',
      't',
      'Authorization',
      'Bearer x',
      'Cookie',
      'a=b',
      'Origin',
      'http://h',
      'Referer',
      'http://h/',
      'Sec-Fetch-Site',
      'same-origin',
      'Forwarded',
      'for=1',
      'X-Forwarded-For',
      '1',
      'X-Forwarded-Host',
      'e',
      'X-Real-IP',
      '1',
      'Proxy-Authorization',
      'x',
      'Comfy-User',
      'b',
      'comfy-user',
      'c',
      'Comfy-Usage-Source',
      'x',
      'X-HTTP-Method-Override',
      'DELETE',
      'X-Gatehouse-Secret',
      's',
      'X-Gatehouse-User',
      'u',
      'x_gatehouse_user',
      'u',
      'TE',
      'trailers',
      'Upgrade',
      'x',
      'Keep-Alive',
      'x',
      'Expect',
      '100-continue',
      'X-Custom',
      'y',
    ])
    expect(forwarded).toEqual([
      'accept',
      'a',
      'range',
      'bytes=0-1',
      'if-none-match',
      '"x"',
      'sec-fetch-dest',
      'image',
      'content-type',
      't',
    ])
  })

  it('drops headers that Connection names', () => {
    expect(read(['Accept', 'a', 'Range', 'r', 'Connection', 'close, Range']).forwarded).toEqual(['accept', 'a'])
    expect(read(['Accept', 'a', 'Connection', 'accept']).forwarded).toEqual([])
    expect(read(['Accept', 'a', 'Connection', 'keep-alive']).forwarded).toEqual(['accept', 'a'])
  })

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('refuses a body on %s', (method) => {
    expect(() => read(['Content-Length', '5'], method)).toThrow('has no body')
    expect(() => read(['Transfer-Encoding', 'chunked'], method)).toThrow('has no body')
    expect(read(['Content-Length', '0'], method).bodyBytes).toBe(0)
  })

  it('reads the length of a body', () => {
    expect(read(['Content-Length', '5'], 'POST').bodyBytes).toBe(5)
    expect(read(['Transfer-Encoding', 'Chunked'], 'POST').bodyBytes).toBe(-1)
    expect(read([], 'POST').bodyBytes).toBe(0)
  })

  it.each([
    [['Host', 'second']],
    [['Content-Length', '1', 'Content-Length', '1']],
    [['Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Transfer-Encoding', 'xchunked']],
    [['Content-Length', '1e1']],
    [['Content-Length', '']],
    [['X-A ', '1']],
    [['', '1']],
    [['Authorization', 'a', 'Authorization', 'b']],
    [['Cookie', 'a', 'Cookie', 'b']],
    [['Origin', 'a', 'Origin', 'b']],
    [['Sec-Fetch-Site', 'none', 'Sec-Fetch-Site', 'cross-site']],
  ])('refuses %j', (rawHeaders) => {
    expect(() => read(rawHeaders, 'POST')).toThrow()
  })

  it('refuses more headers than a runtime may tell of, behind which others could hide', () => {
    const many = Array.from({ length: 256 }, () => ['a', 'b']).flat()
    const rawHeaders = ['Host', 'x', ...many]
    expect(() => readRequestHead({ method: 'GET', httpVersion: '1.1', rawHeaders })).toThrow('too many headers')
  })

  it('refuses chunks on HTTP/1.0, other versions and a missing host', () => {
    expect(() => read(['Transfer-Encoding', 'chunked'], 'POST', '1.0')).toThrow()
    expect(() => read([], 'GET', '2.0')).toThrow()
    expect(() => readRequestHead({ method: 'GET', httpVersion: '1.1', rawHeaders: [] })).toThrow('host')
  })
})

describe('selectResponseHeaders', () => {
  it('lets no cookie, no server name, no CORS and nothing hop-by-hop through', () => {
    const selected = selectResponseHeaders({
      'content-type': 'a',
      etag: 'e',
      server: 's',
      'set-cookie': ['a=b'],
      'access-control-allow-origin': '*',
      connection: 'close',
      'transfer-encoding': 'chunked',
      location: '/x',
      'x-custom': '1',
      vary: ['a', 'b'],
      date: 'd',
    })
    expect([...selected]).toEqual([
      ['content-type', 'a'],
      ['etag', 'e'],
      ['vary', 'a, b'],
    ])
  })
})
