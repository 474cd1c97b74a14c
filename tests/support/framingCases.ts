import { rawRequest } from './rawHttpClient.ts'

export interface FramingCase {
  readonly name: string
  readonly bytes: string
  /** Requests that the engine may execute, `METHOD target`; none when left out. */
  readonly legitimate?: readonly string[]
  /** Statuses of the first answer that are right. */
  readonly statuses: readonly number[]
}

/** What an attacker hides: it would be executed with nobody's name. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'

const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`

/** Broken or ambiguous framing as RFC 9112 sections 6 and 11.2 warn of it, and its known variants. `auth` are the header lines of a valid credential. */
export function framingCases(host: string, auth: readonly string[]): readonly FramingCase[] {
  const head = (line: string, ...more: string[]): string[] => [line, `Host: ${host}`, ...auth, ...more]
  return [...smugglingVariants(host, auth), ...brokenFraming(head, host, auth), ...brokenTargets(head)]
}

function smugglingVariants(host: string, auth: readonly string[]): FramingCase[] {
  const methods = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH']
  const connections = ['keep-alive', 'close, content-length, transfer-encoding', 'upgrade, x-foo']
  const target = '/userdata/a.json'
  return methods.flatMap((method) =>
    connections.flatMap((connection) =>
      (['chunked', 'length'] as const).map((kind): FramingCase => {
        const framing = kind === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${SMUGGLED.length}`
        const body = kind === 'chunked' ? chunked(SMUGGLED) : SMUGGLED
        const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...auth, `Connection: ${connection}`, framing]
        const name = `${method} with a ${kind} body that holds a request, Connection: ${connection}`
        const bytes = rawRequest(lines, body)
        if (method === 'POST') return { name, bytes, legitimate: [`POST ${target}`], statuses: [200] }
        return { name, bytes, statuses: method === 'PUT' || method === 'PATCH' ? [405] : [400] }
      }),
    ),
  )
}

type Head = (line: string, ...more: string[]) => string[]

function brokenFraming(head: Head, host: string, auth: readonly string[]): FramingCase[] {
  const post = 'POST /userdata/a.json HTTP/1.1'
  const get = 'GET /queue HTTP/1.1'
  const refused = (name: string, bytes: string, statuses: readonly number[] = [400]): FramingCase => ({
    name,
    bytes,
    statuses,
  })
  const length = `Content-Length: ${SMUGGLED.length}`
  return [
    refused('two Content-Length', rawRequest(head(post, 'Content-Length: 0', length), SMUGGLED)),
    refused('two equal Content-Length', rawRequest(head(post, length, length), SMUGGLED)),
    refused('a list of lengths', rawRequest(head(post, `Content-Length: 0, ${SMUGGLED.length}`), SMUGGLED)),
    refused(
      'Content-Length with Transfer-Encoding',
      rawRequest(head(post, 'Content-Length: 4', 'Transfer-Encoding: chunked'), chunked(SMUGGLED)),
    ),
    refused(
      'Transfer-Encoding with Content-Length',
      rawRequest(head(post, 'Transfer-Encoding: chunked', 'Content-Length: 4'), chunked(SMUGGLED)),
    ),
    refused('Transfer-Encoding: xchunked', rawRequest(head(post, 'Transfer-Encoding: xchunked'), chunked(SMUGGLED))),
    refused(
      'Transfer-Encoding: gzip, chunked',
      rawRequest(head(post, 'Transfer-Encoding: gzip, chunked'), chunked(SMUGGLED)),
    ),
    refused(
      'Transfer-Encoding: chunked, identity',
      rawRequest(head(post, 'Transfer-Encoding: chunked, identity'), chunked(SMUGGLED)),
    ),
    refused(
      'two Transfer-Encoding',
      rawRequest(head(post, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), chunked(SMUGGLED)),
    ),
    refused(
      'Transfer-Encoding on HTTP/1.0',
      rawRequest(head('POST /userdata/a.json HTTP/1.0', 'Transfer-Encoding: chunked'), chunked(SMUGGLED)),
    ),
    refused('a space before the colon', rawRequest(head(post, 'Transfer-Encoding : chunked'), chunked(SMUGGLED))),
    refused('a folded header', rawRequest(head(post, 'X-Long: a\r\n b', 'Content-Length: 0'))),
    refused('a folded Transfer-Encoding', rawRequest(head(post, 'Transfer-Encoding:\r\n chunked'), chunked(SMUGGLED))),
    refused('bare line feeds', head(get).join('\n') + '\n\n'),
    refused('a bare carriage return in a header', rawRequest(head(get, 'X-A: b\rContent-Length: 5'))),
    refused('a zero byte in a header', rawRequest(head(get, 'X-A: b\0c'))),
    refused('a length with a sign', rawRequest(head(post, `Content-Length: +${SMUGGLED.length}`), SMUGGLED)),
    refused('a hexadecimal length', rawRequest(head(post, 'Content-Length: 0x10'), SMUGGLED)),
    refused('a negative length', rawRequest(head(post, 'Content-Length: -1'), SMUGGLED)),
    refused('a length beyond every number', rawRequest(head(post, 'Content-Length: 99999999999999999999'), SMUGGLED)),
    refused(
      'a wrong chunk size',
      rawRequest(head(post, 'Transfer-Encoding: chunked'), `zz\r\n${SMUGGLED}\r\n0\r\n\r\n`),
      [400, 503],
    ),
    refused('two Host headers', rawRequest(head(get, 'Host: evil.example'))),
    refused('no Host header', rawRequest([get, ...auth])),
    refused('a header section over 16 KiB', rawRequest(head(get, `X-Big: ${'a'.repeat(17_000)}`)), [431]),
    refused(
      'many headers over 16 KiB',
      rawRequest(head(get, ...Array.from({ length: 600 }, (_, at) => `X-${at}: ${'a'.repeat(30)}`))),
      [431],
    ),
    refused('HTTP/2.0 in the request line', rawRequest(head('GET /queue HTTP/2.0'))),
    refused('a request line without a version', `GET /queue\r\nHost: ${host}\r\n\r\n`),
    refused('two Authorization headers', rawRequest(head(get, 'Authorization: Bearer other'))),
    refused('two Cookie headers', rawRequest(head(get, 'Cookie: a=b', 'Cookie: c=d'))),
    refused('a compressed body', rawRequest(head(post, 'Content-Encoding: gzip', length), SMUGGLED), [415]),
    refused('TRACE', rawRequest(head('TRACE /queue HTTP/1.1')), [405]),
    refused(
      'an upgrade to something else with a request behind it',
      rawRequest(head(get, 'Connection: Upgrade', 'Upgrade: h2c'), SMUGGLED),
    ),
    refused(
      'an upgrade with a body',
      rawRequest(
        head(
          'GET /ws HTTP/1.1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          length,
        ),
        SMUGGLED,
      ),
    ),
  ]
}

function brokenTargets(head: Head): FramingCase[] {
  const targets = [
    'http://127.0.0.1/queue',
    '*',
    '//queue',
    '/api//queue',
    '/./queue',
    '/x/../queue',
    '/x/%2e%2e/queue',
    '/x/%2e%2e%2fqueue',
    '/%2e/queue',
    '/\\queue',
    '/%5cqueue',
    '/queue%00',
    '/queue%0d%0aX:1',
    '/%2571ueue',
    '/queue%',
    '/queue%zz',
    '/queue%ff',
    '/queue#x',
    '/queue?a=b#c',
    '/view%2F..%2F..%2Fetc',
    '/userdata/..%2F..%2Fusers.json',
    '/userdata/..%252F..%252Fusers.json',
    '/userdata/%2Fetc%2Fpasswd',
    '/userdata/a%5C..%5Cb',
  ]
  return targets.map((target) => ({
    name: `target ${target}`,
    bytes: rawRequest(head(`GET ${target} HTTP/1.1`)),
    // The first needs an administrator before anybody looks at it closer.
    statuses: target === '/%2571ueue' ? [403] : [400],
  }))
}
