import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, cookie, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask as askPort } from '../../support/httpClient.ts'
import type { HttpAnswer, HttpQuestion } from '../../support/httpClient.ts'

let fixture: GateFixture

beforeEach(async () => {
  fixture = await openGateFixture()
})
afterEach(() => fixture.close())

const ask = (path: string, question: HttpQuestion = {}): Promise<HttpAnswer> => askPort(fixture.port, path, question)

describe('gate over HTTP', () => {
  it('forwards a request of a creator with the secret and without the credential', async () => {
    const response = await ask('/embeddings?x=1', { headers: bearer(tokens.creator) })
    expect(response.status).toBe(200)
    expect(response.json()).toEqual({ path: '/embeddings?x=1' })
    const [seen] = fixture.upstream.seen
    expect(seen?.headers['x-gatehouse-secret']).toBe('a'.repeat(64))
    expect(seen?.headers['x-gatehouse-user']).toBe('cleo000000000000')
    expect(seen?.headers['authorization']).toBeUndefined()
    expect(seen?.headers['host']).toBe(`127.0.0.1:${fixture.upstream.port}`)
    expect(response.headers['server']).toBeUndefined()
    expect(response.headers['cache-control']).toBe('private, no-cache')
    expect(response.headers['vary']).toBe('Cookie')
  })

  it('answers 401 with a problem and keeps the engine out of it', async () => {
    const response = await ask('/embeddings')
    expect(response.status).toBe(401)
    expect(response.headers['www-authenticate']).toBe('Bearer')
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({ code: 'AUTH_REQUIRED', status: 401 })
    expect(fixture.upstream.started).toEqual([])
  })

  it('sends a navigation without sign-in to the sign-in page and back to where it wanted to go', async () => {
    const response = await ask('/view?filename=a.png', { headers: { accept: 'text/html' } })
    expect(response.status).toBe(302)
    expect(response.headers['location']).toBe('/login?next=%2Fview%3Ffilename%3Da.png')
  })

  it('leads whoever may not open ComfyUI’s page from the shared address to their own pages', async () => {
    const navigation = { headers: { authorization: `Bearer ${tokens.viewer}`, accept: 'text/html' } }
    const response = await ask('/', navigation)
    expect([response.status, response.headers['location']]).toEqual([302, '/gatehouse/'])
    expect((await ask('/queue', navigation)).status).toBe(403)
    expect((await ask('/', { headers: { authorization: `Bearer ${tokens.viewer}` } })).status).toBe(403)
    expect(fixture.upstream.started).toEqual([])
  })

  describe('the plain address, opened by somebody who builds nothing', () => {
    const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' }

    it('leads a browser to their own pages', async () => {
      const response = await ask('/', { headers: { ...cookie(tokens.userSession), ...navigation } })
      expect([response.status, response.headers['location']]).toEqual([302, '/gatehouse/'])
      expect(response.headers['cache-control']).toBe('no-store')
      expect(fixture.upstream.started).toEqual([])
    })

    it.each(['/?canvas', '/index.html'])('stays ComfyUI’s page as %s', async (path) => {
      const response = await ask(path, { headers: { ...cookie(tokens.userSession), ...navigation } })
      expect(response.status).toBe(200)
      expect(fixture.upstream.started.length).toBe(1)
    })

    it('stays ComfyUI’s page for keys, for scripts of the page and for who builds', async () => {
      const asked = [
        { ...bearer(tokens.user), ...navigation },
        { ...cookie(tokens.userSession), accept: '*/*' },
        { ...cookie(tokens.creatorSession), ...navigation },
      ]
      for (const headers of asked) expect((await ask('/', { headers })).status).toBe(200)
      expect(fixture.upstream.started.length).toBe(asked.length)
    })
  })

  it('lets an expired cookie reach the sign-in page', async () => {
    const response = await ask('/login', { headers: cookie('gone') })
    expect(response.status).toBe(200)
    expect(fixture.ownSeen).toEqual(['GET /login'])
  })

  it('tells a page that reloads itself while the engine is not ready', async () => {
    fixture.engine.set(undefined)
    const page = await ask('/', { headers: { ...cookie(tokens.creatorSession), accept: 'text/html' } })
    expect(page.status).toBe(503)
    expect(page.headers['retry-after']).toBe('2')
    const text = page.text
    expect(text).toContain('<meta http-equiv="refresh" content="2">')
    expect(text).not.toContain('<script')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    const json = await ask('/embeddings', { headers: bearer(tokens.creator) })
    expect(json.json()).toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  })

  it('streams an upload and a download of any size with their bytes unchanged', async () => {
    const size = 20 * 1024 * 1024
    const bytes = Buffer.alloc(size, 'gatehouse')
    fixture.upstream.on('GET /view', (_request, response) => {
      response.setHeader('content-type', 'image/png')
      response.end(bytes)
    })
    const up = await ask('/userdata/big.bin', { method: 'POST', headers: bearer(tokens.creator), body: bytes })
    expect(up.status).toBe(200)
    expect(fixture.upstream.seen[0]?.body.equals(bytes)).toBe(true)
    const down = await ask('/view?filename=a.png', { headers: bearer(tokens.creator) })
    expect(down.body.equals(bytes)).toBe(true)
  })
})
