import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect } from 'vitest'
import { z } from 'zod'
import { findRoute } from '../../proxy/comfyui/routeTable.ts'
import { system } from '../../proxy/accounts/actedBy.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { ask } from '../support/httpClient.ts'
import type { HttpAnswer, HttpQuestion } from '../support/httpClient.ts'
import { sendRaw } from '../support/rawHttpClient.ts'
import { goodPassword } from '../support/storesFixture.ts'
import { TabClient } from '../support/tabClient.ts'
import { wholeGateTest } from '../support/wholeGate.ts'

const paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })

interface Administration {
  readonly port: number
  /** Of its own page, unless said otherwise. */
  say(path: string, question?: HttpQuestion): Promise<HttpAnswer>
  signIn(userName: string, port?: number): Promise<HttpAnswer>
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const it = wholeGateTest.extend<{ administration: Administration }>({
  administration: async ({ whole }, use) => {
    await addPerson(whole.stores, 'Anna', 'administrator')
    await addPerson(whole.stores, 'Mia', 'creator')
    const port = await findFreePort()
    await whole.gate.openAdministration(['127.0.0.1'], port)
    const say = (path: string, { headers, ...question }: HttpQuestion = {}, to = port) =>
      ask(to, path, { tls: true, ...question, headers: { 'sec-fetch-site': 'same-origin', ...headers } })
    const signIn = (username: string, to = port) =>
      say(
        `${api}/session`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ username, password: goodPassword }),
        },
        to,
      )
    await use({ port, say, signIn })
  },
})

const cookieOf = (answer: HttpAnswer): string => answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''

