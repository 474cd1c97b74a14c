import { routeRows } from '../../../proxy/comfyui/routeRows.ts'
import type { RouteRow } from '../../../proxy/comfyui/routeRows.ts'
import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import type { AttackQuestion, AttackTarget } from '../attackTarget.ts'

/** Asks each, `METHOD /path`, one after the other. */
export async function tryEach(
  gate: AttackTarget,
  requests: readonly string[],
  question: Omit<AttackQuestion, 'method'> = {},
): Promise<Tried[]> {
  const tried: Tried[] = []
  for (const what of requests) {
    const [method = '', path = ''] = what.split(' ')
    tried.push({ what, status: (await gate.ask(path, { ...question, method })).status })
  }
  return tried
}

const unauthorised = [401]

/** One address of each row that is not for everybody; what answers nobody at all is 404. */
export function guardedRequests(rows: readonly RouteRow[] = routeRows): string[] {
  const guarded = rows.filter(({ access }) => access !== 'public' && access !== 'never')
  return guarded.flatMap(({ methods, pattern, twin }) => {
    const path = pattern.replace(/\{\+?\w+\}/g, 'x').replace(/\*$/, 'x')
    const twins = twin === 'only' ? [`/api${path}`] : twin === false ? [path] : [path, `/api${path}`]
    const [method = 'GET'] = methods
    return twins.map((one) => `${method} ${one}`)
  })
}

const suffixes = ['.js', '.css', '.css.map', '.ico', '.png', '.json']

