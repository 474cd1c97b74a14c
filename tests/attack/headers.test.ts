import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routeRows } from '../../proxy/comfyui/routeRows.ts'
import { bearer, cookie, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { rawRequest, sendRaw } from '../support/rawHttpClient.ts'
import { TabClient } from '../support/tabClient.ts'
import { wholeGateTest } from '../support/wholeGate.ts'

/** What is wrong with the headers of any answer at all. */
function findFaults(headers: IncomingHttpHeaders): string[] {
  const faults: string[] = []
  if (headers['x-content-type-options'] !== 'nosniff') faults.push('may be sniffed')
  if (!/^(?:same-origin|no-referrer)$/.test(String(headers['referrer-policy'])))
    faults.push('tells other sites where one was')
  for (const name of ['server', 'x-powered-by', 'via', 'x-aspnet-version'])
    if (headers[name]) faults.push(`tells ${name}`)
  faults.push(...Object.keys(headers).filter((name) => name.startsWith('access-control-')))
  for (const one of headers['set-cookie'] ?? []) {
    if (!/; HttpOnly/.test(one) || !/; SameSite=(?:Lax|Strict)/.test(one) || !/; Path=\//.test(one)) faults.push(one)
  }
  return faults
}

function findPageFaults(headers: IncomingHttpHeaders): string[] {
  const policy = String(headers['content-security-policy'])
  const isSandboxed = /(?:^|; )sandbox/.test(policy)
  const script = /script-src ([^;]*)/.exec(policy)?.[1] ?? ''
  const faults: string[] = []
  if (!isSandboxed && !/frame-ancestors 'none'|frame-ancestors 'self'/.test(policy)) faults.push('may be framed')
  if (/'unsafe-inline'|'unsafe-eval'|\*/.test(script)) faults.push(`runs ${script}`)
  return faults
}

/** One address of each row, and its twin. */
const requests = routeRows.flatMap(({ methods, pattern, twin }) => {
  const path = pattern.replace(/\{\+?\w+\}/g, 'x').replace(/\*$/, 'x')
  const paths = twin === 'only' ? [`/api${path}`] : twin === false ? [path] : [path, `/api${path}`]
  // A stream goes on, and a socket is asked for below.
  return paths
    .filter((one) => !/\/(?:events|ws)$/.test(one))
    .flatMap((one) => [...new Set(['GET', ...methods])].map((method) => ({ method, path: one })))
})

const audiences: Readonly<Record<string, Record<string, string>>> = {
  'a stranger': {},
  'a stranger’s browser': { accept: 'text/html' },
  'a wrong key': { authorization: 'Bearer nothing' },
  'a creator’s key': bearer(tokens.creator),
  'an administrator’s browser': {
    ...cookie(tokens.adminSession),
    accept: 'text/html',
    'sec-fetch-site': 'same-origin',
  },
  'a foreign page': { ...cookie(tokens.creatorSession), origin: 'http://evil.example' },
  'a foreign name': { host: 'evil.example' },
}

describe('the headers of every answer of the gate', () => {
  let fixture: GateFixture
  beforeAll(async () => {
    fixture = await openGateFixture()
    fixture.settings.set('limits.strangerRequestsPerMinute', 1_000_000)
    fixture.settings.set('limits.requestsPerMinutePerAddress', 1_000_000)
    fixture.settings.set('limits.requestsPerMinute', 1_000_000)
  })
  afterAll(() => fixture.close())

  it.each(Object.entries(audiences))('hold for %s at each route', async (_who, headers) => {
    const wrong: string[] = []
    const statuses = new Set<number>()
    for (const { method, path } of requests) {
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
      const answer = await ask(fixture.port, path, { method, headers, ...body })
      statuses.add(answer.status)
      // Ours is faked here: the next group has the real one.
      if (fixture.ownSeen.at(-1) !== undefined && isOwn(path) && answer.status < 300) continue
      const page = String(answer.headers['content-type']).includes('text/html') ? findPageFaults(answer.headers) : []
      wrong.push(
        ...[...findFaults(answer.headers), ...page].map((fault) => `${method} ${path} ${answer.status}: ${fault}`),
      )
    }
    expect(wrong).toEqual([])
    expect(statuses.size).toBeGreaterThan(0)
  })

  it('hold for what no parser understands, too large heads and odd methods', async () => {
    const host = `Host: 127.0.0.1:${fixture.port}`
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']
    const handshake = ['GET /ws HTTP/1.1', host, `Authorization: Bearer ${tokens.creator}`, ...upgrade]
    for (const bytes of [
      rawRequest(['GET / HTTP/1.1', host, 'Host: b']),
      rawRequest(['POST / HTTP/1.1', host, 'Content-Length: 1', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      rawRequest(['GET / HTTP/1.1', host, `X-Big: ${'a'.repeat(17_000)}`]),
      rawRequest(['TRACE / HTTP/1.1', host]),
      rawRequest(['GET //x HTTP/1.1', host]),
      'nonsense\r\n\r\n',
      // The WebSocket library has words of its own for these.
      rawRequest([...handshake, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x']),
      rawRequest([...handshake, 'Sec-WebSocket-Version: 9', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']),
    ]) {
      const { text } = await sendRaw(fixture.port, bytes, { silenceMs: 300 })
      expect(text).toMatch(/^HTTP\/1\.1 4\d\d /)
      expect(text).toMatch(/\r\nx-content-type-options: nosniff\r\n/i)
      expect(text).toMatch(/\r\nreferrer-policy: same-origin\r\n/i)
      expect(text).not.toMatch(/\r\n(?:server|x-powered-by|access-control-[a-z-]+):/i)
    }
  })

  it.each([
    ['nobody', {}],
    ['a foreign page', { ...cookie(tokens.creatorSession), origin: 'http://evil.example' }],
  ])('hold for a WebSocket that is refused to %s', async (_who, headers) => {
    const refused: { headers?: IncomingHttpHeaders } = {}
    await TabClient.open(fixture.port, '/ws', { headers }).catch((error: unknown) => Object.assign(refused, error))
    expect(findFaults(refused.headers ?? {})).toEqual([])
  })

  it('refuse a service worker that is none of ours, wherever it lies (a user’s file as the browser’s proxy)', async () => {
    for (const path of ['/view?filename=a.js', '/userdata/a.js', '/extensions/a/b.js', '/', '/index.html']) {
      const answer = await ask(fixture.port, path, {
        headers: { ...cookie(tokens.creatorSession), 'service-worker': 'script', 'sec-fetch-site': 'same-origin' },
      })
      expect([path, answer.status]).toEqual([path, 403])
    }
  })

  it('hold while the engine is not there', async () => {
    fixture.engine.set(undefined)
    const answer = await ask(fixture.port, '/', { headers: { ...cookie(tokens.adminSession), accept: 'text/html' } })
    expect(answer.status).toBe(503)
    expect([...findFaults(answer.headers), ...findPageFaults(answer.headers)]).toEqual([])
  })
})

const isOwn = (path: string): boolean => /^\/(?:gatehouse|login|logout|register|generate_token)/.test(path)

describe('the headers of every answer of ours', () => {
  wholeGateTest('hold for a stranger at each address, as a page and as an API', async ({ whole }) => {
    const wrong: string[] = []
    await whole.stores.settings.setMany({ 'limits.strangerRequestsPerMinute': 100_000 })
    const own = requests.filter(({ path }) => isOwn(path))
    for (const { method, path } of own) {
      for (const accept of ['text/html', 'application/json']) {
        const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
        const headers = { accept, 'content-type': 'application/json' }
        const answer = await ask(whole.port, path, { method, headers, ...body })
        const page = String(answer.headers['content-type']).includes('text/html') ? findPageFaults(answer.headers) : []
        wrong.push(
          ...[...findFaults(answer.headers), ...page].map((fault) => `${method} ${path} ${answer.status}: ${fault}`),
        )
        const isKept =
          path.startsWith('/gatehouse/assets/') || /no-store|no-cache/.test(answer.headers['cache-control'] ?? '')
        if (!isKept) wrong.push(`${method} ${path} ${answer.status}: may be kept`)
      }
    }
    expect(own.length).toBeGreaterThan(40)
    expect(wrong).toEqual([])
  })
})
