import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { hasCode } from '../../proxy/core/systemErrors.ts'
import { CannotTry } from './attackOutcome.ts'

export interface AttackAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly cookies: readonly string[]
  readonly text: string
  readonly bytes: Buffer
  /** undefined: no JSON. */
  readonly json: unknown
}

export interface AttackQuestion {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object
}

export interface RawAnswer {
  readonly text: string
  /** Of each answer, in order. */
  readonly statuses: readonly number[]
  /** Whether the gate ended the connection. */
  readonly closed: boolean
}

/** What came of asking for a WebSocket: it, or the status of the refusal. */
export type OpenedSocket = { readonly status: 101; readonly socket: WebSocket } | { readonly status: number }

const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g
const ANSWER_MS = 8_000
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** A gate under attack, from one address of this computer. Every connection is one of its own and is ended by `end`. */
export class AttackTarget {
  readonly port: number
  readonly host: string
  /** From where it is asked; undefined: as the system likes. */
  readonly from: string | undefined
  readonly #others: AttackTarget[] = []
  readonly #open = new Set<{ destroy(): unknown } | WebSocket>()

  constructor(port: number, from?: string) {
    this.port = port
    this.host = `127.0.0.1:${port}`
    this.from = from
  }

  /** One request with exactly these headers. @throws Error when no answer comes */
  ask(path: string, { method = 'GET', headers = {}, body }: AttackQuestion = {}): Promise<AttackAnswer> {
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body)
    const bytes = isJson ? JSON.stringify(body) : body
    const all = {
      host: this.host,
      ...(isJson && { 'content-type': 'application/json' }),
      ...(bytes !== undefined && { 'content-length': String(Buffer.byteLength(bytes)) }),
      ...headers,
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.port, path, method, headers: all, agent: false, ...this.#local() },
        (response) => {
          const chunks: Buffer[] = []
          let length = 0
          response.on('data', (chunk: Buffer) => {
            length += chunk.length
            if (length > MAX_ANSWER_BYTES) outgoing.destroy(new Error('the answer has no end'))
            else chunks.push(chunk)
          })
          response.on('error', reject)
          response.on('end', () => {
            clearTimeout(timer)
            this.#open.delete(outgoing)
            resolve(toAnswer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks)))
          })
        },
      )
      const timer = setTimeout(() => outgoing.destroy(new Error(`no answer to ${method} ${path}`)), ANSWER_MS)
      this.#open.add(outgoing)
      outgoing.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      outgoing.end(bytes)
    })
  }

  /** Sends exactly these bytes and reads until the gate closes or says nothing for a while. */
  raw(bytes: string | Buffer, { silenceMs = 400 }: { readonly silenceMs?: number } = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const socket = this.connect()
      const chunks: Buffer[] = []
      const finish = (closed: boolean): void => {
        clearTimeout(silence)
        socket.destroy()
        const text = Buffer.concat(chunks).toString('latin1')
        resolve({ text, statuses: [...text.matchAll(STATUS_LINE)].map(([, status]) => Number(status)), closed })
      }
      const silence = setTimeout(() => finish(false), silenceMs)
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        silence.refresh()
      })
      socket.on('close', () => finish(true))
      socket.on('error', (error) => {
        if (!hasCode(error, 'ECONNRESET') && !hasCode(error, 'EPIPE')) reject(error)
      })
      socket.write(bytes)
    })
  }

  connect(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.port, ...this.#local() })
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  openSocket(
    path: string,
    headers: Readonly<Record<string, string>> = {},
    protocols: readonly string[] = [],
  ): Promise<OpenedSocket> {
    const socket = new WebSocket(`ws://${this.host}${path}`, [...protocols], {
      headers: { ...headers },
      perMessageDeflate: false,
      handshakeTimeout: ANSWER_MS,
      ...this.#local(),
    })
    this.#open.add(socket)
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve({ status: 101, socket }))
      socket.once('unexpected-response', (outgoing, response) => {
        outgoing.destroy()
        resolve({ status: response.statusCode ?? 0 })
      })
      // Stays: a socket that is ended before it is open says so by an error.
      socket.on('error', reject)
    })
  }

  /** The same gate from another address, which nobody else asks from. @throws CannotTry where the system has one only */
  elsewhere(): AttackTarget {
    if (this.from === undefined)
      throw new CannotTry('This system has one address for itself, and the attack needs two.')
    const [first, , third, last] = this.from.split('.')
    // 127.71.0.9 asks as 127.101.0.9, 127.102.0.9, …
    const other = new AttackTarget(this.port, [first, 101 + this.#others.length, third, last].join('.'))
    this.#others.push(other)
    return other
  }

  /** Ends every connection. */
  end(): void {
    for (const other of this.#others) other.end()
    for (const one of this.#open) {
      if (one instanceof WebSocket) one.terminate()
      else one.destroy()
    }
    this.#open.clear()
  }

  #local(): { localAddress?: string } {
    return this.from === undefined ? {} : { localAddress: this.from }
  }
}

function toAnswer(status: number, headers: IncomingHttpHeaders, bytes: Buffer): AttackAnswer {
  const text = bytes.toString('utf8')
  return { status, headers, cookies: headers['set-cookie'] ?? [], text, bytes, json: parseOrUndefined(text) }
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The Set-Cookie of the session; beside it a browser gets one that it is known by. */
export const sessionCookieOf = ({ cookies }: AttackAnswer): string | undefined =>
  cookies.find((cookie) => /^(?:__Host-)?gatehouse_session=[^;]/.test(cookie))

/** A request in the given lines; a body follows the empty line. */
export const rawRequest = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`
