import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { EngineUser } from '../users/engineUsers.ts'
import { parseJson, stringifyJson, type JsonValue } from '../values/json.ts'

/** aiohttp's `client_max_size` with ComfyUI's default of 100 MB. */
export const MAX_BODY_BYTES = 100 * 1024 * 1024

/** Ends a request with that status; without a text the body is empty. */
export class HttpAnswer extends Error {
  readonly status: number
  readonly text: string | undefined
  readonly headers: OutgoingHttpHeaders
  constructor(status: number, text?: string, headers: OutgoingHttpHeaders = {}) {
    super(text ?? String(status))
    this.status = status
    this.text = text
    this.headers = headers
  }
}

/** One request with its decoded path and query. Of a repeated query key the first value counts, as in aiohttp. */
export class EngineRequest {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  /** The path as sent, without the query. */
  readonly rawPath: string
  /** The path's segments, each percent-decoded; `/a/b` has two. Undefined when the encoding is broken. */
  readonly segments: readonly string[] | undefined
  readonly #params = new Map<string, string>()
  #user: EngineUser | undefined

  constructor(message: IncomingMessage, response: ServerResponse) {
    this.message = message
    this.response = response
    const target = message.url ?? '/'
    const mark = target.indexOf('?')
    this.rawPath = mark === -1 ? target : target.slice(0, mark)
    this.query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
    this.segments = decodeSegments(this.rawPath)
  }

  get method(): string {
    return this.message.method ?? 'GET'
  }

  /** Whose request it is. @throws TypeError on an errand of the gate, which is nobody's */
  get user(): EngineUser {
    if (this.#user === undefined) throw new TypeError('nobody stands behind this request')
    return this.#user
  }

  setUser(user: EngineUser | undefined): void {
    this.#user = user
  }

  /** A path parameter. @throws TypeError when the route has none of that name */
  param(name: string): string {
    const value = this.#params.get(name)
    if (value === undefined) throw new TypeError(`no path parameter ${name}`)
    return value
  }

  setParams(params: ReadonlyMap<string, string>): void {
    for (const [name, value] of params) this.#params.set(name, value)
  }

  /** True for the query value `true` in any case. */
  flag(name: string): boolean {
    return this.query.get(name)?.toLowerCase() === 'true'
  }

  /** The whole body. @throws HttpAnswer 413 */
  async readBody(): Promise<Buffer> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.message) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
      size += bytes.length
      if (size > MAX_BODY_BYTES) {
        const text = `Maximum request body size ${MAX_BODY_BYTES} exceeded, actual body size ${size}`
        throw new HttpAnswer(413, text, { connection: 'close' })
      }
      chunks.push(bytes)
    }
    return Buffer.concat(chunks)
  }

  /** The body as JSON, whatever its content type says. @throws SyntaxError, HttpAnswer 413 */
  async readJson(): Promise<JsonValue> {
    return parseJson((await this.readBody()).toString('utf8'))
  }

  sendJson(value: JsonValue, status = 200): void {
    this.send(status, stringifyJson(value), { 'content-type': 'application/json; charset=utf-8' })
  }

  sendText(status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
    this.send(status, text, { 'content-type': 'text/plain; charset=utf-8', ...headers })
  }

  sendEmpty(status = 200): void {
    this.send(status, '')
  }

  send(status: number, body: string | Buffer, headers: OutgoingHttpHeaders = {}): void {
    if (this.response.headersSent) return
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const length = status === 204 ? {} : { 'content-length': bytes.length }
    this.response.writeHead(status, { ...headers, ...cacheHeader(this.rawPath, status, headers), ...length })
    this.response.end(bytes)
  }
}

/** ComfyUI's Cache-Control by the path's ending; nothing when the route set one itself. */
export function cacheHeader(path: string, status: number, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  if (headers['cache-control'] !== undefined) return {}
  const file = path.slice(path.lastIndexOf('/') + 1)
  if (/\.(js|css)$/.test(path) || (file.startsWith('index') && file.endsWith('.json')))
    return { 'cache-control': 'no-cache' }
  if (!/\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp)$/i.test(path)) return {}
  if (status === 404) return { 'cache-control': 'public, max-age=3600' }
  return (status >= 200 && status <= 206) || status === 301 || status === 308
    ? { 'cache-control': 'public, max-age=86400' }
    : {}
}

function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined
  try {
    return path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    // Broken percent-encoding names no route.
    return undefined
  }
}
