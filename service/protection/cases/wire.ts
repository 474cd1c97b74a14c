import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import { rawRequest } from '../attackTarget.ts'
import type { AttackTarget } from '../attackTarget.ts'

/** What would be executed with nobody's name if it got through. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`

const post = 'POST /login HTTP/1.1'
const get = 'GET /login HTTP/1.1'
const length = `Content-Length: ${SMUGGLED.length}`
const te = 'Transfer-Encoding: chunked'

/** Framing that RFC 9112 sections 6 and 11.2 warn of: lines after Host, and a body. */
const brokenFraming: readonly (readonly [what: string, line: string, headers: readonly string[], body: string])[] = [
  ['two lengths', post, ['Content-Length: 0', length], SMUGGLED],
  ['two equal lengths', post, [length, length], SMUGGLED],
  ['a list of lengths', post, [`Content-Length: 0, ${SMUGGLED.length}`], SMUGGLED],
  ['length and chunks', post, ['Content-Length: 4', te], chunked(SMUGGLED)],
  ['chunks and length', post, [te, 'Content-Length: 4'], chunked(SMUGGLED)],
  ['xchunked', post, ['Transfer-Encoding: xchunked'], chunked(SMUGGLED)],
  ['gzip, chunked', post, ['Transfer-Encoding: gzip, chunked'], chunked(SMUGGLED)],
  ['chunked, identity', post, ['Transfer-Encoding: chunked, identity'], chunked(SMUGGLED)],
  ['chunked twice', post, [te, te], chunked(SMUGGLED)],
  ['chunks in HTTP/1.0', 'POST /login HTTP/1.0', [te], chunked(SMUGGLED)],
  ['a space before the colon', post, ['Transfer-Encoding : chunked'], chunked(SMUGGLED)],
  ['a length with a sign', post, [`Content-Length: +${SMUGGLED.length}`], SMUGGLED],
  ['a hexadecimal length', post, ['Content-Length: 0x10'], SMUGGLED],
  ['a negative length', post, ['Content-Length: -1'], SMUGGLED],
  ['a length beyond every number', post, ['Content-Length: 99999999999999999999'], SMUGGLED],
  ['a second Host', get, ['Host: evil.example'], ''],
  ['a zero byte in a header', get, ['X-A: b\0c'], ''],
  ['a bare carriage return in a header', get, ['X-A: b\rContent-Length: 5'], ''],
  ['a body on GET', 'GET /queue HTTP/1.1', [length], SMUGGLED],
  ['chunks on DELETE', 'DELETE /userdata/a HTTP/1.1', [te], chunked(SMUGGLED)],
  ['chunks on OPTIONS', 'OPTIONS /prompt HTTP/1.1', [te], chunked(SMUGGLED)],
]

/**
 * RFC 9112 section 5.2: a folded line is refused, or read as if it were none, and of the two runtimes that Gatehouse has
 * each does one of it. What it may never be is an end of the request that another program would see elsewhere.
 */
const folds: readonly (readonly [what: string, folded: string, plain: string, body: string])[] = [
  ['a folded header', 'X-Long: a\r\n b\r\nContent-Length: 0', 'X-Long: a b\r\nContent-Length: 0', ''],
  ['a folded encoding', 'Transfer-Encoding:\r\n chunked', te, chunked(SMUGGLED)],
  ['a folded length', `Content-Length:\r\n ${SMUGGLED.length}`, length, SMUGGLED],
]

async function findWrongFolds(gate: AttackTarget): Promise<string[]> {
  const wrong: string[] = []
  for (const [what, folded, plain, body] of folds) {
    const answer = await gate.raw(rawRequest([post, `Host: ${gate.host}`, folded], body))
    const isRefused = answer.statuses[0] === 400 && answer.statuses.every((status) => status === 400) && answer.closed
    if (isRefused) continue
    const unfolded = await gate.raw(rawRequest([post, `Host: ${gate.host}`, plain], body))
    const isSame = answer.statuses.length === 1 && answer.statuses[0] === unfolded.statuses[0]
    if (!isSame)
      wrong.push(`${what}: ${answer.statuses.join(', ')}, and without the fold ${unfolded.statuses.join(', ')}`)
  }
  return wrong
}

