import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CANVAS_SCRIPT } from '../../proxy/comfyui/extensionList.ts'
import { bearer, cookie, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'

const manager = '/extensions/ComfyUI-Manager/comfyui-manager.js'
const pack = '/extensions/gatehouse/gatehouse.js'

let fixture: GateFixture

beforeEach(async () => {
  fixture = await openGateFixture()
  for (const path of ['/extensions', '/api/extensions']) {
    fixture.upstream.on(`GET ${path}`, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', etag: '"engine"', 'cache-control': 'public' })
      response.end(JSON.stringify([pack, CANVAS_SCRIPT, manager]))
    })
  }
})
afterEach(() => fixture.close())

const list = (headers: Record<string, string>, path = '/api/extensions') => ask(fixture.port, path, { headers })

describe('the script in ComfyUI’s page', () => {
  it.each(['/extensions', '/api/extensions'])('is not told to anybody who is not signed in: %s', async (path) => {
    const answer = await list({}, path)

    expect(answer.status).toBe(401)
    expect(answer.text).not.toContain(CANVAS_SCRIPT)
    expect(fixture.upstream.seen).toEqual([])
  })

  it.each(['/extensions', '/api/extensions'])(
    'is in the list of a session, once and of the gate’s own: %s',
    async (path) => {
      const answer = await list(cookie(tokens.creatorSession), path)

      expect(answer.json()).toEqual([CANVAS_SCRIPT, pack])
      expect(answer.headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'Cookie' })
      expect(answer.headers['etag']).toBeUndefined()
    },
  )

  it('is not in the list of a key: a tool shows no page and gets what ComfyUI says', async () => {
    const answer = await list(bearer(tokens.creator))

    expect(answer.json()).toEqual([pack, CANVAS_SCRIPT, manager])
  })

  it('comes from the gate: a pack cannot put a file of its own under its address', async () => {
    await ask(fixture.port, CANVAS_SCRIPT, { headers: cookie(tokens.creatorSession) })

    expect(fixture.ownSeen).toEqual([`GET ${CANVAS_SCRIPT}`])
    expect(fixture.upstream.seen).toEqual([])
  })

  it('keeps the Manager’s scripts for an administrator on this computer, and there alone', async () => {
    const names = async (token: string): Promise<unknown> => (await list(cookie(token))).json()

    expect(await names(tokens.canvasSession)).toContain(manager)
    expect(await names(tokens.adminSession)).not.toContain(manager)
    fixture.settings.set('comfyui.managerFromOtherDevices', true)
    expect(await names(tokens.adminSession)).toContain(manager)
    expect(await names(tokens.creatorSession)).not.toContain(manager)
  })
})

describe('a stylesheet that is not there', () => {
  it.each(['/user.css', '/api/userdata/user.css'])('is no error of its type beside nosniff: %s', async (path) => {
    fixture.upstream.on(`GET ${path}`, (_request, response) => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404: Not Found')
    })

    const answer = await ask(fixture.port, path, { headers: cookie(tokens.creatorSession) })

    expect(answer.status).toBe(404)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'x-content-type-options': 'nosniff',
    })
  })

  it('keeps its type when it is something else, so that no upload becomes a stylesheet', async () => {
    fixture.upstream.on('GET /api/userdata/user.css', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<script>1</script>')
    })

    const path = '/api/userdata/user.css'
    const answer = await ask(fixture.port, path, { headers: cookie(tokens.creatorSession) })

    expect(answer.headers).toMatchObject({ 'content-type': 'text/html', 'content-disposition': 'attachment' })
  })
})
