import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
  json(): any
}

export interface HttpQuestion {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Over TLS, whatever certificate there is. */
  readonly tls?: boolean
  /** The address to connect to; 127.0.0.1 when left out. */
  readonly to?: string
  /** The address to come from. */
  readonly from?: string
}

/** One request on a connection of its own, with exactly these headers (fetch adds some of its own). */
export function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, tls = false, to = '127.0.0.1', from }: HttpQuestion = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const where = { host: to, port, path, method, ...(from === undefined ? {} : { localAddress: from }) }
    const dial = tls ? requestTls : request
    const outgoing = dial(
      { ...where, headers: { ...length, ...headers }, agent: false, rejectUnauthorized: false },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const all = Buffer.concat(chunks)
          const text = all.toString('utf8')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: all,
            text,
            json: () => JSON.parse(text),
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
