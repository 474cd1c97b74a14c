import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import type * as Undici from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

const require = createRequire(import.meta.url)
// The same rules for both: the adapter is right when nobody can tell it from undici 8.
const implementations: [string, () => typeof Undici][] = [
  ['undici 8', () => require('undici')],
  ['the adapter over undici 5', () => require('../../../scripts/electron-runtime/undiciAdapter.cjs')],
]

type Controller = Undici.Dispatcher.DispatchController

interface Exchange {
  readonly controller: () => Controller
  readonly started: Promise<{ statusCode: number; headers: Record<string, unknown>; statusMessage: string | undefined }>
  readonly ended: Promise<{ bytes: number; text: string; trailers: Record<string, unknown> }>
  readonly received: () => number
}

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

interface Deferred<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (reason: Error) => void
}

function createDeferred<Value>(): Deferred<Value> {
  let settle: Omit<Deferred<Value>, 'promise'> | undefined
  const promise = new Promise<Value>((resolve, reject) => (settle = { resolve, reject }))
  return { promise, ...settle! }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

async function listen(onRequest: RequestListener): Promise<{ server: Server; origin: string }> {
  const server = createServer(onRequest)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => closeServer(server))
  const { port } = server.address() as AddressInfo
  return { server, origin: `http://127.0.0.1:${port}` }
}

interface Hooks {
  onStart?: (controller: Controller) => void
  onHeaders?: (controller: Controller) => void
  onData?: (controller: Controller, chunk: Buffer) => void
}

function exchange(
  dispatcher: Undici.Dispatcher,
  options: Undici.Dispatcher.DispatchOptions,
  hooks: Hooks = {},
): Exchange {
  const started = createDeferred<Awaited<Exchange['started']>>()
  const ended = createDeferred<Awaited<Exchange['ended']>>()
  started.promise.catch(() => undefined)
  ended.promise.catch(() => undefined)
  const chunks: Buffer[] = []
  let current: Controller | undefined
  dispatcher.dispatch(options, {
    onRequestStart(controller) {
      current = controller
      hooks.onStart?.(controller)
    },
    onResponseStart(controller, statusCode, headers, statusMessage) {
      started.resolve({ statusCode, headers: { ...headers }, statusMessage })
      hooks.onHeaders?.(controller)
    },
    onResponseData(controller, chunk) {
      chunks.push(chunk)
      hooks.onData?.(controller, chunk)
    },
    onResponseEnd(_controller, trailers) {
      const body = Buffer.concat(chunks)
      ended.resolve({ bytes: body.length, text: body.subarray(0, 1000).toString(), trailers: { ...trailers } })
    },
    onResponseError(_controller, error) {
      started.reject(error)
      ended.reject(error)
    },
  })
  return {
    controller: () => current!,
    started: started.promise,
    ended: ended.promise,
    received: () => chunks.reduce((total, chunk) => total + chunk.length, 0),
  }
}

/** Resolves when the value has been the same for several turns in a row: nothing moves any more. */
async function settle(read: () => number): Promise<number> {
  let last = read()
  for (let quiet = 0; quiet < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = read()
    quiet = now === last ? quiet + 1 : 0
    last = now
  }
  return last
}

