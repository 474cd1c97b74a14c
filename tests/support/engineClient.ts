import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'
import type { EngineTarget } from './engineUnderTest.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
  /** @throws SyntaxError */
  json(): any
}

export interface EngineMessage {
  readonly type: string
  readonly data: any
}

/** A workflow in API form. */
export type Prompt = Record<string, { class_type: string; inputs: Record<string, unknown> }>

const WAIT_MS = 60_000

/** A client of ComfyUI's API that sends paths and headers exactly as they are given. */
export class EngineClient {
  readonly target: EngineTarget

  constructor(target: EngineTarget) {
    this.target = target
  }

  send(method: string, path: string, body?: string | Buffer, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.target.baseUrl)
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const all = { ...this.target.headers, ...length, ...headers }
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, method, path, headers: all, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const text = bytes.toString()
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: bytes,
            text,
            json: () => JSON.parse(text),
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers)
  }

  post(path: string, value: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(value), { 'content-type': 'application/json', ...headers })
  }

  /** POST /prompt. */
  queue(prompt: unknown, others: Record<string, unknown> = {}): Promise<Answer> {
    return this.post('/prompt', { prompt, ...others })
  }

  /** Queues a prompt and waits until it is in the history. */
  async run(prompt: Prompt, others: Record<string, unknown> = {}): Promise<{ promptId: string; entry: any }> {
    const answer = await this.queue(prompt, others)
    if (answer.status !== 200) throw new Error(`refused: ${answer.text}`)
    const promptId: string = answer.json().prompt_id
    return { promptId, entry: await this.waitForHistory(promptId) }
  }

  async waitForHistory(promptId: string): Promise<any> {
    return waitFor(async () => (await this.get(`/history/${promptId}`)).json()[promptId])
  }

  /** Waits until nothing runs and nothing waits. */
  async waitUntilIdle(): Promise<void> {
    await waitFor(async () => (await this.get('/prompt')).json().exec_info.queue_remaining === 0 || undefined)
  }

  /** POST multipart/form-data; a value with a filename is a file. */
  async upload(path: string, fields: Record<string, string | { filename: string; content: Buffer }>): Promise<Answer> {
    const boundary = 'engine-contract-boundary'
    const parts = Object.entries(fields).map(([name, value]) => {
      const isText = typeof value === 'string'
      const file = isText ? '' : `; filename="${value.filename}"\r\ncontent-type: application/octet-stream`
      const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`
      return Buffer.concat([Buffer.from(head), isText ? Buffer.from(value) : value.content, Buffer.from('\r\n')])
    })
    const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
    return this.send('POST', path, body, { 'content-type': `multipart/form-data; boundary=${boundary}` })
  }

  /** Opens a WebSocket and collects everything that comes. */
  async openSocket(options: { clientId?: string; path?: string; wantsMetadata?: boolean } = {}): Promise<EngineSocket> {
    const query = options.clientId === undefined ? '' : `?clientId=${encodeURIComponent(options.clientId)}`
    const socket = new WebSocket(`${this.target.webSocketUrl}${options.path ?? '/ws'}${query}`, {
      headers: { ...this.target.headers },
      maxPayload: 512 * 1024 * 1024,
    })
    const collected = new EngineSocket(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    if (options.wantsMetadata) {
      socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
      await collected.waitForMessage(({ type }) => type === 'feature_flags')
    }
    const status = await collected.waitForMessage(({ type, data }) => type === 'status' && data.sid !== undefined)
    collected.sid = status.data.sid
    return collected
  }
}

/** One WebSocket and all that it received, in order. */
export class EngineSocket {
  readonly socket: WebSocket
  readonly received: (EngineMessage | Buffer)[] = []
  closeCode: number | undefined
  /** What the server calls this socket; prompts name it as their client_id. */
  sid = ''

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      this.received.push(isBinary ? data : (JSON.parse(data.toString()) as EngineMessage))
    })
    socket.on('close', (code) => (this.closeCode = code))
    socket.on('error', () => undefined)
  }

  get messages(): EngineMessage[] {
    return this.received.filter((item): item is EngineMessage => !Buffer.isBuffer(item))
  }

  get frames(): Buffer[] {
    return this.received.filter((item): item is Buffer => Buffer.isBuffer(item))
  }

  /** The messages about one prompt, `status` and what belongs to no prompt left out. */
  about(promptId: string): EngineMessage[] {
    return this.messages.filter(({ data }) => data.prompt_id === promptId)
  }

  waitForMessage(matches: (message: EngineMessage) => boolean): Promise<EngineMessage> {
    return waitFor(() => Promise.resolve(this.messages.find(matches)))
  }

  /** Waits for the last message of a run. */
  async waitForEnd(promptId: string): Promise<EngineMessage[]> {
    await this.waitForMessage(
      ({ type, data }) => type === 'executing' && data.node === null && data.prompt_id === promptId,
    )
    return this.about(promptId)
  }

  close(): void {
    this.socket.terminate()
  }
}

/** Asks again until there is an answer. @throws Error after a minute */
export async function waitFor<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    const value = await ask()
    if (value !== undefined) return value
    if (performance.now() > deadline) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
