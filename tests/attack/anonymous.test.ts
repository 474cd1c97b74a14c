import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, cookie, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw, sendRaw } from '../support/rawHttpClient.ts'
import { TabClient } from '../support/tabClient.ts'

let fixture: GateFixture
beforeEach(async () => {
  fixture = await openGateFixture()
})
afterEach(() => fixture.close())

describe('a stranger', () => {
  it('case 36: gets 401 for an upload of 100 MB at once, and the body is not read', async () => {
    const socket = await openRaw(fixture.port)
    const total = 100 * 1024 * 1024
    const began = performance.now()
    socket.write(
      `POST /upload/image HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ${total}\r\n\r\n`,
    )
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString()).toMatch(/^HTTP\/1\.1 401 /)
    expect(first.toString().toLowerCase()).toContain('connection: close')
    expect(performance.now() - began).toBeLessThan(200)
    let sent = 0
    const piece = Buffer.alloc(64 * 1024)
    socket.on('error', () => undefined)
    await new Promise<void>((resolve) => {
      const more = (): void => {
        if (socket.destroyed || sent >= total) {
          resolve()
          return
        }
        sent += piece.length
        socket.write(piece, () => more())
      }
      socket.once('close', () => resolve())
      more()
    })
    expect(sent).toBeLessThan(total / 4)
    expect(fixture.upstream.started).toEqual([])
  })

  it('is never told to go on with an upload that will be refused', async () => {
    const head = 'POST /upload/image HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n'
    const answer = await sendRaw(fixture.port, head)
    expect(answer.statuses).toEqual([401])
  })

  it('is answered in the words and with the headers of the gate when it expects what nobody can do', async () => {
    const head = 'POST /upload/image HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 200-ok\r\n\r\n'
    const answer = await sendRaw(fixture.port, head + 'GET /smugg')
    expect(answer.statuses).toEqual([417])
    expect(answer.closed).toBe(true)
    expect(answer.text.toLowerCase()).toContain('\r\nx-content-type-options: nosniff\r\n')
    expect(answer.text.toLowerCase()).toContain('\r\ncache-control: no-store\r\n')
    expect(answer.text).toContain('"status":417')
    expect(fixture.upstream.started).toEqual([])
  })

  it.each([
    ['a wrong key', { authorization: 'Bearer nothing' }],
    ['a wrong key and a good cookie', { authorization: 'Bearer nothing', ...cookie(tokens.adminSession) }],
    ['an expired cookie', cookie('gone')],
    ['two session cookies', { cookie: `gatehouse_session=x; gatehouse_session=${tokens.adminSession}` }],
    ['a scheme nobody knows', { authorization: 'Negotiate abc' }],
    [
      'the identity headers of the engine',
      { 'x-gatehouse-secret': 'a'.repeat(64), 'x-gatehouse-user': 'ada0000000000000', 'comfy-user': 'default' },
    ],
    ['the word of a proxy', { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', forwarded: 'for=127.0.0.1' }],
    ['another method in a header', { 'x-http-method-override': 'POST' }],
  ])('case 10, 33, 40, 46: with %s gets 401', async (_with, headers) => {
    const answer = await ask(fixture.port, '/embeddings', { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(fixture.upstream.started).toEqual([])
  })

  it('gets a clear word about a key in the address, which is in no answer and no event', async () => {
    const answer = await ask(fixture.port, `/embeddings?token=${tokens.creator}`)
    expect(answer.status).toBe(401)
    expect(answer.json().detail).toContain('Authorization: Bearer')
    expect(answer.text + JSON.stringify(answer.headers) + JSON.stringify(fixture.events)).not.toContain(tokens.creator)
    const page = await ask(fixture.port, `/embeddings?token=${tokens.creator}&a=1`, {
      headers: { accept: 'text/html' },
    })
    expect(page.headers.location).toBe('/login?next=%2Fembeddings%3Fa%3D1')
  })

  it('cannot be sent elsewhere after signing in', async () => {
    for (const target of ['//evil.example/', '/\\evil.example', '/%2F%2Fevil.example']) {
      const answer = await sendRaw(
        fixture.port,
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n`,
      )
      expect(answer.text.toLowerCase()).not.toContain('location: //')
      expect(answer.text).not.toMatch(/next=%2F(?:%2F|%5C)/i)
    }
  })

  it('case 14: gets 401 on the upgrade and no redirect', async () => {
    await expect(TabClient.open(fixture.port, '/ws', { headers: { accept: 'text/html' } })).rejects.toMatchObject({
      status: 401,
    })
    expect(fixture.upstream.socketUrls.every((url) => url.includes('gatehouse-'))).toBe(true)
  })

  it('case 33: finds no CORS header and gets nothing from OPTIONS', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const stranger = await ask(fixture.port, '/prompt', { method: 'OPTIONS', headers })
    expect(stranger.status).toBe(401)
    const known = await ask(fixture.port, '/prompt', {
      method: 'OPTIONS',
      headers: { ...headers, ...bearer(tokens.creator) },
    })
    expect(known.status).toBe(204)
    for (const answer of [stranger, known]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    expect(fixture.upstream.started).toEqual([])
  })
})
