import { WebSocket } from 'ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { routeRows } from '../../proxy/comfyui/routeRows.ts'
import { stages } from '../../proxy/pipeline/pipeline.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import type { HttpQuestion } from '../support/httpClient.ts'
import { TabClient } from '../support/tabClient.ts'
import { FakeTls } from '../support/testCertificate.ts'

/** Another device: what it sends comes from an address that is not this computer's own. */
const PHONE = '192.168.1.50'
const page = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }

let tls: FakeTls
let fixture: GateFixture
let from = PHONE
beforeEach(async () => {
  from = PHONE
  tls = new FakeTls()
  fixture = await openGateFixture({
    tls,
    // The sandbox has no second computer: what the stages see is changed, nothing else.
    stages: [
      {
        name: 'host',
        run: (exchange) => {
          Object.assign(exchange, { clientAddress: from })
          return undefined
        },
      },
      ...stages,
    ],
  })
})
afterEach(() => fixture.close())

const say = (path: string, question: HttpQuestion = {}) => ask(fixture.port, path, question)
const host = (): string => `127.0.0.1:${fixture.port}`

const credentials: readonly (readonly [string, Record<string, string>])[] = [
  ['a key', bearer(tokens.creator)],
  ['a key as password', { authorization: `Basic ${Buffer.from(`cleo:${tokens.creator}`).toString('base64')}` }],
  ['a session', { cookie: `gatehouse_session=${tokens.creatorSession}` }],
  ['a session of the encrypted side', { cookie: `__Host-gatehouse_session=${tokens.creatorSession}` }],
  ['a token of Sentinel', { cookie: 'jwt_token=x' }],
]

describe('a credential in clear from another device, while there is a certificate', () => {
  it.each(credentials)('is not used: %s', async (_name, headers) => {
    const answer = await say('/embeddings', { headers: { ...headers, 'sec-fetch-mode': 'cors' } })
    expect([answer.status, answer.json().code]).toEqual([403, 'HTTPS_REQUIRED'])
    expect(answer.json().url).toBe(`https://${host()}/embeddings`)
    expect(fixture.upstream.started).toEqual([])
  })

  it.each([
    ['POST', '/login'],
    ['POST', '/gatehouse/api/v1/session'],
    ['POST', '/gatehouse/api/v1/session/guest'],
    ['POST', '/gatehouse/invite'],
    ['POST', '/register'],
    ['POST', '/generate_token'],
    ['PUT', '/generate_token'],
  ])('is not made: %s %s', async (method, path) => {
    const answer = await say(path, { method, body: '{"username":"a","password":"b"}' })
    expect([answer.status, answer.json().code]).toEqual([403, 'HTTPS_REQUIRED'])
    expect(fixture.ownSeen).toEqual([])
  })

  it('is not used on a WebSocket, which is never redirected', async () => {
    for (const path of ['/ws', `/ws?token=${tokens.creator}`]) {
      const headers = path === '/ws' ? bearer(tokens.creator) : {}
      await expect(TabClient.open(fixture.port, path, { headers })).rejects.toMatchObject({ status: 403 })
    }
    await expect(
      TabClient.open(fixture.port, '/ws', { protocols: [`gatehouse.bearer.${tokens.creator}`] }),
    ).rejects.toMatchObject({ status: 403 })
    expect(fixture.gate.connections()).toEqual([])
  })

  it('sends a page with a password field, or one asked for with an old cookie, to what the warning means', async () => {
    const old = { ...page, cookie: `gatehouse_session=${tokens.creatorSession}` }
    for (const [path, headers] of [
      ['/login?next=%2F', page],
      ['/gatehouse/pictures?a=1', old],
      ['/', old],
    ] as const) {
      const answer = await say(path, { headers })
      const first = `/gatehouse/welcome?next=${encodeURIComponent(path)}`
      expect([answer.status, answer.headers.location]).toEqual([302, first])
      expect(answer.headers['cache-control']).toBe('no-store')
    }
    expect([fixture.ownSeen, fixture.upstream.started]).toEqual([[], []])
    // Who typed the address was refused nothing.
    expect(fixture.events.filter(({ type }) => type === 'request.denied')).toEqual([])
  })

  it.each([
    ['a session of the encrypted side', `__Host-gatehouse_session=${tokens.creatorSession}`],
    ['a token of a tool', 'theme=dark; jwt_token=x'],
  ])('stands in the log though who sent it is led on, because whoever listened has it: %s', async (_name, cookie) => {
    const answer = await say('/queue', { headers: { cookie } })
    expect([answer.status, answer.headers.location]).toEqual([302, `https://${host()}/queue`])
    const denied = fixture.events.filter(({ type }) => type === 'request.denied')
    expect(denied).toMatchObject([{ clientAddress: PHONE, path: '/queue', code: 'HTTPS_REQUIRED' }])
  })

  it('sends it to the same address under TLS where browsers know the certificate, and so it does with tools', async () => {
    const path = '/login?next=%2F'
    const tool = await say(path, { headers: { accept: '*/*' } })
    tls.isPubliclyTrusted = true
    const person = await say(path, { headers: page })
    for (const answer of [tool, person])
      expect([answer.status, answer.headers.location]).toEqual([302, `https://${host()}${path}`])
    expect(fixture.ownSeen).toEqual([])
  })

  it('never stands in the address that a browser is sent to', async () => {
    const answer = await say(`/login?token=${tokens.creator}`, { headers: page })
    expect(answer.status).toBe(403)
    expect(answer.headers.location).toBeUndefined()
    expect(answer.text).not.toContain(tokens.creator)
  })

  it('is marked as sent unprotected when it is a key', async () => {
    await say('/embeddings', { headers: bearer(tokens.creator) })
    expect(fixture.authenticator.last).toMatchObject({ secure: false, clientAddress: PHONE })
    const guess = await say('/embeddings', { headers: bearer('guessed') })
    expect(guess.json().code).toBe('HTTPS_REQUIRED')
  })

  it('is counted as what a stranger asks', async () => {
    fixture.settings.set('limits.strangerRequestsPerMinute', 10)
    const statuses: number[] = []
    for (let at = 0; at < 12; at += 1) statuses.push((await say('/login', { headers: page })).status)
    expect(statuses.slice(-2)).toEqual([429, 429])
  })

  it('is used on this computer, under TLS, when the owner allows it, and while there is no certificate', async () => {
    const ok = { headers: bearer(tokens.creator) }
    expect((await say('/embeddings', { ...ok, tls: true })).status).toBe(200)
    fixture.settings.set('https.allowWithout', true)
    expect((await say('/embeddings', ok)).status).toBe(200)
    fixture.settings.set('https.allowWithout', false)
    expect((await say('/embeddings', ok)).status).toBe(403)
    from = '127.0.0.1'
    expect((await say('/embeddings', ok)).status).toBe(200)
    from = PHONE
    tls.use(undefined)
    expect((await say('/embeddings', ok)).status).toBe(200)
  })
})

