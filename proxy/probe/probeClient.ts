import { Agent, request as httpRequest } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { sessionCookieName } from '../core/cookieNames.ts'

export interface ProbeAnswer {
  readonly status: number
  /** Up to a limit; empty for HEAD. */
  readonly body: string
}

export interface ProbeClient {
  /** undefined: no answer in time. */
  ask(method: string, path: string): Promise<ProbeAnswer | undefined>
  close(): void
}

/** What runs beside a try keeps its connections. */
const SOCKETS = 4
const ANSWER_MS = 3_000
const MAX_BODY = 4 * 1024 * 1024

/**
 * Asks the people's listener on this computer with a session, as a browser on its own page would. `secure`: over TLS;
 * whose certificate it is does not matter here, because the port is this program's own.
 */
export function createProbeClient(port: number, token: string, secure = false): ProbeClient {
  const options = { keepAlive: true, maxSockets: SOCKETS }
  const agent = secure ? new TlsAgent({ ...options, rejectUnauthorized: false }) : new Agent(options)
  const request = secure ? httpsRequest : httpRequest
  const headers = {
    host: `127.0.0.1:${port}`,
    cookie: `${sessionCookieName({ secure, listener: 'public' })}=${token}`,
    'sec-fetch-site': 'same-origin',
    accept: 'application/json',
  }
  return {
    ask: (method, path) =>
      new Promise((resolve) => {
        const changes = method !== 'GET' && method !== 'HEAD'
        const outgoing = request({
          host: '127.0.0.1',
          port,
          method,
          path,
          agent,
          headers: changes ? { ...headers, 'content-length': 0 } : headers,
        })
        const timer = setTimeout(() => outgoing.destroy(), ANSWER_MS)
        const done = (answer: ProbeAnswer | undefined): void => {
          clearTimeout(timer)
          resolve(answer)
        }
        outgoing.on('error', () => done(undefined))
        outgoing.on('response', (response) => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (piece: string) => {
            body += piece
            if (body.length > MAX_BODY) outgoing.destroy()
          })
          response.on('end', () => done({ status: response.statusCode ?? 0, body }))
          response.on('close', () => done(undefined))
        })
        outgoing.end()
      }),
    close: () => agent.destroy(),
  }
}