describe.each(implementations)('%s', (_name, load) => {
  const { Pool, Client, Agent, errors, request } = load()

  function openPool(origin: string, options?: Undici.Pool.Options): Undici.Pool {
    const pool = new Pool(origin, options)
    opened.push(() => pool.destroy())
    return pool
  }

  it('gives status, message, lower-case headers, lists of equal headers and latin1 bytes', async () => {
    const { origin } = await listen((_incoming, response) => {
      response.writeHead(418, 'Short And Stout', [
        ...['X-One', 'a', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Latin', 'caf\u00e9', '__proto__', 'p'],
      ])
      response.end('tea')
    })

    const { started, ended } = exchange(openPool(origin), { path: '/x?y=1', method: 'GET' })

    const head = await started
    expect(head.statusCode).toBe(418)
    expect(head.statusMessage).toBe('Short And Stout')
    expect(head.headers['x-one']).toBe('a')
    expect(head.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(head.headers['x-latin']).toBe('café')
    expect((await ended).text).toBe('tea')
  })

  it('passes trailers', async () => {
    const { origin } = await listen((_incoming, response) => {
      response.writeHead(200, { trailer: 'x-sum' })
      response.write('body')
      response.addTrailers({ 'X-Sum': '4' })
      response.end()
    })

    const { ended } = exchange(openPool(origin), { path: '/', method: 'GET' })

    expect((await ended).trailers).toEqual({ 'x-sum': '4' })
  })

  it.each<[string, Undici.Dispatcher.DispatchOptions['headers']]>([
    ['an object', { 'X-A': '1', 'X-B': ['2', '3'] }],
    ['a flat list', ['X-A', '1', 'X-B', '2', 'X-B', '3']],
    [
      'pairs',
      new Map([
        ['X-A', '1'],
        ['X-B', '2, 3'],
      ]),
    ],
  ])('sends request headers given as %s', async (_kind, headers) => {
    const { origin } = await listen((incoming, response) => {
      response.end([incoming.headers['x-a'], incoming.headers['x-b'], incoming.headers.host].join('|'))
    })

    const { ended } = exchange(openPool(origin), { path: '/', method: 'GET', headers: headers! })

    expect((await ended).text).toBe(`1|2, 3|${origin.slice('http://'.length)}`)
  })

  it('holds back a large download while paused and delivers every byte after resume', async () => {
    const size = 32 * 1024 * 1024
    const { origin } = await listen((_incoming, response) => {
      response.writeHead(200)
      Readable.from(
        (function* () {
          for (let sent = 0; sent < size; sent += 65536) yield Buffer.alloc(65536, 7)
        })(),
      ).pipe(response)
    })

    const download = exchange(openPool(origin), { path: '/', method: 'GET' }, { onData: pauseOnce() })
    await download.started
    const whilePaused = await settle(download.received)

    expect(whilePaused).toBeGreaterThan(0)
    expect(whilePaused).toBeLessThan(1024 * 1024)
    expect(download.controller().paused).toBe(true)
    download.controller().resume()
    expect((await download.ended).bytes).toBe(size)
  })

  it('delivers no body byte when paused before the headers', async () => {
    const { origin } = await listen((_incoming, response) => response.end('late'))

    const download = exchange(openPool(origin), { path: '/', method: 'GET' }, { onStart: (one) => one.pause() })
    await download.started
    expect(await settle(download.received)).toBe(0)
    download.controller().resume()

    expect((await download.ended).text).toBe('late')
  })

  it('stops reading an upload stream while the server does not read', async () => {
    const arrived = createDeferred<[IncomingMessage, ServerResponse]>()
    const { origin } = await listen((incoming, response) => arrived.resolve([incoming, response]))
    const size = 32 * 1024 * 1024
    let produced = 0
    const body = new Readable({
      read() {
        produced += 65536
        this.push(produced > size ? null : Buffer.alloc(65536, 1))
      },
    })

    const upload = exchange(openPool(origin), { path: '/', method: 'POST', body })
    const [incoming, response] = await arrived.promise
    expect(await settle(() => produced)).toBeLessThan(size)
    let counted = 0
    incoming.on('data', (chunk: Buffer) => (counted += chunk.length))
    incoming.on('end', () => response.end(String(counted)))

    expect((await upload.ended).text).toBe(String(size))
  })

  it('aborts towards the server: it sees the connection end, the handler sees the reason once', async () => {
    const closed = createDeferred<undefined>()
    const { origin } = await listen((incoming, response) => {
      incoming.on('close', () => closed.resolve(undefined))
      response.write('first')
    })
    const reason = new Error('the client went away')

    const download = exchange(
      openPool(origin),
      { path: '/', method: 'GET' },
      { onData: (controller) => controller.abort(reason) },
    )

    await expect(download.ended).rejects.toBe(reason)
    await closed.promise
    expect(download.controller().aborted).toBe(true)
    expect(download.controller().reason).toBe(reason)
    download.controller().abort(new Error('again'))
    expect(download.controller().reason).toBe(reason)
  })

  it('destroys the upload stream when the request is aborted', async () => {
    const { origin } = await listen((incoming) => void incoming.once('data', () => incoming.pause()))
    const body = new Readable({ read: () => body.push(Buffer.alloc(65536)) })
    const gone = once(body, 'close').catch(() => undefined)
    const reason = new Error('stop')

    const upload = exchange(openPool(origin), { path: '/', method: 'POST', body })
    await settle(() => body.readableLength)
    upload.controller().abort(reason)

    await expect(upload.ended).rejects.toBe(reason)
    await gone
    expect(body.destroyed).toBe(true)
  })

  it('reports a server that ends the connection in the middle of a body', async () => {
    const { origin } = await listen((incoming, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => incoming.socket.destroy())
    })

    const download = exchange(openPool(origin), { path: '/', method: 'GET' })

    await expect(download.ended).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  })

  it('reports a refused connection with its code', async () => {
    const { server, origin } = await listen((_incoming, response) => response.end())
    await closeServer(server)

    const attempt = exchange(openPool(origin), { path: '/', method: 'GET' })

    await expect(attempt.ended).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('gives up on a server that sends no headers in time', async () => {
    const { origin } = await listen(() => undefined)

    const attempt = exchange(openPool(origin, { headersTimeout: 200 }), { path: '/', method: 'GET' })

    await expect(attempt.ended).rejects.toBeInstanceOf(errors.HeadersTimeoutError)
  })

  it('turns an exception of the handler into an abort with that error', async () => {
    const { origin } = await listen((_incoming, response) => response.end('body'))
    const bug = new Error('bug in the handler')

    const download = exchange(
      openPool(origin),
      { path: '/', method: 'GET' },
      {
        onHeaders: () => {
          throw bug
        },
      },
    )

    await expect(download.ended).rejects.toBe(bug)
  })

  it('hands over the socket of an upgrade', async () => {
    const { server, origin } = await listen((_incoming, response) => response.end())
    server.on('upgrade', (_incoming, socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\nX-Accept: yes\r\n\r\n')
      socket.pipe(socket)
    })
    const upgraded = createDeferred<[number, Record<string, unknown>, Duplex]>()

    openPool(origin).dispatch(
      { path: '/', method: 'GET', upgrade: 'echo' },
      {
        onRequestStart: () => undefined,
        onRequestUpgrade: (_controller, statusCode, headers, socket) =>
          upgraded.resolve([statusCode, { ...headers }, socket]),
        onResponseError: (_controller, error) => upgraded.reject(error),
      },
    )
    const [statusCode, headers, socket] = await upgraded.promise
    socket.write('ping')

    expect(statusCode).toBe(101)
    expect(headers['x-accept']).toBe('yes')
    expect(String((await once(socket, 'data'))[0])).toBe('ping')
    socket.destroy()
  })

  it('refuses a handler without the methods of undici 8', async () => {
    const { origin } = await listen((_incoming, response) => response.end())
    const old = { onConnect: () => undefined, onHeaders: () => true, onData: () => true, onError: () => undefined }

    // @ts-expect-error: the handler of undici 5
    expect(() => openPool(origin).dispatch({ path: '/', method: 'GET' }, old)).toThrow('invalid onRequestStart method')
  })

  it('keeps connections: several requests of a pool of one use the same socket', async () => {
    const sockets = new Set<unknown>()
    const { origin } = await listen((incoming, response) => {
      sockets.add(incoming.socket)
      response.end('ok')
    })
    const pool = openPool(origin, { connections: 1 })

    for (let count = 0; count < 3; count += 1) await exchange(pool, { path: '/', method: 'GET' }).ended

    expect(sockets.size).toBe(1)
  })

  it('refuses requests after close', async () => {
    const { origin } = await listen((_incoming, response) => response.end('ok'))
    const pool = new Pool(origin)
    await pool.close()

    await expect(exchange(pool, { path: '/', method: 'GET' }).ended).rejects.toMatchObject({
      code: 'UND_ERR_DESTROYED',
    })
  })

  it('answers request(), Client and Agent', async () => {
    const { origin } = await listen((incoming, response) => {
      response.setHeader('content-type', 'application/json')
      incoming
        .on('data', () => undefined)
        .on('end', () => response.end(JSON.stringify([incoming.method, incoming.url])))
    })
    const client = new Client(origin)
    const agent = new Agent()
    opened.push(
      () => client.destroy(),
      () => agent.destroy(),
    )

    const answers = [
      await request(`${origin}/a?b=1`, { method: 'POST', body: 'x', dispatcher: agent }),
      await client.request({ path: '/c', method: 'GET' }),
      await agent.request({ origin, path: '/d', method: 'GET' }),
    ]

    expect(await Promise.all(answers.map((answer) => answer.body.json()))).toEqual([
      ['POST', '/a?b=1'],
      ['GET', '/c'],
      ['GET', '/d'],
    ])
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200])
  })
})

function pauseOnce(): (controller: Controller) => void {
  let done = false
  return (controller) => {
    if (!done) controller.pause()
    done = true
  }
}
