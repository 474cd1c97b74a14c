import { ask } from './httpClient.ts'
import type { HttpAnswer } from './httpClient.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * A client of ComfyUI-Sentinel as somebody writes it who has read its README and nothing else: JSON or form, a token in
 * the header or in the cookie. It sends no header that such a client would not send.
 */
export class SentinelClient {
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  sendJson(path: string, fields: Fields, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const body = JSON.stringify(fields)
    return this.#send('POST', path, body, { 'content-type': 'application/json', ...headers })
  }

  sendForm(path: string, fields: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const body = new URLSearchParams(fields).toString()
    return this.#send('POST', path, body, { 'content-type': 'application/x-www-form-urlencoded' })
  }

  /** The token that a login gives. */
  async login(username: string, password: string): Promise<string> {
    const answer = await this.sendJson('/login', { username, password })
    return String(answer.json().jwt_token)
  }

  getByHeader(path: string, token: string): Promise<HttpAnswer> {
    return this.#send('GET', path, undefined, { authorization: `Bearer ${token}` })
  }

  getByCookie(path: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return this.#send('GET', path, undefined, { cookie: `jwt_token=${token}`, ...headers })
  }

  /** What `requests` of Python sends besides. */
  #send(
    method: string,
    path: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer> {
    const all = { host: `localhost:${this.#port}`, accept: '*/*', 'user-agent': 'python-requests/2.32.3', ...headers }
    return ask(this.#port, path, { method, headers: all, ...(body === undefined ? {} : { body }) })
  }
}

/** Attributes of a cookie that an answer sets, in lower case; undefined when it does not. */
export function findSetCookie(answer: HttpAnswer, name: string): { value: string; attributes: string[] } | undefined {
  const found = answer.headers['set-cookie']?.find((cookie) => cookie.startsWith(`${name}=`))
  if (found === undefined) return undefined
  const [pair = '', ...attributes] = found.split('; ')
  return { value: pair.slice(name.length + 1), attributes: attributes.map((attribute) => attribute.toLowerCase()) }
}
