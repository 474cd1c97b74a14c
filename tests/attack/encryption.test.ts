import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw, openRawTls, sendRaw } from '../support/rawHttpClient.ts'
import { TabClient } from '../support/tabClient.ts'
import { FakeTls, makeTestCertificate } from '../support/testCertificate.ts'

let tls: FakeTls
let fixture: GateFixture
beforeEach(async () => {
  tls = new FakeTls()
  fixture = await openGateFixture({
    tls,
    listenerLimits: { firstByteMs: 300, handshakeMs: 300, headersTimeoutMs: 300 },
  })
})
afterEach(() => fixture.close())

const shake = (options: ConnectionOptions = {}): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: fixture.port, rejectUnauthorized: false, ...options })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })

const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN

describe('one port for TLS and plain HTTP', () => {
  it('answers both alike, sockets too', async () => {
    for (const isTls of [false, true]) {
      const answer = await ask(fixture.port, '/embeddings', { tls: isTls, headers: bearer(tokens.creator) })
      expect(answer.status).toBe(200)
      const tab = await TabClient.open(fixture.port, '/ws', { tls: isTls, headers: bearer(tokens.creator) })
      expect(tab.order[0]).toBe('status')
    }
  })

  it('cuts off who begins with TLS while there is no certificate, and goes on once there is one', async () => {
    tls.use(undefined)
    await expect(shake()).rejects.toThrow()
    expect((await ask(fixture.port, '/embeddings', { headers: bearer(tokens.creator) })).status).toBe(200)
    tls.use(makeTestCertificate())
    expect((await ask(fixture.port, '/embeddings', { tls: true, headers: bearer(tokens.creator) })).status).toBe(200)
  })

  it('shows an exchanged certificate at the next handshake, and leaves open connections alone', async () => {
    const before = await shake()
    expect(nameOf(before)).toBe('gatehouse test')
    tls.use(makeTestCertificate('the next one'))
    const after = await shake()
    expect(nameOf(after)).toBe('the next one')
    before.write(`GET /gatehouse/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const [bytes] = (await once(before, 'data')) as [Buffer]
    expect(bytes.toString()).toContain('HTTP/1.1 200')
    before.destroy()
    after.destroy()
  })

  it('lets a browser come back with a ticket, and speaks nothing but HTTP/1.1', async () => {
    const first = await shake({ ALPNProtocols: ['h2', 'http/1.1'] })
    expect(first.alpnProtocol).toBe('http/1.1')
    const [session] = (await once(first, 'session')) as [Buffer]
    const again = await shake({ session })
    expect(again.isSessionReused()).toBe(true)
    first.destroy()
    again.destroy()
  })
})

describe('encryption that is none', () => {
  it.each([
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }, 'protocol version'],
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }, 'protocol version'],
    [
      'a key exchange without forward secrecy',
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES256-SHA' },
      'handshake failure',
    ],
    [
      'a cipher without authentication of its own',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
      'handshake failure',
    ],
    [
      'encryption with nobody behind it',
      { maxVersion: 'TLSv1.2', ciphers: 'aNULL:eNULL:@SECLEVEL=0' },
      'handshake failure',
    ],
  ] as const)('is refused: %s', async (_name, options, alert) => {
    await expect(shake(options)).rejects.toThrow(`alert ${alert}`)
    expect(fixture.upstream.started).toEqual([])
  })

  it('is refused: a second handshake inside a connection', async () => {
    const socket = await shake({ maxVersion: 'TLSv1.2' })
    const refusal = new Promise<Error | null>((resolve) => {
      socket.once('error', resolve)
      socket.renegotiate({}, resolve)
    })
    expect(await refusal).toMatchObject({ message: expect.stringContaining('no renegotiation') as string })
    socket.destroy()
  })
})

describe('connections that hold still before anything is known of them', () => {
  it('B42: are cut off when no first byte comes', async () => {
    const socket = await openRaw(fixture.port)
    socket.resume()
    await once(socket, 'close')
    expect(fixture.upstream.started).toEqual([])
  })

  it('B42: are cut off when the handshake does not end', async () => {
    const socket = await openRaw(fixture.port)
    socket.on('error', () => undefined)
    socket.resume()
    // A record that says it holds a ClientHello of 512 bytes, and then nothing.
    socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0]))
    await once(socket, 'close')
    expect(fixture.upstream.started).toEqual([])
  })

  it('are answered and cut off when the head of the request does not end, over TLS as well', async () => {
    const answer = await sendRaw(fixture.port, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A:', {
      tls: true,
      silenceMs: 4000,
    })
    expect(answer).toMatchObject({ statuses: [408], closed: true })
  })

  it('are cut off after the handshake when nothing is asked', async () => {
    const socket = await openRawTls(fixture.port)
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'close')
  })

  it('do not end the gate by resets at any moment of it', async () => {
    for (const bytes of [
      Buffer.of(),
      Buffer.of(0x16),
      Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
      Buffer.from('GE'),
    ]) {
      const socket = connect(fixture.port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(bytes)
      socket.resetAndDestroy()
    }
    const half = await shake()
    half.write('GET / HTTP/1.1\r\n')
    half.destroy()
    expect((await ask(fixture.port, '/gatehouse/healthz', { tls: true })).status).toBe(200)
  })
})

describe('a session cookie', () => {
  const get = (isTls: boolean, cookie: string) => ask(fixture.port, '/embeddings', { tls: isTls, headers: { cookie } })

  it('B14: planted over plain HTTP or by another port does not count under TLS, and the other way round', async () => {
    expect((await get(true, `gatehouse_session=${tokens.creatorSession}`)).status).toBe(401)
    expect((await get(false, `__Host-gatehouse_session=${tokens.creatorSession}`)).status).toBe(401)
    expect(fixture.upstream.started).toEqual([])
    expect((await get(true, `__Host-gatehouse_session=${tokens.creatorSession}`)).status).toBe(200)
    const both = `gatehouse_session=planted; __Host-gatehouse_session=${tokens.creatorSession}`
    expect((await get(true, both)).status).toBe(200)
  })
})
