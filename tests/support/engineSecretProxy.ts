import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface SecretProxy {
  readonly url: string
  close(): Promise<void>
}

/** A plain proxy that adds the engine's secret to every request and upgrade, for browsers, which cannot. */
export async function startSecretProxy(enginePort: number, secret: string): Promise<SecretProxy> {
  const sockets = new Set<Socket>()
  const toHeaders = (message: IncomingMessage) => ({
    ...message.headers,
    host: `127.0.0.1:${enginePort}`,
    'x-gatehouse-secret': secret,
    ...(message.headers.origin && { origin: `http://127.0.0.1:${enginePort}` }),
  })
  const server = createServer((message, response) => {
    const options = {
      host: '127.0.0.1',
      port: enginePort,
      method: message.method,
      path: message.url,
      headers: toHeaders(message),
    }
    const upstream = request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    upstream.on('error', () => response.destroy())
    message.pipe(upstream)
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('upgrade', (message, client: Socket, head) => {
    const upstream = connect(enginePort, '127.0.0.1', () => {
      const lines = Object.entries(toHeaders(message)).map(([name, value]) => `${name}: ${String(value)}`)
      upstream.write(`${message.method ?? 'GET'} ${message.url ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    sockets.add(upstream)
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
