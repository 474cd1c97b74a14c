import { once } from 'node:events'
import { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionBook } from '../../proxy/http/connectionBook.ts'
import type { Connection } from '../../proxy/http/connectionBook.ts'
import { defaultListenerLimits, Listener } from '../../proxy/http/listener.ts'
import type { ListenerLimits } from '../../proxy/http/listener.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw } from '../support/rawHttpClient.ts'
import { until } from '../support/tabClient.ts'

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function open(listenerLimits: Partial<ListenerLimits>): Promise<GateFixture> {
  const fixture = await openGateFixture({ listenerLimits })
  ends.push(() => fixture.close())
  return fixture
}

async function hold(port: number, from: string, count: number, bytes: string): Promise<Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => openRaw(port, from)))
  for (const socket of sockets) socket.on('error', () => undefined).resume()
  for (const socket of sockets) if (bytes !== '') socket.write(bytes)
  ends.push(() => sockets.forEach((socket) => socket.destroy()))
  return sockets
}

const isOpen = (socket: Socket): boolean => !socket.destroyed && socket.readyState === 'open'
const halfHead = 'GET /gatehouse/healthz HTTP/1.1\r\nHost: localhost\r\nX-A: '

describe('slow headers', () => {
  it('of one address take no place from the others, nor from an honest request of the same address', async () => {
    // Loopback counts four times.
    const fixture = await open({ pendingPerAddress: 2, connections: 40 })
    const slow = await hold(fixture.port, '127.0.0.7', 60, halfHead)
    await until(() => slow.filter(isOpen).length <= 8, 'the oldest lost their places')
    for (const from of ['127.0.0.7', '127.0.0.8']) {
      expect((await ask(fixture.port, '/gatehouse/healthz', { from })).status).toBe(200)
    }
    expect(fixture.upstream.started).toEqual([])
  })

  it('of many addresses give their places to who asks for something', async () => {
    const fixture = await open({ pendingPerAddress: 5, connections: 30 })
    for (const last of [11, 12, 13, 14]) await hold(fixture.port, `127.0.0.${last}`, 20, halfHead)
    for (let at = 0; at < 5; at += 1) {
      const answer = await ask(fixture.port, '/embeddings', { from: '127.0.0.8', headers: bearer(tokens.creator) })
      expect(answer.status).toBe(200)
    }
  })

  it('in a request after an answered one are cut off as well', async () => {
    const fixture = await open({ headersTimeoutMs: 300 })
    const [socket] = await hold(
      fixture.port,
      '127.0.0.7',
      1,
      'GET /gatehouse/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    )
    if (socket === undefined) throw new Error('no socket')
    await once(socket, 'data')
    socket.write(halfHead)
    await once(socket, 'close')
  })
})

describe('places that are held by doing nothing', () => {
  it('after an answer go to who asks for something', async () => {
    const fixture = await open({ connections: 10 })
    const request = 'GET /gatehouse/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const idle = await hold(fixture.port, '127.0.0.7', 10, request)
    await until(() => fixture.ownSeen.length === 10, 'all were answered')
    expect((await ask(fixture.port, '/gatehouse/healthz', { from: '127.0.0.8' })).status).toBe(200)
    await until(() => idle.filter(isOpen).length < 10, 'one lost its place')
  })
})

describe('places that are held by taking answers byte by byte', () => {
  it('go to who has fewer, once every place is taken', async () => {
    const listener = new Listener(
      {
        request: (request, response) => {
          if (request.url === '/') response.end('quick')
          else response.write('without end')
        },
        upgrade: () => undefined,
        refused: () => undefined,
      },
      { limits: { ...defaultListenerLimits, connections: 12 } },
    )
    ends.push(() => listener.close(0))
    const port = await listener.listen('127.0.0.1', 0)
    const endless = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'
    const slow = await hold(port, '127.0.0.7', 8, endless)
    const other = await hold(port, '127.0.0.8', 4, endless)
    await until(() => [...slow, ...other].every(({ bytesRead }) => bytesRead > 0), 'all are answered')

    expect((await ask(port, '/', { from: '127.0.0.9' })).text).toBe('quick')

    await until(() => slow.filter(isOpen).length === 7, 'the oldest of whoever had the most is gone')
    expect(other.filter(isOpen)).toHaveLength(4)
  })

  it('by handshakes of one device of an IPv6 network end none of its other devices', () => {
    const book = new ConnectionBook({ connectionsPerAddress: 100, pendingPerAddress: 6, connections: 100 })
    const honest = book.open(new Socket(), 'fd00::20')
    const flood = Array.from({ length: 200 }, () => book.open(new Socket(), 'fd00::66'))

    expect(honest?.raw.destroyed).toBe(false)
    expect(flood.filter((connection) => connection?.raw.destroyed === false)).toHaveLength(5)
  })

  it('by one device of an IPv6 network go to the other devices of it', () => {
    const limits = { connectionsPerAddress: 6, pendingPerAddress: 6, connections: 100 }
    const book = new ConnectionBook(limits)
    const connect = (address: string): Connection | undefined => {
      const connection = book.open(new Socket(), address)
      if (connection !== undefined) Object.assign(connection, { isPending: false, busy: 1 })
      return connection
    }
    const held = Array.from({ length: 6 }, () => connect('fd00::66'))
    expect(held).not.toContain(undefined)

    expect(connect('fd00::66')).toBeUndefined()
    expect(connect('fd00::20')).toBeDefined()
    expect(held.map((connection) => connection?.raw.destroyed)).toEqual([true, ...new Array<boolean>(5).fill(false)])
    // Nobody gets more of it than whoever has the most.
    for (const last of [21, 22]) expect(connect(`fd00::${last}`)).toBeDefined()
    expect(connect('fd00::66')).toBeUndefined()
    expect(book.size).toBe(6)
  })
})

describe('slow bodies', () => {
  it('that trickle are given up, and the engine hears nothing of them', async () => {
    const { RequestBody } = await import('../../proxy/forward/requestBody.ts')
    const { createServer } = await import('node:http')
    let refusal: unknown
    const server = createServer((request, response) => {
      const body = new RequestBody(request, { limitBytes: 100_000_000, idleMs: 200 })
      body.on('error', (error) => {
        refusal = error
        response.destroy()
      })
      body.resume()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.push(() => void server.close())
    const { port } = server.address() as { port: number }
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n'
    const [socket] = await hold(port, '127.0.0.1', 1, head)
    if (socket === undefined) throw new Error('no socket')
    const trickle = setInterval(() => socket.write('x'), 20)
    ends.push(() => clearInterval(trickle))
    await until(() => socket.destroyed, 'given up')
    expect(refusal).toMatchObject({ code: 'BAD_REQUEST' })
  })
})

describe('slow reading', () => {
  const big = Buffer.alloc(16 * 1024 * 1024, 'x')
  async function serveBig(stallMs: number): Promise<number> {
    const listener = new Listener(
      {
        request: (_request, response) => {
          response.writeHead(200, { 'content-length': big.length })
          response.end(big)
        },
        upgrade: () => undefined,
        refused: () => undefined,
      },
      { limits: { ...defaultListenerLimits, stallMs } },
    )
    ends.push(() => listener.close(0))
    return listener.listen('127.0.0.1', 0)
  }

  it('of an answer that nobody takes ends, however large it is', async () => {
    const port = await serveBig(300)
    const socket = await openRaw(port)
    socket.on('error', () => undefined)
    ends.push(() => void socket.destroy())
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.pause()
    let closed = false
    socket.on('close', () => (closed = true))
    await new Promise((resolve) => setTimeout(resolve, 900))
    socket.resume()
    await until(() => closed, 'cut off')
    expect(socket.bytesRead).toBeLessThan(big.length)
  })

  it('goes on for a phone that is slow and takes all of it', async () => {
    const port = await serveBig(1500)
    const socket = await openRaw(port)
    ends.push(() => void socket.destroy())
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.on('data', () => {
      socket.pause()
      setTimeout(() => socket.resume(), 10)
    })
    await until(() => socket.bytesRead > big.length, 'all of it came', 20_000)
  })
})
