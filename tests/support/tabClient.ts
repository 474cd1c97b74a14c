import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'

/** Waits until something holds, without sleeping a fixed time. */
export async function until<Value>(
  look: () => Value | undefined | false,
  what: string,
  deadlineMs = 5000,
): Promise<Value> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const value = look()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`not in ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface TextEvent {
  readonly type: string
  readonly data: any
}

/** A browser tab's WebSocket: keeps what arrived, in order. */
export class TabClient {
  readonly socket: WebSocket
  readonly texts: TextEvent[] = []
  readonly binaries: Buffer[] = []
  /** `text` or `binary`, as they came. */
  readonly order: string[] = []
  closeCode: number | undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        this.binaries.push(data as Buffer)
        this.order.push('binary')
      } else {
        const event = JSON.parse((data as Buffer).toString()) as TextEvent
        this.texts.push(event)
        this.order.push(event.type)
      }
    })
    socket.on('close', (code) => {
      this.closeCode = code
    })
    socket.on('error', () => undefined)
  }

  /** Resolves after the first status, or rejects with `{ status }` of a plain HTTP refusal. */
  static async open(
    port: number,
    path: string,
    options: ClientOptions & { protocols?: string[]; tls?: boolean; to?: string } = {},
  ): Promise<TabClient> {
    const { protocols = [], tls = false, to = '127.0.0.1', ...others } = options
    const scheme = tls ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${to}:${port}${path}`, protocols, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
      ...others,
    })
    const tab = new TabClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve())
      socket.once('unexpected-response', (request, response) => {
        reject(
          Object.assign(new Error(`HTTP ${String(response.statusCode)}`), {
            status: response.statusCode,
            headers: response.headers,
          }),
        )
        request.destroy()
      })
      socket.once('error', reject)
    })
    await tab.waitFor('status')
    return tab
  }

  get sid(): string {
    return this.texts.find(({ type }) => type === 'status')?.data.sid as string
  }

  waitFor(type: string, fits: (data: any) => boolean = () => true): Promise<TextEvent> {
    return until(() => this.texts.find((event) => event.type === type && fits(event.data)), `${type} event`)
  }

  has(type: string): boolean {
    return this.texts.some((event) => event.type === type)
  }

  /** A round trip on the same connection: whatever was sent before has arrived then. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.socket.once('pong', () => resolve())
      this.socket.ping()
    })
  }

  closed(deadlineMs = 3000): Promise<number> {
    return until(() => this.closeCode, 'close', deadlineMs)
  }
}
