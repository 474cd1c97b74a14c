import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, cookie, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { sendRaw } from '../support/rawHttpClient.ts'

let fixture: GateFixture
let self: string
beforeAll(async () => {
  fixture = await openGateFixture()
  self = `http://127.0.0.1:${fixture.port}`
})
afterAll(() => fixture.close())

const browser = { 'user-agent': 'Mozilla/5.0' }

describe('a foreign page in the browser of somebody signed in', () => {
  const post = async (path: string, headers: Record<string, string>, body = '{"prompt":{}}') => {
    const before = fixture.upstream.started.length
    const answer = await ask(fixture.port, path, { method: 'POST', headers, body })
    return { status: answer.status, reached: fixture.upstream.started.length > before }
  }

  it.each([
    ['says cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['is another program on the same host', { 'sec-fetch-site': 'same-site' }],
    ['has a foreign origin', { origin: 'http://evil.example' }],
    ['has the same name and another port', { origin: 'http://127.0.0.1:1' }],
    ['has an opaque origin', { origin: 'null' }],
    ['only shows its referer', { referer: 'http://evil.example/x' }],
    ['has a referer that is no address', { referer: 'x' }],
    ['says same-origin in no way a browser does', { 'sec-fetch-site': 'Same-Origin' }],
  ])('case 38: cannot send a prompt when it %s', async (_how, headers) => {
    for (const path of [
      '/prompt',
      '/interrupt',
      '/embeddings',
      '/settings/a',
      '/userdata/a.json',
      '/of/a/pack',
      '/manager/reboot',
    ]) {
      const result = await post(path, { ...cookie(tokens.canvasSession), 'content-type': 'text/plain', ...headers })
      expect(result).toEqual({ status: 403, reached: false })
    }
  })

  it('cannot sign somebody in as somebody else', async () => {
    const before = fixture.ownSeen.length
    const answer = await ask(fixture.port, '/login', {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
      body: 'a=b',
    })
    expect(answer.status).toBe(403)
    expect(fixture.ownSeen).toHaveLength(before)
  })

  it.each(['/manager/reboot', '/customnode/install/git_url', '/api/snapshot/save', '/v2/manager/reboot', '/of/a/pack'])(
    'case 38, 48, 49: cannot make GET %s act, with or without browser headers',
    async (path) => {
      const attempts = [
        { 'sec-fetch-site': 'cross-site' },
        { origin: 'http://evil.example' },
        { referer: 'http://evil.example/' },
        // A link on a page without referrer, plain HTTP in the LAN: only the browser's name is left.
        browser,
      ]
      for (const headers of attempts) {
        const before = fixture.upstream.started.length
        const answer = await ask(fixture.port, path, { headers: { ...cookie(tokens.canvasSession), ...headers } })
        expect(answer.status).toBe(403)
        expect(fixture.upstream.started).toHaveLength(before)
      }
    },
  )

  it('does not stop our own page, a tool without browser headers, or a key', async () => {
    const own = [
      { ...cookie(tokens.creatorSession), 'sec-fetch-site': 'same-origin', origin: self },
      { ...cookie(tokens.creatorSession), origin: self },
      { ...cookie(tokens.creatorSession), referer: `${self}/` },
      cookie(tokens.creatorSession),
      { ...bearer(tokens.creator), origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' },
      { authorization: `Basic ${Buffer.from(`cleo:${tokens.creator}`).toString('base64')}` },
    ]
    for (const headers of own) {
      expect(await post('/settings/a', { ...headers, 'content-type': 'text/plain' }, '"x"')).toEqual({
        status: 200,
        reached: true,
      })
    }
    const manager = await ask(fixture.port, '/manager/version', {
      headers: { ...cookie(tokens.canvasSession), ...browser, 'sec-fetch-site': 'same-origin' },
    })
    expect(manager.status).toBe(200)
    const pack = await ask(fixture.port, '/of/a/pack', {
      headers: { ...cookie(tokens.adminSession), ...browser, referer: `${self}/` },
    })
    expect(pack.status).toBe(200)
  })

  it('case 38: cannot use a name and key that the browser remembers', async () => {
    const headers = {
      authorization: `Basic ${Buffer.from(`cleo:${tokens.creator}`).toString('base64')}`,
      'sec-fetch-site': 'cross-site',
    }
    expect(await post('/interrupt', headers)).toEqual({ status: 403, reached: false })
  })

  it('cannot register a service worker out of a file of ComfyUI', async () => {
    const answer = await ask(fixture.port, '/view?filename=a.js', {
      headers: { ...cookie(tokens.creatorSession), 'service-worker': 'script' },
    })
    expect(answer.status).toBe(403)
  })
})

describe('a foreign name for this computer', () => {
  it.each([
    'evil.example',
    'evil.example:8190',
    '127.0.0.1.evil.example',
    '192.168.1.77',
    '8.8.8.8',
    '0.0.0.0',
    '[::]',
    '[fe80::1]',
    '[127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f000001',
    'localhost.evil.example',
    'user@localhost',
    'localhost:99999x',
    'localhost:65536',
    'gatehouse.localhost',
    '',
  ])('case 39: is refused before anybody is asked who asks: %j', async (host) => {
    const asked = fixture.authenticator.asked
    const answer = await sendRaw(
      fixture.port,
      `GET /embeddings HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${tokens.admin}\r\n\r\n`,
      { silenceMs: 200 },
    )
    expect(answer.statuses).toEqual([421])
    expect(fixture.authenticator.asked).toBe(asked)
  })

  it.each(['localhost', 'LOCALHOST:8190', '127.0.0.1', '127.0.0.1:1', '[::1]:8190', 'localhost.'])(
    'is not %s',
    async (host) => {
      expect((await ask(fixture.port, '/embeddings', { headers: { host, ...bearer(tokens.creator) } })).status).toBe(
        200,
      )
    },
  )

  it('may be one that the owner named', async () => {
    fixture.settings.set('sharing.hostNames', ['Studio.local'])
    expect(
      (await ask(fixture.port, '/embeddings', { headers: { host: 'studio.LOCAL:8190', ...bearer(tokens.creator) } }))
        .status,
    ).toBe(200)
    fixture.settings.set('sharing.hostNames', [])
    expect(
      (await ask(fixture.port, '/embeddings', { headers: { host: 'studio.local', ...bearer(tokens.creator) } })).status,
    ).toBe(421)
  })
})
