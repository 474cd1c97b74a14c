import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RequestBody } from '../../proxy/forward/requestBody.ts'
import { readBody } from '../../proxy/http/bodyReader.ts'
import { Listener } from '../../proxy/http/listener.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw, sendRaw } from '../support/rawHttpClient.ts'
import { TabClient, until } from '../support/tabClient.ts'

describe('a peer from the internet', () => {
  it('is cut off before a byte of it is read', async () => {
    const refused: string[] = []
    const requests: string[] = []
    const listener = new Listener(
      {
        request: (request) => requests.push(request.url ?? ''),
        upgrade: () => undefined,
        refused: (address) => refused.push(address),
      },
      { rules: { decide: () => 'outside', onChange: () => () => undefined } },
    )
    const port = await listener.listen('127.0.0.1', 0)
    const answer = await sendRaw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(answer).toMatchObject({ text: '', closed: true })
    expect(refused).toEqual(['127.0.0.1'])
    expect(requests).toEqual([])
    await listener.close(0)
  })
})

describe('a body that never comes', () => {
  const withServer = async (
    take: (request: IncomingMessage, response: ServerResponse) => void,
    body: string,
  ): Promise<void> => {
    const server = createServer(take)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const socket = await openRaw((server.address() as AddressInfo).port)
    socket.on('error', () => undefined)
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n${body}`)
    socket.resume()
    await once(socket, 'close')
    server.close()
  }

  it('case 36: is given up when it is read whole', async () => {
    let refusal: unknown
    await withServer((request, response) => {
      readBody(request, { limitBytes: 1000, deadlineMs: 60_000, idleMs: 50 }).catch((error: unknown) => {
        refusal = error
        response.destroy()
      })
    }, 'some')
    expect(refusal).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('case 36: is given up at its deadline even when it trickles', async () => {
    let refusal: unknown
    await withServer((request, response) => {
      const trickle = setInterval(() => request.emit('data', Buffer.from('x')), 10)
      readBody(request, { limitBytes: 1_000_000, deadlineMs: 100, idleMs: 60_000 }).catch((error: unknown) => {
        clearInterval(trickle)
        refusal = error
        response.destroy()
      })
    }, 'some')
    expect(refusal).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('case 36: is given up while it streams, but not when it is the engine that waits', async () => {
    let refusal: unknown
    await withServer((request, response) => {
      const body = new RequestBody(request, { limitBytes: 1000, idleMs: 50 })
      body.on('error', (error: unknown) => {
        refusal = error
        response.destroy()
      })
      body.resume()
    }, 'some')
    expect(refusal).toMatchObject({ code: 'BAD_REQUEST' })

    let waited = false
    await withServer((request, response) => {
      const body = new RequestBody(request, { limitBytes: 1000, idleMs: 20 })
      body.on('error', () => (waited = false))
      request.pause()
      setTimeout(() => {
        waited = true
        body.destroy()
        response.destroy()
      }, 100)
    }, 'some')
    expect(waited).toBe(true)
  })
})

describe('a tab that reads slowly', () => {
  let fixture: GateFixture
  beforeEach(async () => {
    fixture = await openGateFixture()
    fixture.upstream.on('POST /prompt', (_request, response) => response.end('{}'))
  })
  afterEach(() => fixture.close())

  const preview = Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]), Buffer.alloc(1024 * 1024)])

  async function start(): Promise<{ slow: TabClient; quick: TabClient }> {
    const slow = await TabClient.open(fixture.port, '/ws?clientId=both', { headers: bearer(tokens.creator) })
    const quick = await TabClient.open(fixture.port, '/ws?clientId=both', { headers: bearer(tokens.creator) })
    const prompt_id = '12345678-1234-4234-8234-123456789abc'
    const body = JSON.stringify({ prompt: {}, client_id: 'both', prompt_id })
    expect((await ask(fixture.port, '/prompt', { method: 'POST', headers: bearer(tokens.creator), body })).status).toBe(
      200,
    )
    const engine = fixture.upstream.sockets[0]
    engine?.send(JSON.stringify({ type: 'execution_start', data: { prompt_id } }))
    await Promise.all([slow.waitFor('execution_start'), quick.waitFor('execution_start')])
    slow.socket.pause()
    return { slow, quick }
  }

  it('case 15: loses previews and no event, and others lose nothing', async () => {
    const { slow, quick } = await start()
    const engine = fixture.upstream.sockets[0]
    for (let at = 1; at <= 60; at += 1) {
      engine?.send(preview)
      await until(() => quick.binaries.length === at, 'the quick tab sees each')
    }
    engine?.send(
      JSON.stringify({ type: 'execution_success', data: { prompt_id: '12345678-1234-4234-8234-123456789abc' } }),
    )
    await quick.waitFor('execution_success')
    slow.socket.resume()
    await slow.waitFor('execution_success')
    expect(slow.binaries.length).toBeLessThan(30)
    expect(slow.closeCode).toBeUndefined()
  })

  it('case 15: is sent away with 1013 when too much waits for it', async () => {
    const { slow, quick } = await start()
    const engine = fixture.upstream.sockets[0]
    const big = JSON.stringify({
      type: 'executed',
      data: { prompt_id: '12345678-1234-4234-8234-123456789abc', output: 'x'.repeat(4 * 1024 * 1024) },
    })
    for (let at = 0; at < 30; at += 1) engine?.send(big)
    await until(
      () => quick.texts.filter(({ type }) => type === 'executed').length === 30,
      'the quick tab has all',
      20_000,
    )
    await until(
      () => fixture.events.find(({ type, detail }) => type === 'socket.closed' && detail !== undefined),
      'the slow tab is closed',
    )
    slow.socket.resume()
    await slow.closed()
    expect(quick.closeCode).toBeUndefined()
    expect(fixture.gate.connections()[0]?.sockets).toBe(1)
  })
})
