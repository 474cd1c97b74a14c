import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask } from '../../support/httpClient.ts'
import { openRaw, sendRaw } from '../../support/rawHttpClient.ts'
import { until } from '../../support/tabClient.ts'

let fixture: GateFixture
beforeEach(async () => {
  fixture = await openGateFixture()
})
afterEach(() => fixture.close())

const head = (line: string, ...more: string[]): string =>
  [line, 'Host: localhost', `Authorization: Bearer ${tokens.creator}`, ...more, '', ''].join('\r\n')

/** Resolves at `close`, whatever error came before. */
const isClosed = (stream: EventEmitter): Promise<void> =>
  new Promise((resolve) => stream.once('close', () => resolve()))

describe('forwarder', () => {
  it('gives each of many small answers of one moment to whoever asked, also when one of them is gone', async () => {
    fixture.upstream.on('GET /view', (request, response) => {
      const name = new URLSearchParams((request.url ?? '').split('?')[1]).get('filename') ?? ''
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': String(name.length) })
      response.end(name)
    })
    const leaving = await openRaw(fixture.port)
    leaving.write(head('GET /view?filename=gone.png HTTP/1.1'))
    const names = Array.from({ length: 40 }, (_, at) => `${at}.png`)
    const asked = names.map((name) => ask(fixture.port, `/view?filename=${name}`, { headers: bearer(tokens.creator) }))
    leaving.destroy()

    const answers = await Promise.all(asked)

    expect(answers.map(({ text }) => text)).toEqual(names)
  })

  it('keeps the order of requests that were sent ahead', async () => {
    fixture.upstream.on('GET /view', (request, response) => {
      const name = new URLSearchParams((request.url ?? '').split('?')[1]).get('filename') ?? ''
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': String(name.length) })
      response.end(name)
    })
    const names = Array.from({ length: 8 }, (_, at) => `ahead-${at}.png`)
    const requests = names.map((name) =>
      head(`GET /view?filename=${name} HTTP/1.1`, ...(name === names.at(-1) ? ['Connection: close'] : [])),
    )

    const { text } = await sendRaw(fixture.port, requests.join(''), { responses: names.length })

    expect(text.match(/ahead-\d\.png/g)).toEqual(names)
  })

  it('ends the request to the engine when the client leaves in the middle of a download', async () => {
    let ended = false
    fixture.upstream.on('GET /view', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      response.write('begin')
      response.on('close', () => (ended = true))
    })
    const client = await openRaw(fixture.port)
    client.write(head('GET /view?filename=a.png HTTP/1.1'))
    await once(client, 'data')
    client.destroy()
    await until(() => ended, 'the engine sees the end')
  })

  it('ends the request to the engine when the client leaves in the middle of an upload', async () => {
    let aborted = false
    fixture.upstream.on('POST /userdata/a', (request) => {
      request.resume()
      request.on('close', () => (aborted = !request.complete))
    })
    const client = await openRaw(fixture.port)
    client.write(head('POST /userdata/a HTTP/1.1', 'Content-Length: 1000') + 'begin')
    await until(() => fixture.upstream.started.includes('POST /userdata/a'), 'the engine sees the start')
    client.destroy()
    await until(() => aborted, 'the engine sees the end')
  })

  it('cuts the connection to the client when the engine breaks off, so that half an answer is not taken for a whole', async () => {
    fixture.upstream.on('GET /view', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': '1000' })
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    })
    await expect(ask(fixture.port, '/view?filename=a.png', { headers: bearer(tokens.creator) })).rejects.toThrow(
      /aborted|hang up|ECONNRESET/,
    )
  })

  it('does not take from the engine what the client does not read', async () => {
    const piece = Buffer.alloc(256 * 1024)
    let written = 0
    let stopped = false
    fixture.upstream.on('GET /view', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      const more = (): void => {
        while (!stopped && written < 400 * 1024 * 1024) {
          written += piece.length
          if (!response.write(piece)) {
            response.once('drain', more)
            return
          }
        }
      }
      response.on('close', () => (stopped = true))
      more()
    })
    const client = await openRaw(fixture.port)
    client.pause()
    client.write(head('GET /view?filename=a.png HTTP/1.1'))
    await until(() => written > 0, 'the engine writes')
    let before = -1
    await until(() => {
      if (before === written) return true
      before = written
      return false
    }, 'the engine waits')
    // What fits into four kernel buffers and two of ours; not hundreds of megabytes.
    expect(written).toBeLessThan(60 * 1024 * 1024)
    client.destroy()
  })

  it('does not take from the client what the engine does not read', async () => {
    const server = createServer((socket: Socket) => socket.pause())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    fixture.engine.set({ port: (server.address() as AddressInfo).port, secret: 'b'.repeat(64), bootId: '2'.repeat(32) })
    const client = await openRaw(fixture.port)
    client.on('error', () => undefined)
    client.write(head('POST /userdata/a HTTP/1.1', `Content-Length: ${100 * 1024 * 1024}`))
    let sent = 0
    const piece = Buffer.alloc(256 * 1024)
    const more = (): void => {
      if (sent >= 100 * 1024 * 1024 || client.destroyed) return
      sent += piece.length
      client.write(piece, more)
    }
    more()
    let before = -1
    await until(() => {
      if (sent > 0 && before === sent) return true
      before = sent
      return false
    }, 'the client waits')
    expect(sent).toBeLessThan(60 * 1024 * 1024)
    client.destroy()
    server.close()
  })

  it('passes ranges and revalidation', async () => {
    fixture.upstream.on('GET /view', (incoming, response) => {
      if (incoming.headers['if-none-match'] === '"e"') response.writeHead(304, { etag: '"e"' }).end()
      else
        response
          .writeHead(206, { 'content-type': 'image/png', 'content-range': 'bytes 0-1/9', 'accept-ranges': 'bytes' })
          .end('ab')
    })
    const part = await ask(fixture.port, '/view?filename=a.png', {
      headers: { ...bearer(tokens.creator), range: 'bytes=0-1' },
    })
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, 'ab', 'bytes 0-1/9'])
    expect(fixture.upstream.seen[0]?.headers['range']).toBe('bytes=0-1')
    const same = await ask(fixture.port, '/view?filename=a.png', {
      headers: { ...bearer(tokens.creator), 'if-none-match': '"e"' },
    })
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', '"e"'])
  })

  it('answers HEAD as the engine does, without a body, and keeps the connection', async () => {
    fixture.upstream.on('HEAD /view', (_request, response) =>
      response.writeHead(200, { 'content-length': '42', 'content-type': 'image/png' }).end(),
    )
    const both = head('HEAD /view?filename=a.png HTTP/1.1') + head('GET /embeddings HTTP/1.1')
    const answer = await sendRaw(fixture.port, both)
    expect(answer.statuses).toEqual([200, 200])
    expect(answer.text.toLowerCase()).toContain('content-length: 42')
  })

  it('asks for the body only when it will be taken', async () => {
    const client = await openRaw(fixture.port)
    const received: string[] = []
    client.on('data', (chunk: Buffer) => received.push(chunk.toString()))
    client.write(head('POST /userdata/a HTTP/1.1', 'Content-Length: 4', 'Expect: 100-continue'))
    await until(() => received.join('').startsWith('HTTP/1.1 100 Continue'), 'the gate asks')
    client.write('body')
    await until(() => received.join('').includes('HTTP/1.1 200'), 'the answer')
    expect(fixture.upstream.seen[0]?.body.toString()).toBe('body')
    expect(fixture.upstream.seen[0]?.headers['expect']).toBeUndefined()
    client.destroy()
  })

  it('drops trailers of both sides', async () => {
    fixture.upstream.on('POST /userdata/a', (incoming, response) => {
      incoming.resume()
      incoming.on('end', () => {
        response.writeHead(200, { trailer: 'x-evil', 'transfer-encoding': 'chunked' })
        response.write('x')
        response.addTrailers({ 'x-evil': 'yes' })
        response.end()
      })
    })
    const answer = await sendRaw(
      fixture.port,
      head('POST /userdata/a HTTP/1.1', 'Transfer-Encoding: chunked', 'Trailer: x-mine') +
        '1\r\na\r\n0\r\nx-mine: yes\r\n\r\n',
    )
    expect(answer.statuses).toEqual([200])
    expect(answer.text).not.toContain('x-evil')
    expect(JSON.stringify(fixture.upstream.seen[0]?.rawHeaders)).not.toContain('x-mine')
  })

  it('gives the early answer of the engine to a client that still sends', async () => {
    fixture.upstream.on('POST /userdata/a', (_incoming, response) => {
      response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end('too much')
    })
    const client = await openRaw(fixture.port)
    client.on('error', () => undefined)
    const received: Buffer[] = []
    const closed = isClosed(client)
    client.on('data', (chunk: Buffer) => received.push(chunk))
    client.write(head('POST /userdata/a HTTP/1.1', 'Content-Length: 10000000') + 'x'.repeat(1000))
    await until(() => Buffer.concat(received).toString().includes('too much'), 'the answer')
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 413 /)
    await closed
  })

  it('says 503 and has the engine checked when nobody listens there', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    fixture.engine.set({ port, secret: 'b'.repeat(64), bootId: '2'.repeat(32) })
    const answer = await ask(fixture.port, '/embeddings', { headers: bearer(tokens.creator) })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(fixture.engine.unreachable).toBe(1)
  })

  it('asks once more when a kept connection was just closed, but never repeats what changes something', async () => {
    const lines: string[] = []
    const server = createServer((socket: Socket) => {
      let requests = 0
      socket.on('error', () => undefined)
      socket.on('data', (chunk: Buffer) => {
        const [line = ''] = chunk.toString().split(' HTTP/')
        if (line.startsWith('GET /ws')) return socket.destroy()
        if (line.startsWith('PUT') || line.endsWith('/first'))
          return socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
        lines.push(line)
        requests += 1
        if (requests > 1 || line.startsWith('POST')) return socket.destroy()
        return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    fixture.engine.set({ port: (server.address() as AddressInfo).port, secret: 'b'.repeat(64), bootId: '2'.repeat(32) })
    const headers = bearer(tokens.creator)
    // The engine is told who asks; from then on one connection serves everything that comes in turn.
    await ask(fixture.port, '/models/first', { headers })
    expect((await ask(fixture.port, '/models/1', { headers })).text).toBe('ok')
    expect((await ask(fixture.port, '/models/2', { headers })).text).toBe('ok')
    expect((await ask(fixture.port, '/settings', { method: 'POST', headers, body: '{}' })).status).toBe(503)
    expect(lines).toEqual(['GET /models/1', 'GET /models/2', 'GET /models/2', 'POST /settings'])
    server.close()
  })

  it('ends a long download when the key is revoked', async () => {
    fixture.upstream.on('GET /view', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      response.write('begin')
    })
    const outgoing = request({
      host: '127.0.0.1',
      port: fixture.port,
      path: '/view?filename=a.png',
      headers: bearer(tokens.creator),
    })
    outgoing.on('error', () => undefined)
    outgoing.end()
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    response.resume()
    const closed = isClosed(response)
    const began = performance.now()
    fixture.authenticator.revoke(tokens.creator)
    await closed
    expect(performance.now() - began).toBeLessThan(1000)
    expect(response.complete).toBe(false)
  })

  it('lets the answer to signing out go, and ends what else the session held', async () => {
    await fixture.close()
    fixture = await openGateFixture({
      ownApplication: (incoming, response) => {
        if (incoming.url?.endsWith('/events') === true)
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
        else {
          fixture.authenticator.revoke(tokens.adminAll)
          setTimeout(() => response.writeHead(204).end(), 50)
        }
      },
    })
    const headers = bearer(tokens.adminAll)
    const events = request({ host: '127.0.0.1', port: fixture.port, path: '/gatehouse/api/v1/events', headers })
    events.on('error', () => undefined)
    events.end()
    const [stream] = (await once(events, 'response')) as [IncomingMessage]
    stream.on('error', () => undefined)
    stream.resume()
    const closed = isClosed(stream)
    expect((await ask(fixture.port, '/gatehouse/api/v1/session', { method: 'DELETE', headers })).status).toBe(204)
    await closed
  })
})
