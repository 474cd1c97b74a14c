import { describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { savePrompt } from '../prompts.ts'

/** Methods, paths and bodies. */
export function describeHttpRules({ client, throughGate }: ContractContext): void {
  describe('http rules', () => {
    it.each(['/queue', '/history', '/object_info/EmptyImage', '/api/settings'])('HEAD %s has no body', async (path) => {
      const head = await client().send('HEAD', path)
      expect(head.status).toBe(200)
      expect(head.body.length).toBe(0)
      expect(head.headers['content-type']).toBe('application/json; charset=utf-8')
    })

    it.each(['/Queue', '/queue/', '/queue;a=b', '/API/queue', '/no/such/route', '/api/internal/logs'])(
      'GET %s is 404',
      async (path) => {
        expect((await client().get(path)).status).toBe(404)
      },
    )

    it.skipIf(throughGate).each(['//queue', '/api//queue', '/\\queue'])('GET %s is 404', async (path) => {
      expect((await client().get(path)).status).toBe(404)
    })

    it.skipIf(throughGate)('a path is matched after percent-decoding', async () => {
      const answer = await client().get('/%71ueue')
      expect(answer.status).toBe(200)
      expect(answer.json()).toHaveProperty('queue_pending')
    })

    it.skipIf(throughGate).each([
      ['DELETE', '/queue', 'GET,HEAD,POST'],
      ['PUT', '/prompt', 'GET,HEAD,POST'],
      ['POST', '/object_info', 'GET,HEAD'],
      ['POST', '/no/such/route', 'GET,HEAD'],
      ['GET', '/interrupt', 'POST'],
      ['GET', '/upload/image', 'POST'],
    ])('%s %s is 405 and names the methods', async (method, path, allow) => {
      const answer = await client().send(method, path)
      // ComfyUI looks for a file when the path has no GET route.
      expect([405, method === 'GET' ? 404 : 405]).toContain(answer.status)
      if (answer.status === 405) expect(answer.headers.allow).toBe(allow)
    })

    it.skipIf(throughGate)('OPTIONS on any path is 200', async () => {
      expect((await client().send('OPTIONS', '/no/such/route')).status).toBe(200)
    })

    it.each(['/prompt', '/queue', '/history', '/settings', '/free'])(
      'POST %s with broken JSON is refused',
      async (path) => {
        const answer = await client().send('POST', path, '{"a":', { 'content-type': 'application/json' })
        if (throughGate) expect(answer.status).toBeGreaterThanOrEqual(400)
        else {
          expect(answer.status).toBe(500)
          expect(answer.text).toContain('Server got itself in trouble')
        }
      },
    )

    it('reads JSON whatever the content type says', async () => {
      const body = JSON.stringify({ prompt: savePrompt() })
      const answer = await client().send('POST', '/prompt', body, { 'content-type': 'text/plain;charset=UTF-8' })
      expect(answer.status).toBe(200)
      await client().waitForHistory(answer.json().prompt_id)
    })

    it.skipIf(throughGate)('refuses a foreign Origin on a loopback Host', async () => {
      const foreign = await client().get('/queue', { origin: 'http://evil.example' })
      const own = await client().get('/queue', { origin: client().target.baseUrl })
      expect([foreign.status, own.status]).toEqual([403, 200])
    })

    it.skipIf(throughGate)('GET /ws without an upgrade is 400', async () => {
      const answer = await client().get('/ws')
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('No WebSocket UPGRADE')
    })

    it('serves a page at / that is not cached', async () => {
      const answer = await client().get('/')
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toMatch(/^text\/html/)
      expect(answer.headers['cache-control']).toMatch(/no-cache|no-store/)
    })

    it.each(['/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/assets/..%2f..%2f..%2f..%2fetc%2fpasswd'])(
      'path traversal: GET %s gives no file',
      async (path) => {
        const answer = await client().get(path)
        expect([400, 403, 404]).toContain(answer.status)
        expect(answer.text).not.toContain('root:')
      },
    )
  })
}