/** Requests whose end, target or host can be read in two ways. Refused from the first lines on. */
export const wireCases: readonly AttackCase[] = [
  {
    id: 'request-smuggling',
    title: 'A request hidden in the body of another (request smuggling)',
    holes: ['CVE-2026-29057'],
    target: 'live',
    run: async (gate) => {
      const wrong = await findWrongFolds(gate)
      for (const [what, line, headers, body] of brokenFraming) {
        const answer = await gate.raw(rawRequest([line, `Host: ${gate.host}`, ...headers], body))
        const [first = 0, ...rest] = answer.statuses
        // Bytes behind a refused request may be refused once more, but never be carried out.
        const isRefused = (first === 400 || first === 401) && rest.every((status) => status === 400)
        if (!isRefused || !answer.closed) {
          wrong.push(`${what}: ${answer.statuses.join(', ') || 'no answer'}${answer.closed ? '' : ', connection open'}`)
        }
      }
      hold(wrong.length === 0, wrong.join('; '))
      return `${brokenFraming.length} ways, each refused, and the connection ended; ${folds.length} folded lines, none hid anything.`
    },
  },
  {
    id: 'header-flood',
    title: 'A header section without end',
    holes: ['S-29'],
    target: 'live',
    run: async (gate) => {
      const big = await gate.raw(rawRequest([get, `Host: ${gate.host}`, `X-Big: ${'a'.repeat(17_000)}`]))
      const many = Array.from({ length: 600 }, (_, at) => `X-${at}: ${'a'.repeat(30)}`)
      const flood = await gate.raw(rawRequest([get, `Host: ${gate.host}`, ...many]))
      const statuses = [big, flood].map(({ statuses: [status = 0] }, at) => ({ what: `${at + 1}.`, status }))
      return holdStatuses(statuses, [431])
    },
  },
  {
    id: 'dns-rebinding',
    title: 'A foreign name for this computer, so that a web page reads the answers (DNS rebinding)',
    holes: ['DNS rebinding'],
    target: 'live',
    run: async (gate) => {
      const names = [
        'evil.example',
        `evil.example:${gate.port}`,
        '127.0.0.1.evil.example',
        '8.8.8.8',
        '0.0.0.0',
        '[::]',
      ]
      const odd = ['2130706433', '0x7f000001', 'localhost.evil.example', 'user@localhost', 'gatehouse.localhost', '']
      const tried: Tried[] = []
      for (const host of [...names, ...odd]) {
        for (const path of ['/login', '/queue']) {
          const { statuses } = await gate.raw(rawRequest([`GET ${path} HTTP/1.1`, `Host: ${host}`]), { silenceMs: 300 })
          tried.push({ what: `Host: ${host} for ${path}`, status: statuses[0] ?? 0 })
        }
      }
      return holdStatuses(tried, [421, 400])
    },
  },
  {
    id: 'path-tricks',
    title: 'Paths that mean something else to the next program: dots, slashes, encodings',
    holes: ['L-3', 'S-6'],
    target: 'live',
    run: async (gate) => {
      const tried: Tried[] = []
      for (const target of oddTargets) {
        const { statuses } = await gate.raw(rawRequest([`GET ${target} HTTP/1.1`, `Host: ${gate.host}`]), {
          silenceMs: 300,
        })
        tried.push({ what: target, status: statuses[0] ?? 0 })
      }
      return holdStatuses(tried, [400, 401, 404])
    },
  },
  {
    id: 'odd-methods',
    title: 'TRACE, CONNECT and methods that nobody knows',
    holes: ['A54'],
    target: 'live',
    run: async (gate) => {
      const tried: Tried[] = []
      for (const line of [
        'TRACE / HTTP/1.1',
        'CONNECT 127.0.0.1:80 HTTP/1.1',
        'PROPFIND / HTTP/1.1',
        'FOO / HTTP/1.1',
      ]) {
        const { statuses, text } = await gate.raw(rawRequest([line, `Host: ${gate.host}`, 'X-Echo: attack-echo']))
        hold(!text.includes('attack-echo'), `${line} repeats the request`)
        tried.push({ what: line, status: statuses[0] ?? 0 })
      }
      return holdStatuses(tried, [0, 400, 401, 405])
    },
  },
  {
    id: 'foreign-page-signs-in',
    title: 'A web page elsewhere signs its visitor in, or out, here (cross-site request)',
    holes: ['S-24', 'CSRF'],
    target: 'live',
    run: async (gate) => {
      const tried: Tried[] = []
      for (const headers of foreign) {
        for (const path of ['/login', '/logout', '/gatehouse/api/v1/session', '/gatehouse/api/v1/session/guest']) {
          const { status } = await gate.ask(path, { method: 'POST', headers, body: 'a=b' })
          tried.push({ what: `POST ${path} with ${JSON.stringify(headers)}`, status })
        }
      }
      return holdStatuses(tried, [403])
    },
  },
  {
    id: 'cors',
    title: 'Asking as another site for leave to read the answers',
    holes: ['CSRF', 'L-14'],
    target: 'live',
    run: async (gate) => {
      const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
      for (const path of ['/prompt', '/gatehouse/api/v1/session', '/login', '/view', '/gatehouse/healthz']) {
        for (const method of ['OPTIONS', 'GET']) {
          const answer = await gate.ask(path, { method, headers })
          const leave = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
          hold(leave.length === 0, `${method} ${path} answers with ${leave.join(', ')}`)
        }
      }
      return 'No answer lets another site read it.'
    },
  },
  {
    id: 'open-redirect',
    title: 'A link to the sign-in page that leads elsewhere afterwards',
    holes: ['CWE-601'],
    target: 'live',
    run: async (gate) => {
      for (const target of ['//evil.example/', '/\\evil.example', '/%2F%2Fevil.example', '/%5Cevil.example']) {
        const answer = await gate.raw(rawRequest([`GET ${target} HTTP/1.1`, `Host: ${gate.host}`, 'Accept: text/html']))
        hold(!/\r\nlocation: *(?:\/\/|\/\\|https?:)/i.test(answer.text), `${target} leads elsewhere`)
        hold(!/next=(?:%2F|\/)(?:%2F|%5C|\/|\\)/i.test(answer.text), `${target} is kept for after signing in`)
      }
      return '4 links, none leads out of Gatehouse.'
    },
  },
  {
    id: 'answers-say-too-much',
    title: 'Answers that name programs and versions, or may be framed, sniffed or kept',
    holes: ['B46'],
    target: 'live',
    run: async (gate) => await lookAtHeaders(gate),
  },
]