describe('with "only over HTTPS"', () => {
  beforeEach(() => {
    from = '127.0.0.1'
    fixture.settings.set('https.force', true)
    fixture.settings.set('https.allowWithout', true)
  })

  it('nothing is answered without it, on this computer neither (forced HTTPS that forces nothing, S-26)', async () => {
    for (const path of ['/', '/embeddings', '/gatehouse/', '/of/a/pack', '/login']) {
      const tool = await say(path)
      expect([tool.status, tool.headers.location]).toEqual([302, `https://${host()}${path}`])
      const person = await say(path, { headers: page })
      const first = `/gatehouse/welcome?next=${encodeURIComponent(path)}`
      expect([person.status, person.headers.location]).toEqual([302, first])
    }
    for (const [method, headers] of [
      ['POST', {}],
      ['DELETE', {}],
      ['GET', bearer(tokens.creator)],
      ['GET', { 'sec-fetch-mode': 'cors' }],
    ] as const) {
      const answer = await say('/queue', { method, headers })
      expect([answer.status, answer.json().code]).toEqual([403, 'HTTPS_REQUIRED'])
    }
    await expect(TabClient.open(fixture.port, '/ws', { headers: bearer(tokens.creator) })).rejects.toMatchObject({
      status: 403,
    })
    expect([fixture.ownSeen, fixture.upstream.started]).toEqual([[], []])
    expect((await say('/embeddings', { tls: true, headers: bearer(tokens.creator) })).status).toBe(200)
  })

  it('refuses everything in words while the certificate cannot be used, and redirects nowhere', async () => {
    tls.use(undefined)
    const answer = await say('/login', { headers: page })
    expect([answer.status, answer.headers.location]).toEqual([403, undefined])
    expect(answer.text).toContain('its certificate cannot be used right now')
    expect(fixture.ownSeen).toEqual([])
  })

  it('answers what a device needs first, and looks at no credential in it', async () => {
    const headers = { cookie: 'gatehouse_session=a; gatehouse_session=b', ...bearer(tokens.creator) }
    const answer = await say('/gatehouse/healthz', { headers })
    expect(answer.status).toBe(200)
    expect(fixture.authenticator.asked).toBe(0)
  })

  it("leaves the owner's window alone", async () => {
    const { port } = await fixture.gate.openOwnerListener()
    const headers = { host: `gatehouse.localhost:${port}`, cookie: `gatehouse_session=${tokens.ownerSession}` }
    expect((await ask(port, '/gatehouse/api/v1/users', { headers })).status).toBe(200)
  })
})

describe('a page of our own name over plain HTTP, put there by somebody in the same network', () => {
  it('changes nothing under TLS in the name of whoever looks at it', async () => {
    const cookie = `__Host-gatehouse_session=${tokens.creatorSession}`
    const post = (origin: string, isTls = true) =>
      say('/queue', { tls: isTls, method: 'POST', body: '{}', headers: { cookie, origin } })
    expect((await post(`http://${host()}`)).json().code).toBe('FOREIGN_ORIGIN')
    expect((await post(`https://${host()}`)).status).not.toBe(403)
    const socket = new WebSocket(`wss://${host()}/ws`, {
      rejectUnauthorized: false,
      headers: { cookie, origin: `http://${host()}` },
    })
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('open', () => resolve(101))
    })
    expect(status).toBe(403)
  })
})

describe('routes without sign-in', () => {
  it('each say what they are without encryption', () => {
    const open = routeRows.filter(({ access }) => access === 'public')
    expect(open.filter(({ wire }) => wire === undefined)).toEqual([])
    expect(open.filter(({ wire, methods }) => wire === 'plain' && methods.join() !== 'GET')).toEqual([])
  })
})

describe('HSTS, which counts for every port of the name', () => {
  it('is sent under TLS with a certificate that everybody trusts, and never otherwise', async () => {
    const hsts = async (isTls: boolean) =>
      (await say('/gatehouse/healthz', { tls: isTls })).headers['strict-transport-security']
    expect([await hsts(true), await hsts(false)]).toEqual([undefined, undefined])
    tls.isPubliclyTrusted = true
    expect([await hsts(true), await hsts(false)]).toEqual(['max-age=15552000', undefined])
    const refused = await say('/embeddings', { tls: true })
    expect([refused.status, refused.headers['strict-transport-security']]).toEqual([401, 'max-age=15552000'])
  })
})
