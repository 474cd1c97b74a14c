import { z } from 'zod'
import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import type { AttackTarget } from '../attackTarget.ts'
import { drawing, Jobs } from '../jobs.ts'
import type { StandIn, ThrowAwayName } from '../standIn.ts'
import { until } from '../waiting.ts'
import { managerRequests, tryEach } from './withoutSignIn.ts'

const ordinary: readonly ThrowAwayName[] = ['creator', 'user', 'viewer', 'guest']
const api = '/gatehouse/api/v1'

async function tryAs(
  names: readonly ThrowAwayName[],
  requests: readonly string[],
  gate: AttackTarget,
  standIn: StandIn,
): Promise<Tried[]> {
  const tried: Tried[] = []
  for (const name of names) {
    const answers = await tryEach(gate, requests, { headers: standIn.key(name) })
    tried.push(...answers.map(({ what, status }) => ({ what: `${what} as ${name}`, status })))
  }
  return tried
}

/** What somebody tries who may come in, to get more than they were given. */
export const peopleCases: readonly AttackCase[] = [
  {
    id: 'manager-as-user',
    title: 'Installing nodes as somebody who is no administrator, by addresses that a list of prefixes forgot',
    holes: ['S-6', 'B13', 'B28'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const seen = holdStatuses(await tryAs(ordinary, managerRequests, gate, standIn), [403])
      const words = ['customnode', 'externalmodel', 'snapshot', 'comfyui_manager', 'manager/']
      hold(
        words.every((word) => standIn.heard(word) === 0),
        'the engine was asked',
      )
      return `${seen} The engine heard of none.`
    },
  },
  {
    id: 'guest-reads-logs',
    title: 'Reading secrets and other people’s doings out of ComfyUI’s log',
    holes: ['L-6', 'L-5', 'S-5'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      for (const name of ordinary) {
        for (const path of ['/internal/logs', '/internal/logs/raw', '/api/internal/logs']) {
          const { status, text } = await new Jobs(gate, standIn, name).ask('GET', path)
          hold(status !== 200 || !/Prompt executed|Practice engine|http:\/\//.test(text), `${name} reads it at ${path}`)
        }
      }
      return 'It is empty or refused for everybody but administrators.'
    },
  },
  {
    id: 'guest-reads-everything',
    title: 'A guest who may look, and so asks for everything that only looks',
    holes: ['L-7', 'A50', 'A51'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const paths = [
        '/',
        '/history',
        '/queue',
        '/view?filename=a.png',
        '/userdata?dir=.',
        '/object_info',
        '/settings',
        '/users',
      ]
      const more = [
        '/system_stats',
        '/manager/reboot',
        '/customnode/getlist',
        '/internal/folder_paths',
        '/anything/of/a/pack',
      ]
      const requests = [...paths, ...more].flatMap((path) => [`GET ${path}`, `GET /api${path}`])
      const tried = await tryAs(['viewer', 'guest'], requests, gate, standIn)
      for (const name of ['viewer', 'guest'] as const) {
        tried.push({ what: `WebSocket as ${name}`, status: (await gate.openSocket('/ws', standIn.key(name))).status })
      }
      return holdStatuses(tried, [403])
    },
  },
  {
    id: 'guest-runs-anything',
    title: 'A job of one’s own making from somebody who may run published ones only, or none',
    holes: ['L-8', 'A49', 'A62'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const heard = standIn.heard('POST /prompt')
      const tried: Tried[] = []
      for (const name of ['user', 'viewer', 'guest'] as const) {
        for (const path of ['/prompt', '/api/prompt']) {
          const { status } = await new Jobs(gate, standIn, name).ask('POST', path, { prompt: drawing('l8') })
          tried.push({ what: `POST ${path} as ${name}`, status })
        }
      }
      const seen = holdStatuses(tried, [400, 403])
      hold(standIn.heard('POST /prompt') === heard, 'the engine was given one')
      return `${seen} The same for both addresses, and the engine heard of none.`
    },
  },
  {
    id: 'give-oneself-more',
    title: 'Making oneself administrator: roles, people, keys, settings',
    holes: ['A64', 'S-19'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const tried: Tried[] = []
      for (const name of ordinary) {
        const cookie = await standIn.cookie(gate, name)
        const { id } = standIn.people[name]
        const asks: readonly (readonly [string, string, object])[] = [
          ['PATCH', `${api}/users/${id}`, { role: 'administrator' }],
          ['POST', `${api}/users`, { name: `x ${name}`, role: 'administrator', password: 'a long password of mine' }],
          ['PUT', `${api}/users/${standIn.people.administrator.id}/password`, { password: 'a long password of mine' }],
          ['PATCH', `${api}/settings`, { 'sharing.on': true }],
          ['PUT', `${api}/sharing`, { on: true }],
          ['POST', `${api}/roles`, { title: 'Mine', permissions: ['packs'] }],
          ['POST', `${api}/comfyui/stop`, {}],
          ['GET', `${api}/users`, {}],
        ]
        for (const credential of [cookie, standIn.key(name)]) {
          for (const [method, path, body] of asks) {
            const { status } = await gate.ask(path, { method, headers: credential, ...(method !== 'GET' && { body }) })
            tried.push({ what: `${method} ${path} as ${name}`, status })
          }
        }
      }
      return holdStatuses(tried, [403])
    },
  },
  {
    id: 'administrate-by-cookie',
    title: 'A page in an administrator’s browser that administers with their session',
    holes: ['CSRF', 'A64'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const cookie = await standIn.cookie(gate, 'administrator')
      const tried: Tried[] = []
      for (const path of ['/users', '/settings', '/sharing', '/roles', '/protection']) {
        tried.push({ what: `GET ${path}`, status: (await gate.ask(`${api}${path}`, { headers: cookie })).status })
      }
      return holdStatuses(tried, [403])
    },
  },
  {
    id: 'foreign-page-acts',
    title: 'A web page elsewhere that acts with its visitor’s session',
    holes: ['CSRF', 'L-22'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const cookie = await standIn.cookie(gate, 'creator')
      const tried: Tried[] = []
      for (const headers of [
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        const all = { ...cookie, ...headers, 'content-type': 'text/plain' }
        for (const path of [
          '/prompt',
          '/interrupt',
          '/free',
          '/queue',
          '/settings/a',
          '/userdata/a.json',
          `${api}/keys`,
        ]) {
          const { status } = await gate.ask(path, { method: 'POST', headers: all, body: '{"prompt":{}}' })
          tried.push({ what: `POST ${path} with ${JSON.stringify(headers)}`, status })
        }
        tried.push({
          what: `WebSocket with ${JSON.stringify(headers)}`,
          status: (await gate.openSocket('/ws', { ...cookie, ...headers })).status,
        })
      }
      return holdStatuses(tried, [403])
    },
  },
  {
    id: 'foreign-page-installs',
    title: 'A link on a web page elsewhere that makes an administrator’s browser install something',
    holes: ['S-6', 'L-7', 'CSRF'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const cookie = await standIn.cookie(gate, 'administrator')
      const tried: Tried[] = []
      for (const path of [
        '/manager/reboot',
        '/customnode/install/git_url',
        '/api/snapshot/save',
        '/v2/manager/reboot',
      ]) {
        for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { referer: 'http://evil.example/' }]) {
          const { status } = await gate.ask(path, { headers: { ...cookie, ...headers } })
          tried.push({ what: `GET ${path} with ${JSON.stringify(headers)}`, status })
        }
      }
      const seen = holdStatuses(tried, [403])
      hold(standIn.heard('reboot') === 0, 'the engine was asked')
      return seen
    },
  },
  {
    id: 'key-reaches-further',
    title: 'A key that may only read, used to change something',
    holes: ['A54', 'B30'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const made = await standIn.administer(gate, 'POST', '/keys', {
        name: 'reads',
        userId: standIn.people.creator.id,
        scopes: ['read'],
        expiresInDays: 1,
      })
      const { key } = z.object({ key: z.string() }).parse(made.json)
      const headers = { authorization: `Bearer ${key}` }
      const reads = await gate.ask('/queue', { headers })
      hold(reads.status === 200, `reading was answered with ${reads.status}`)
      const requests = [
        'POST /prompt',
        'POST /interrupt',
        'POST /queue',
        'DELETE /userdata/a.json',
        `POST ${api}/keys`,
        `GET ${api}/users`,
      ]
      return holdStatuses(await tryEach(gate, requests, { headers }), [403])
    },
  },
  {
    id: 'revoked-key',
    title: 'Going on with a key after it was revoked, also on an open WebSocket',
    holes: ['S-17', 'S-18', 'A33', 'A45'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const made = await standIn.administer(gate, 'POST', '/keys', {
        ...{ name: 'revoked', userId: standIn.people.creator.id, expiresInDays: 1 },
      })
      const { key, id } = z.object({ key: z.string(), id: z.string() }).parse(made.json)
      const headers = { authorization: `Bearer ${key}` }
      const opened = await gate.openSocket('/ws', headers)
      hold('socket' in opened, `its WebSocket was answered with ${opened.status}`)
      let closed = false
      opened.socket.once('close', () => (closed = true))
      await standIn.administer(gate, 'DELETE', `/keys/${id}`)
      const { status } = await gate.ask('/queue', { headers })
      await until(() => closed, 'the WebSocket of a revoked key is closed', 1_000)
      return holdStatuses([{ what: 'the next request', status }], [401])
    },
  },
  {
    id: 'disabled-person',
    title: 'Staying connected after the account was disabled',
    holes: ['S-18', 'A46'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const person = await standIn.addPerson(gate, 'creator')
      const cookie = { cookie: await standIn.signIn(gate, person) }
      const opened = await gate.openSocket('/ws', cookie)
      hold('socket' in opened, `the WebSocket was answered with ${opened.status}`)
      let closed = false
      opened.socket.once('close', () => (closed = true))
      await standIn.administer(gate, 'PATCH', `/users/${person.id}`, { disabled: true })
      await until(() => closed, 'the WebSocket is closed', 1_000)
      return holdStatuses(
        [{ what: 'the next request', status: (await gate.ask('/queue', { headers: cookie })).status }],
        [401],
      )
    },
  },
]