describe('the port of administration', () => {
  it('is for administrators, with a cookie of its own that no other site sends', async ({ administration }) => {
    const answer = await administration.signIn('Anna')
    expect([answer.status, answer.json().surface, answer.json().mayAdminister]).toEqual([200, 'administration', true])
    const [line = ''] = answer.headers['set-cookie'] ?? []
    expect(line).toMatch(
      /^__Host-gatehouse_administration=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/,
    )
    const users = await administration.say(`${api}/users`, { headers: { cookie: cookieOf(answer) } })
    expect(users.status).toBe(200)
  })

  it('tells others so, for whom a sign-in there makes no session', async ({ administration, whole }) => {
    const answer = await administration.signIn('Mia')
    expect([answer.status, answer.json().code]).toEqual([403, 'PERMISSION_DENIED'])
    expect(answer.json().detail).toContain('Only administrators sign in here')
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(await whole.stores.sessions.list()).toEqual([])
  })

  it('says one thing to whoever does not begin with TLS, whatever they send, and reads nothing of it', async ({
    administration,
    whole,
  }) => {
    const anna = await addPerson(whole.stores, 'Ada', 'administrator')
    const key = await makeKey(whole.stores, anna, ['administer'])
    const json = JSON.stringify({ username: 'Anna', password: goodPassword })
    const answers: string[] = []
    for (const sent of [
      `GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
      `GET ${api}/users HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n\r\n`,
      `POST ${api}/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      'SSH-2.0-OpenSSH_9.6\r\n',
    ]) {
      const { text, closed } = await sendRaw(administration.port, sent, { silenceMs: 3_000 })
      expect(closed).toBe(true)
      answers.push(text)
    }
    const [first = ''] = answers
    expect(answers).toEqual(answers.map(() => first))
    expect(first).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(first).toContain('put https:// in front of the address')
    expect(first).toContain("content-security-policy: default-src 'none'")
    expect(first).not.toMatch(/set-cookie|location:|evil|<script|<form/i)
    expect(await whole.stores.sessions.list()).toEqual([])
    // Not even looked at: no try was counted, and the key was not used.
    expect(whole.stores.lockouts.list()).toEqual([])
    expect((await whole.stores.keys.list(anna.id)).map(({ lastUsedAtMs }) => lastUsedAtMs)).toEqual([null])
  })

  it('keeps no place for whoever begins without TLS and goes on sending (flood)', async ({ administration }) => {
    const socket = connect(administration.port, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const sending = setInterval(() => socket.write('GET / HTTP/1.1\r\n'), 20)
    const begun = Date.now()
    await closed
    clearInterval(sending)
    expect(Date.now() - begun).toBeLessThan(5_000)
  })

  it('cuts everybody off while there is no certificate', async ({ administration, whole }) => {
    whole.tls.use(undefined)
    await expect(administration.say('/login')).rejects.toThrow()
  })

  it('lets who guesses passwords wait there and on the people’s port, before it reads what they send (guessing)', async ({
    administration,
    whole,
  }) => {
    const send = (password: string, body = JSON.stringify({ username: 'Anna', password })) =>
      administration.say(`${api}/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const tries = [await send('wrong 1'), await send('wrong 2'), await send('wrong 3'), await send(goodPassword)]
    expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 429])
    // No JSON, which would be a 400: it was not looked at.
    expect((await send('', 'no JSON')).status).toBe(429)
    expect((await administration.signIn('Anna', whole.port)).status).toBe(429)
    expect(await whole.stores.sessions.list()).toEqual([])
  })

  it('serves nothing of ComfyUI, no invitation, no guest and no token', async ({ administration, whole }) => {
    const headers = { cookie: cookieOf(await administration.signIn('Anna')) }
    const ofComfyui = ['/prompt', '/queue', '/view?filename=a', '/of/a/pack', '/manager/reboot', '/extensions/a.js']
    for (const path of ofComfyui) expect((await administration.say(path, { headers })).status).toBe(404)
    for (const path of [
      '/register',
      '/generate_token',
      '/gatehouse/invite',
      `${api}/session/guest`,
      `${api}/session/knock`,
    ]) {
      expect((await administration.say(path, { method: 'POST', body: '{}' })).status).toBe(404)
    }
    await expect(TabClient.open(administration.port, '/ws', { tls: true, headers })).rejects.toMatchObject({
      status: 404,
    })
    expect(whole.upstream.started).toEqual([])
    const start = await administration.say('/', { headers })
    expect([start.status, start.headers.location]).toEqual([303, '/gatehouse/owner'])
  })

  it('does not take a session of the people’s port, nor give one to it (session riding)', async ({
    administration,
    whole,
  }) => {
    const people = cookieOf(await administration.signIn('Anna', whole.port))
    expect(people).toContain('__Host-gatehouse_session=')
    const mine = cookieOf(await administration.signIn('Anna'))
    const [, peoplesToken = ''] = people.split('=')
    const [, mineToken = ''] = mine.split('=')
    const users = `${api}/users`
    const tries: readonly (readonly [number, string])[] = [
      [administration.port, people],
      [administration.port, `__Host-gatehouse_administration=${peoplesToken}`],
      [whole.port, mine],
      [whole.port, `__Host-gatehouse_session=${mineToken}`],
    ]
    for (const [port, cookie] of tries) {
      const answer = await ask(port, users, { tls: true, headers: { cookie, 'sec-fetch-site': 'same-origin' } })
      expect(answer.status).toBe(401)
    }
  })

  it('is reached by no session of the people’s port, an administrator’s neither, at no route and by no method', async ({
    administration,
    whole,
  }) => {
    const cookie = cookieOf(await administration.signIn('Anna', whole.port))
    const administrators = cookieOf(await administration.signIn('Anna'))
    const document = await administration.say('/gatehouse/api/openapi.json', { headers: { cookie: administrators } })
    const routes = Object.entries(paths.parse(document.json()).paths).flatMap(([path, methods]) => {
      const target = `${api}${path.replace(/\{\w+\}/g, 'a'.repeat(16))}`
      return Object.keys(methods).map((method) => ({ target, method: method.toUpperCase() }))
    })
    const reserved = routes.filter(({ target, method }) => {
      const { access } = findRoute(target.slice(1).split('/'), method)
      return access === 'administer'
    })
    expect(reserved.length).toBeGreaterThan(40)
    const before = whole.stores.settings.get('sharing.on')
    for (const { target, method } of reserved) {
      const question = {
        method,
        ...(['GET', 'DELETE'].includes(method) ? {} : { headers: { 'content-type': 'application/json' }, body: '{}' }),
      }
      const headers = { ...question.headers, cookie, 'sec-fetch-site': 'same-origin' }
      const here = await ask(whole.port, target, { tls: true, ...question, headers })
      expect([method, target, here.status]).toEqual([method, target, 403])
      expect(['OWNER_ONLY', 'PERMISSION_DENIED']).toContain(here.json().code)
      const there = await administration.say(target, { ...question, headers: { ...question.headers, cookie } })
      expect([method, target, there.status]).toEqual([method, target, 401])
    }
    expect(whole.stores.settings.get('sharing.on')).toBe(before)
  })

  it.for([
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    [
      "a script in ComfyUI's page, on the other port of this name",
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ],
    ['an old browser on the other port', { origin: 'https://127.0.0.1:8190' }],
    ['our name over plain HTTP', { origin: 'http://127.0.0.1:PORT' }],
  ] as const)('answers nothing, not even reading, for %s', async ([, headers], { administration }) => {
    const cookie = cookieOf(await administration.signIn('Anna'))
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(administration.port))]),
    )
    for (const method of ['GET', 'POST']) {
      const answer = await ask(administration.port, `${api}/users`, { tls: true, method, headers: { ...sent, cookie } })
      expect([answer.status, answer.json().code]).toEqual([403, 'FOREIGN_ORIGIN'])
    }
  })

  it('changes no machine setting', async ({ administration, whole }) => {
    const headers = { cookie: cookieOf(await administration.signIn('Anna')), 'content-type': 'application/json' }
    const change = (body: object) =>
      administration.say(`${api}/settings`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    const refused = await change({ 'comfyui.directory': '/tmp/evil' })
    expect([refused.status, refused.json().code]).toEqual([403, 'OWNER_ONLY'])
    expect(whole.stores.settings.get('comfyui.directory')).toBe('')
    expect((await change({ 'jobs.historyDays': 10 })).status).toBe(200)
  })

  it('is reached under the names that are ours, and no other (DNS rebinding)', async ({ administration }) => {
    const rebound = await administration.say('/gatehouse/healthz', { headers: { host: 'evil.example' } })
    expect([rebound.status, rebound.json().code]).toEqual([421, 'HOST_NOT_ALLOWED'])
  })

  it('takes a key that administers, and refuses one that does not', async ({ administration, whole }) => {
    const anna = await whole.stores.accounts.findByName('Anna')
    if (anna === undefined) throw new Error('Anna is gone')
    const key = async (scope: 'administer' | 'run') => ({
      authorization: `Bearer ${await makeKey(whole.stores, anna, [scope])}`,
    })
    expect((await administration.say(`${api}/users`, { headers: await key('administer') })).status).toBe(200)
    expect((await administration.say(`${api}/users`, { headers: await key('run') })).status).toBe(403)
  })

  it('ends with everything on it within a second, sign-ins too', async ({ administration, whole }) => {
    const headers = { cookie: cookieOf(await administration.signIn('Anna')) }
    const began = performance.now()
    await whole.gate.closeAdministration()
    await whole.stores.sessions.endAdministration(system)
    expect(performance.now() - began).toBeLessThan(1000)
    await expect(administration.say(`${api}/users`, { headers })).rejects.toThrow()
    await whole.gate.openAdministration(['127.0.0.1'], administration.port)
    expect((await administration.say(`${api}/users`, { headers })).status).toBe(401)
  })
})

describe('signing out over TLS', () => {
  it('takes back what an earlier visit over plain HTTP left, and only what is of this port', async ({
    administration,
    whole,
  }) => {
    const people = cookieOf(await administration.signIn('Mia', whole.port))
    const out = await ask(whole.port, `${api}/session`, {
      tls: true,
      method: 'DELETE',
      headers: { cookie: people, 'sec-fetch-site': 'same-origin' },
    })
    const lines = (out.headers['set-cookie'] ?? []).map((line) => line.split(';')[0])
    expect(lines).toEqual(['__Host-gatehouse_session=', 'gatehouse_session=', 'jwt_token='])
    expect(await whole.stores.sessions.list()).toEqual([])
    const mine = cookieOf(await administration.signIn('Anna'))
    const outThere = await administration.say('/logout', { method: 'POST', headers: { cookie: mine } })
    expect([outThere.status, outThere.headers['set-cookie']?.map((line) => line.split(';')[0])]).toEqual([
      303,
      ['__Host-gatehouse_administration='],
    ])
    expect(await whole.stores.sessions.list()).toEqual([])
  })
})
