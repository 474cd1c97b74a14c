import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PeerRules, PeerVerdict } from '../../proxy/http/peerRules.ts'
import { bearer, cookie, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw, sendRaw } from '../support/rawHttpClient.ts'
import { TabClient } from '../support/tabClient.ts'
import { FakeTls } from '../support/testCertificate.ts'

class FakeRules implements PeerRules {
  verdicts = new Map<string, PeerVerdict>()
  fault: Error | undefined
  #listener: () => void = () => undefined

  decide(address: string): PeerVerdict {
    if (this.fault !== undefined) throw this.fault
    return this.verdicts.get(address) ?? 'allowed'
  }

  onChange(listener: () => void): () => void {
    this.#listener = listener
    return () => undefined
  }

  block(address: string): void {
    this.verdicts.set(address, 'blocked')
    this.#listener()
  }
}

let rules: FakeRules
let fixture: GateFixture
beforeEach(async () => {
  rules = new FakeRules()
  fixture = await openGateFixture({
    tls: new FakeTls(),
    peerRules: rules,
    ownApplication: (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'),
  })
})
afterEach(() => fixture.close())

const healthy = `GET /gatehouse/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`

describe('an address that may not connect', () => {
  it.each([
    ['blocked', false],
    ['blocked', true],
    ['outside', false],
  ] as const)('is cut off before a byte is read: %s, TLS: %s', async (verdict, tls) => {
    rules.verdicts.set('127.0.0.1', verdict)
    if (tls) await expect(ask(fixture.port, '/gatehouse/healthz', { tls })).rejects.toThrow()
    else expect(await sendRaw(fixture.port, healthy)).toMatchObject({ text: '', closed: true })
    expect(fixture.events).toMatchObject([
      { type: 'connection.refused', clientAddress: '127.0.0.1', detail: verdict, path: '' },
    ])
    expect(fixture.ownSeen).toEqual([])
  })

  it('is cut off when the rules fail', async () => {
    rules.fault = new Error('the rules cannot be read')
    expect(await sendRaw(fixture.port, healthy)).toMatchObject({ text: '', closed: true })
    expect(fixture.ownSeen).toEqual([])
  })

  it("keeps nothing that it had open: connections, sockets, streams; the others', and the owner's window, go on", async () => {
    const headers = bearer(tokens.creator)
    const from = '127.0.0.7'
    const idle = await openRaw(fixture.port, from)
    const tab = await TabClient.open(fixture.port, '/ws', { tls: true, headers, localAddress: from })
    const stay = await TabClient.open(fixture.port, '/ws', { tls: true, headers })
    const stream = request({
      host: '127.0.0.1',
      port: fixture.port,
      localAddress: from,
      headers,
      path: '/gatehouse/api/v1/events',
    })
    stream.end()
    const [answer] = (await once(stream, 'response')) as [NodeJS.ReadableStream]
    const cut = new Promise((resolve) => answer.on('error', resolve).resume())
    const closed = once(idle.resume(), 'close')
    const began = performance.now()
    rules.block(from)
    await Promise.all([closed, cut, tab.closed()])
    expect(performance.now() - began).toBeLessThan(1000)
    await stay.settle()
    expect(stay.closeCode).toBeUndefined()
  })

  it('does not keep the owner out of their own window', async () => {
    rules.block('127.0.0.1')
    const { port } = await fixture.gate.openOwnerListener()
    const socket = await openRaw(port)
    socket.write(
      `GET /login HTTP/1.1\r\nHost: gatehouse.localhost:${port}\r\n${Object.entries(cookie(tokens.ownerSession))
        .map(([name, value]) => `${name}: ${value}`)
        .join('\r\n')}\r\n\r\n`,
    )
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    expect(bytes.toString()).toContain('HTTP/1.1 200')
    socket.destroy()
  })
})
