import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface RawAnswer {
  /** Everything the server sent until it closed or fell silent. */
  readonly text: string
  /** Status of each response, in order. */
  readonly statuses: readonly number[]
  readonly closed: boolean
}

export interface RawOptions {
  /** Wait for this many responses before going on; 1 when left out. */
  readonly responses?: number
  /** How long the server may say nothing. */
  readonly silenceMs?: number
  /** Over TLS, whatever certificate there is. */
  readonly tls?: boolean
}

const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g

/** Sends exactly these bytes and reads what comes back, until the server closes or is silent. */
export function sendRaw(port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = options.tls === true ? dialTls(port) : connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const finish = (closed: boolean): void => {
      clearTimeout(silence)
      socket.destroy()
      const text = Buffer.concat(chunks).toString('latin1')
      resolve({ text, statuses: [...text.matchAll(STATUS_LINE)].map((match) => Number(match[1])), closed })
    }
    const silence = setTimeout(() => finish(false), options.silenceMs ?? 700)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      silence.refresh()
    })
    socket.on('close', () => finish(true))
    socket.on('error', (error: Error & { code?: string }) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.write(bytes)
  })
}

const dialTls = (port: number): Socket => connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })

/** A request in the given lines; a body follows the empty line. */
export const rawRequest = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`

export function openRaw(port: number, from?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port, ...(from === undefined ? {} : { localAddress: from }) }
    const socket = connect(where, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** The same over TLS, after the handshake. */
export function openRawTls(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dialTls(port)
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}
