import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAiohttpUpstream } from '../support/aiohttpUpstream.ts'
import { framingCases } from '../support/framingCases.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { startLenientUpstream } from '../support/lenientUpstream.ts'
import { sendRaw } from '../support/rawHttpClient.ts'
import { FakeTls } from '../support/testCertificate.ts'

interface Target {
  readonly port: number
  takeExecuted(): Promise<readonly string[]>
  close(): Promise<void>
}

async function startLenient(): Promise<Target> {
  const upstream = await startLenientUpstream()
  return {
    port: upstream.port,
    takeExecuted: () => Promise.resolve(upstream.executed.splice(0)),
    close: () => upstream.close(),
  }
}

const HOST = '127.0.0.1'
/** The gate's own socket opens with a GET that is no business of these cases. */
const own = (line: string): boolean => !line.startsWith('GET /ws?')

describe.each([
  ['a server that smuggling works on', startLenient, false],
  ['a server that smuggling works on, over TLS', startLenient, true],
  ['a real aiohttp server', startAiohttpUpstream, false],
])('request framing in front of %s', (_name, start, tls) => {
  let target: Target
  let fixture: GateFixture

  beforeAll(async () => {
    target = await start()
    fixture = await openGateFixture({ upstreamPort: target.port, ...(tls && { tls: new FakeTls() }) })
  })
  afterAll(async () => {
    await fixture.close()
    await target.close()
  })

  it.each(framingCases(HOST, [`Authorization: Bearer ${tokens.creator}`]))(
    'case 32, 35: executes nothing more than was asked for: $name',
    async ({ bytes, statuses, legitimate = [] }) => {
      await target.takeExecuted()
      const answer = await sendRaw(fixture.port, bytes, { tls, silenceMs: 250 })
      expect(statuses).toContain(answer.statuses[0])
      expect((await target.takeExecuted()).filter(own)).toEqual(legitimate)
      // A desynchronised connection would give the next person somebody else's answer.
      const next = await ask(fixture.port, '/embeddings?after', { tls, headers: bearer(tokens.creator2) })
      expect(next.json()).toEqual({ executed: 'GET /embeddings?after' })
      expect((await target.takeExecuted()).filter(own)).toEqual(['GET /embeddings?after'])
    },
  )

  it('case 35: does not look at what stands behind wrong framing in the same packet', async () => {
    await target.takeExecuted()
    const wrong = `GET /queue?1 HTTP/1.1\r\nHost: ${HOST}\r\nHost: x\r\n\r\n`
    const next = `POST /interrupt HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${tokens.creator}\r\nContent-Length: 0\r\n\r\n`
    const answer = await sendRaw(fixture.port, wrong + next, { tls, silenceMs: 250 })
    expect(answer).toMatchObject({ statuses: [400], closed: true })
    expect((await target.takeExecuted()).filter(own)).toEqual([])
  })

  it('case 35: opens no WebSocket on a connection that still owes an answer, which would stand among its frames', async () => {
    await target.takeExecuted()
    const slow = `GET /queue?1 HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${tokens.creator}\r\n\r\n`
    const upgrade = [
      'GET /ws HTTP/1.1',
      `Host: ${HOST}`,
      `Authorization: Bearer ${tokens.creator}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    const answer = await sendRaw(fixture.port, `${slow}${upgrade.join('\r\n')}\r\n\r\n`, { tls, silenceMs: 250 })
    expect(answer.statuses).not.toContain(101)
    expect(answer.closed).toBe(true)
    expect(fixture.gate.connections().every(({ sockets }) => sockets === 0)).toBe(true)
  })

  it('case 35: executes two pipelined requests as two decided requests', async () => {
    await target.takeExecuted()
    const one = `GET /embeddings?1 HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${tokens.creator}\r\n\r\n`
    const two = `GET /embeddings?2 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`
    const answer = await sendRaw(fixture.port, one + two, { tls, silenceMs: 250 })
    expect(answer.statuses).toEqual([200, 401])
    expect((await target.takeExecuted()).filter(own)).toEqual(['GET /embeddings?1'])
  })
})