/** What a stranger tries who has no credential. The gate refuses all of it by itself. */
export const withoutSignInCases: readonly AttackCase[] = [
  {
    id: 'every-route-anonymously',
    title: 'Every address of the product, without signing in',
    holes: ['A13', 'A60', 'B30'],
    target: 'live',
    run: async (gate) => holdStatuses(await tryEach(gate, guardedRequests()), unauthorised),
  },
  {
    id: 'suffix-skips-sign-in',
    title: 'Paths that end like a script or a style sheet, to get past signing in',
    holes: ['L-3'],
    target: 'live',
    run: async (gate) => {
      const requests = suffixes.flatMap((suffix) => [
        `GET /userdata/a${suffix}`,
        `POST /userdata/a${suffix}`,
        `DELETE /userdata/a${suffix}`,
        `POST /userdata/workflows%2Fsecret.json/move/a${suffix}`,
        `POST /settings/a${suffix}`,
        `GET /view?filename=a${suffix}`,
        `GET /anything/of/a/pack${suffix}`,
        `GET /api/queue${suffix}`,
      ])
      return holdStatuses(await tryEach(gate, requests), unauthorised)
    },
  },
  {
    id: 'empty-token',
    title: 'An empty token in the address or the header',
    holes: ['L-1'],
    target: 'live',
    run: async (gate) => {
      const inAddress = await tryEach(gate, [
        'GET /queue?token=',
        'GET /api/queue?token',
        'GET /?token=',
        'POST /prompt?token=',
      ])
      const inHeader: Tried[] = []
      for (const authorization of [
        'Bearer',
        'Bearer ',
        'bearer',
        'Basic',
        'Basic Og==',
        'Token',
        ' ',
        'Bearer undefined',
      ]) {
        const { status } = await gate.ask('/queue', { headers: { authorization } })
        inHeader.push({ what: `Authorization: "${authorization}"`, status })
      }
      return holdStatuses([...inAddress, ...inHeader], unauthorised)
    },
  },
  {
    id: 'malformed-credentials',
    title: 'Credentials in a broken form, to make the check fail with an error',
    holes: ['L-13'],
    target: 'live',
    run: async (gate) => {
      const tried: Tried[] = []
      for (const authorization of [
        'Bearer a b c',
        'Bearer \u00e9',
        'Basic !!!',
        `Bearer ${'a'.repeat(8000)}`,
        'Bearer gh_',
      ]) {
        const { status } = await gate.ask('/queue', { headers: { authorization } })
        tried.push({ what: `Authorization: "${authorization.slice(0, 20)}"`, status })
      }
      for (const cookie of [
        'gatehouse_session',
        'gatehouse_session=',
        'gatehouse_session=a; gatehouse_session=b',
        'jwt_token=a.b.c',
      ]) {
        tried.push({ what: `Cookie: ${cookie}`, status: (await gate.ask('/queue', { headers: { cookie } })).status })
      }
      return holdStatuses(tried, unauthorised)
    },
  },
  {
    id: 'token-in-address',
    title: 'A key in the address, where logs and histories keep it',
    holes: ['L-11', 'A40'],
    target: 'live',
    run: async (gate) => {
      const secret = 'gh_neverissued_attack'
      const answer = await gate.ask(`/queue?token=${secret}`)
      hold(!answer.text.includes(secret), 'the answer repeats the key')
      hold(!JSON.stringify(answer.headers).includes(secret), 'a header of the answer repeats the key')
      return holdStatuses([{ what: 'GET /queue?token=…', status: answer.status }], unauthorised)
    },
  },
  {
    id: 'first-visitor-becomes-owner',
    title: 'Whoever comes first makes themselves administrator',
    holes: ['S-19', 'L-16'],
    target: 'live',
    run: async (gate) => {
      const form = 'new_user_username=stranger&new_user_password=Passw0rd%21&username=&password='
      const asForm = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form }
      const asJson = { body: { new_user_username: 'stranger', new_user_password: 'Passw0rd!', role: 'administrator' } }
      const tried = [
        ...(await tryEach(gate, ['POST /register', 'POST /gatehouse/api/v1/users'], asForm)),
        ...(await tryEach(gate, ['POST /register', 'POST /gatehouse/api/v1/users', 'POST /users'], asJson)),
      ]
      return holdStatuses(tried, [400, 401, 403, 404, 422])
    },
  },
  {
    id: 'manager-anonymously',
    title: 'Installing nodes through ComfyUI-Manager, by every spelling of its addresses',
    holes: ['S-6', 'L-7'],
    target: 'live',
    run: async (gate) => holdStatuses(await tryEach(gate, managerRequests), unauthorised),
  },
  {
    id: 'other-peoples-things-anonymously',
    title: 'Reading logs, queue, history, pictures and people without signing in',
    holes: ['L-6', 'L-7', 'S-13', 'S-16'],
    target: 'live',
    run: async (gate) => {
      const paths = ['/internal/logs', '/internal/logs/raw', '/queue', '/history', '/view?filename=a.png', '/users']
      const reads = [...paths, '/userdata?dir=workflows', '/system_stats', '/object_info', '/extensions']
      const requests = reads.flatMap((path) => [`GET ${path}`, `HEAD ${path}`, `GET /api${path}`])
      const changes = [
        'POST /interrupt',
        'POST /free',
        'POST /queue',
        'POST /history',
        'POST /prompt',
        'POST /api/prompt',
      ]
      return holdStatuses(await tryEach(gate, [...requests, ...changes]), unauthorised)
    },
  },
  {
    id: 'identity-headers',
    title: 'Headers that claim to be somebody: comfy-user, the gate’s own, a proxy’s',
    holes: ['S-37', 'S-2'],
    target: 'live',
    run: async (gate) => {
      const tried: Tried[] = []
      for (const [name, value] of Object.entries(identityClaims)) {
        const { status } = await gate.ask('/queue', { headers: { [name]: value } })
        tried.push({ what: name, status })
      }
      return holdStatuses(tried, unauthorised)
    },
  },
  {
    id: 'body-before-sign-in',
    title: 'A gigabyte sent without signing in, to fill memory and disk',
    holes: ['S-29'],
    target: 'live',
    run: async (gate) => {
      const head = [
        'POST /upload/image HTTP/1.1',
        `Host: ${gate.host}`,
        'Content-Type: multipart/form-data; boundary=x',
        `Content-Length: ${1024 ** 3}`,
        '',
        '',
      ].join('\r\n')
      const answer = await gate.raw(head)
      hold(answer.statuses[0] === 401, `the answer was ${answer.statuses[0] ?? 'none'} before the body was sent`)
      hold(/\r\nconnection: close\r\n/i.test(answer.text), 'the connection stays open for the rest of the body')
      return 'Refused with 401 before a byte of the body was read; the connection ends.'
    },
  },
  {
    id: 'continue-before-sign-in',
    title: 'An upload that asks to go on, without signing in',
    holes: ['S-29'],
    target: 'live',
    run: async (gate) => {
      const head = `POST /upload/image HTTP/1.1\r\nHost: ${gate.host}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`
      const { statuses } = await gate.raw(head)
      hold(statuses.join() === '401', `the answers were ${statuses.join(', ')}`)
      return 'Refused with 401; nothing was asked for.'
    },
  },
  {
    id: 'socket-anonymously',
    title: 'A WebSocket without signing in, or with the credential of nobody',
    holes: ['S-18', 'L-22', 'A47'],
    target: 'live',
    run: async (gate) => {
      const tried: Tried[] = []
      for (const path of ['/ws', '/api/ws', '/ws?clientId=x', '/ws?token=', '/ws?token=gh_nobody', '/WS', '/ws.js']) {
        tried.push({ what: `WebSocket ${path}`, status: (await gate.openSocket(path)).status })
      }
      const { status } = await gate.openSocket('/ws', {}, ['gatehouse.v1', 'gatehouse.token.gh_nobody'])
      return holdStatuses([...tried, { what: 'WebSocket with a token as its protocol', status }], unauthorised)
    },
  },
  {
    id: 'companion-from-outside',
    title: 'The address over which the gate talks to ComfyUI, from outside',
    holes: ['A60'],
    target: 'live',
    run: async (gate) => {
      const requests = ['/gatehouse/companion', '/gatehouse/companion/health?nonce=00', '/gatehouse/companion/users/x']
      return holdStatuses(
        await tryEach(
          gate,
          requests.flatMap((path) => [`GET ${path}`, `POST ${path}`]),
        ),
        [401, 404],
      )
    },
  },
]

export const managerRequests = [
  '/customnode/install',
  '/customnode/install/git_url',
  '/externalmodel/install',
  '/snapshot/save',
  '/snapshot/restore',
  '/comfyui_manager/anything',
  '/manager/reboot',
  '/manager/queue/install',
].flatMap((path) =>
  ['', '/api', '/v2', '/api/v2'].flatMap((before) => [`GET ${before}${path}`, `POST ${before}${path}`]),
)

const identityClaims: Readonly<Record<string, string>> = {
  'comfy-user': 'default',
  'x-gatehouse-user': 'default',
  'x-gatehouse-secret': 'a'.repeat(64),
  'x-gatehouse-role': 'administrator',
  'x-forwarded-for': '127.0.0.1',
  'x-real-ip': '127.0.0.1',
  forwarded: 'for=127.0.0.1;proto=https;host=localhost',
  'x-forwarded-user': 'administrator',
  'x-forwarded-host': 'localhost',
  'x-http-method-override': 'OPTIONS',
  'x-original-url': '/login',
  'x-rewrite-url': '/login',
}