const foreign = [
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:1' },
  { 'sec-fetch-site': 'cross-site' },
  { referer: 'http://evil.example/page' },
]

const oddTargets = [
  '/../queue',
  '/a/../queue',
  '/%2e%2e/queue',
  '/.%2e/queue',
  '//queue',
  '/queue//',
  '/%2fqueue',
  '/queue%00',
  '/queue%0d%0aX: y',
  '/\\queue',
  '/%5cqueue',
  '/%252e%252e/queue',
  '/api/api/queue',
  '/queue/.',
  '/login/../queue',
  '/gatehouse/assets/../../queue',
  '/gatehouse/assets/%2e%2e/%2e%2e/queue',
  'http://evil.example/queue',
  '*',
]

async function lookAtHeaders(gate: AttackTarget): Promise<string> {
  const paths = ['/login', '/queue', '/nothing-here', '/gatehouse/', '/gatehouse/api/v1/session', '/gatehouse/healthz']
  for (const path of paths) {
    const { headers } = await gate.ask(path)
    const wrong = ['server', 'x-powered-by', 'via'].filter((name) => headers[name] !== undefined)
    hold(wrong.length === 0, `${path} is answered with ${wrong.join(', ')}`)
    hold(headers['x-content-type-options'] === 'nosniff', `${path} may be taken for another type`)
    hold(/no-store|no-cache/.test(headers['cache-control'] ?? ''), `${path} may be kept`)
    hold(headers['referrer-policy'] !== undefined, `${path} lets addresses leak`)
  }
  return `${paths.length} answers: none names a program, none may be sniffed or kept.`
}
