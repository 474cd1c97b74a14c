import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Target } from './jobs.ts'

/** A connection that asks one thing after the other, with as little work of its own as possible. */
export class RawClient {
  readonly #socket: Socket
  #pending: Buffer = Buffer.alloc(0)
  #onAnswer: ((status: number) => void) | undefined
  #onBroken: ((error: Error) => void) | undefined
  #isBroken = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#isBroken = true
      this.#onBroken?.(new Error('the connection was closed'))
    })
  }

  static open(port: number, localAddress?: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ...(localAddress === undefined ? {} : { localAddress }) })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawClient(socket)))
    })
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  /** @returns the status, when the whole answer is here. @throws Error when the connection breaks */
  ask(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#isBroken) {
        reject(new Error('the connection was closed'))
        return
      }
      this.#onAnswer = resolve
      this.#onBroken = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const headEnd = this.#pending.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#pending.toString('latin1', 0, headEnd)
    const end = answerEnd(this.#pending, head, headEnd + 4)
    if (end === -1) return
    this.#pending = this.#pending.subarray(end)
    this.#onAnswer?.(Number(head.slice(9, 12)))
  }
}

/** Where the answer ends, -1 while it is not all here. */
function answerEnd(pending: Buffer, head: string, bodyStart: number): number {
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const at = pending.indexOf('0\r\n\r\n', bodyStart - 2)
    return at === -1 ? -1 : at + 5
  }
  const end = bodyStart + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  return pending.length < end ? -1 : end
}

export function formatRequest(method: string, path: string, target: Target, body?: string): Buffer {
  const headers = Object.entries(target.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\n${headers.join('')}${length}\r\n`
  return Buffer.from(head + (body ?? ''))
}
