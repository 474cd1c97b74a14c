import { createServer, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { EngineUnderTest } from './engineUnderTest.ts'

/**
 * An engine as a browser meets it without a gate: everything passes through as it is. A practice engine answers nobody
 * without its secret, so that is put in.
 */
export async function openDirectly(engine: EngineUnderTest): Promise<{ url: string; close(): Promise<void> }> {
  const { port } = engine
  const toEngine = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
    const kept = Object.entries(headers).filter(([name]) => !['origin', 'sec-fetch-site'].includes(name))
    return { ...Object.fromEntries(kept), ...engine.headers, host: `127.0.0.1:${port}` }
  }
  const server = createServer((incoming, outgoing) => {
    const options = { port, host: '127.0.0.1', method: incoming.method, path: incoming.url }
    const asked = request({ ...options, headers: toEngine(incoming.headers) }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on('error', () => outgoing.destroy())
    outgoing.on('close', () => asked.destroy())
    incoming.pipe(asked)
  })
  server.on('upgrade', (incoming, browser, head) => {
    const upstream = connect(port, '127.0.0.1', () => {
      const lines = Object.entries(toEngine(incoming.headers)).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      upstream.write(`GET ${incoming.url ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n`)
      upstream.write(head)
      upstream.pipe(browser).pipe(upstream)
    })
    upstream.on('error', () => browser.destroy())
    browser.on('error', () => upstream.destroy())
    browser.on('close', () => upstream.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
