import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/**
 * A server as careless as the ones that smuggling works on: a method that has no body ends with its headers, whatever
 * the lengths say, and what follows is the next request. It executes (records) every request it can find.
 */
export interface LenientUpstream {
  readonly port: number
  /** `METHOD target` of everything executed. */
  readonly executed: string[]
  close(): Promise<void>
}

const HAS_BODY = new Set(['POST', 'PUT', 'PATCH'])

export async function startLenientUpstream(): Promise<LenientUpstream> {
  const executed: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let held = ''
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1')
      for (let next = takeRequest(held); next !== undefined; next = takeRequest(held)) {
        held = next.rest
        if (next.line === '') continue
        // The gate's own introduction of whoever asks; no client can write that path.
        if (next.line.startsWith('PUT /gatehouse/companion/users/')) {
          socket.write('HTTP/1.1 204 No Content\r\n\r\n')
          continue
        }
        executed.push(next.line)
        const body = JSON.stringify({ executed: next.line })
        const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
        socket.write(head + (next.line.startsWith('HEAD ') ? '' : body))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    executed,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

interface Taken {
  readonly line: string
  readonly rest: string
}

/** The first request in the text, or undefined while its head (or an honoured body) is not complete. */
function takeRequest(text: string): Taken | undefined {
  const start = text.replace(/^(?:\r?\n)+/, '')
  const end = /\r?\n\r?\n/.exec(start)
  if (end === null) return undefined
  const head = start.slice(0, end.index)
  const after = start.slice(end.index + end[0].length)
  const [requestLine = ''] = head.split(/\r?\n/)
  const [method = '', target = '', version = ''] = requestLine.split(' ')
  if (!version.startsWith('HTTP/')) return { line: '', rest: after }
  const line = `${method} ${target}`
  if (!HAS_BODY.has(method)) return { line, rest: after }
  if (/\ntransfer-encoding:\s*chunked/i.test(head)) {
    const last = after.indexOf('0\r\n\r\n')
    return last === -1 ? undefined : { line, rest: after.slice(last + 5) }
  }
  const length = Number(/\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0)
  return after.length < length ? undefined : { line, rest: after.slice(length) }
}
