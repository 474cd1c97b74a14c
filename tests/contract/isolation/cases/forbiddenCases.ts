import { afterEach, describe, expect, it } from 'vitest'
import { bearer, tokens } from '../../../support/gateFixture.ts'
import { rawRequest, sendRaw } from '../../../support/rawHttpClient.ts'
import { savePrompt } from '../../prompts.ts'
import type { GateWorld } from '../gateWorld.ts'
import { expectNothing, savePicture, uploadPicture } from '../world.ts'
import { gateSteps } from './gateSteps.ts'

/** What only administrators may see or do, and what nobody may. */
export function describeForbidden(world: () => GateWorld): void {
  const { queue, tidyUp } = gateSteps(world)

  afterEach(tidyUp)

  describe('what is not for people', () => {
    it.each([
      '/customnode/install/git_url',
      '/customnode/install/pip',
      '/customnode/getlist',
      '/manager/queue/start',
      '/manager/reboot',
      '/manager/version',
      '/snapshot/save',
      '/externalmodel/getlist',
      '/comfyui_manager/comfyui_switch_version',
      '/v2/manager/queue/task',
      '/v2/manager/reboot',
      '/v2/customnode/installed',
      '/v2/snapshot/restore',
    ])('case 48: ComfyUI-Manager is for administrators: %s', async (path) => {
      const { bob } = world()
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
        for (const twin of [path, `/api${path}`]) {
          const answer = await bob.client.send(method, twin, method === 'POST' ? '{}' : undefined)
          expect([method, twin, answer.status]).toEqual([method, twin, 403])
        }
      }
    })

    it.each(['/file_browser?path=/etc', '/terminal/run', '/pysssss/metadata/x', '/ws2', '/api/shell', '/internal/x'])(
      'case 49: a route that the gate does not know is for administrators: %s',
      async (path) => {
        const { alice, bob } = world()
        const { name } = await uploadPicture(alice)
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
          const answer = await bob.client.send(method, path, method === 'POST' ? '{}' : undefined)
          expect([method, answer.status, answer.text.includes(name)]).toEqual([method, 403, false])
        }
      },
    )

    it('case 47: there is no store of everybody’s files, and no file by its hash', async () => {
      const { alice, bob } = world()
      const { content } = await uploadPicture(alice)
      const hash = 'blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'
      for (const filename of [hash, hash.toUpperCase(), ` ${hash}`]) {
        expectNothing(await bob.client.get(`/view?${new URLSearchParams({ filename }).toString()}`), content)
      }
      for (const path of [
        '/api/assets',
        `/api/assets/hash/${hash}`,
        '/api/assets/from-hash',
        '/api/assets/00000000-0000-4000-8000-000000000000/content',
        '/api/tags',
        '/api/assets/seed',
        '/api/assets/download',
        '/api/tasks/x',
      ]) {
        for (const method of ['GET', 'POST']) {
          const answer = await bob.client.send(method, path, method === 'POST' ? '{"url":"http://x.test/"}' : undefined)
          expect([path, [403, 404, 503].includes(answer.status)]).toEqual([path, true])
        }
      }
    })

    it('case 43: paths and flags of this computer are in no answer', async () => {
      const { alice, bob, owner } = world()
      await alice.client.run(savePrompt({ prefix: '../out' }))
      const his = await bob.client.run(savePrompt({ prefix: '../out' }))
      const texts = await Promise.all(
        ['/system_stats', '/experiment/models', '/internal/folder_paths', '/history', `/api/jobs/${his.promptId}`].map(
          async (path) => {
            const answer = await bob.client.get(path)
            expect([path, answer.status]).toEqual([path, 200])
            return answer.text
          },
        ),
      )
      for (const person of [alice, bob, owner]) {
        for (const folder of Object.values(person.folders)) expect(texts.join('\n')).not.toContain(folder)
      }
      expect(texts.join('\n')).not.toMatch(/Traceback|File \\"\/|--output-directory|--listen/)
    })

    it('case 30: nobody who is no administrator hears ComfyUI’s log', async () => {
      const { alice, bob } = world()
      const socket = await bob.client.openSocket()
      try {
        const body = JSON.stringify({ clientId: socket.sid, enabled: true })
        const answer = await bob.client.send('PATCH', '/internal/logs/subscribe', body, {
          'content-type': 'application/json',
        })
        expect(answer.status).toBe(200)
        expect(
          (
            await sendRaw(
              world().port,
              rawRequest([
                'GET //internal/logs HTTP/1.1',
                'Host: 127.0.0.1',
                `Authorization: ${bearer(tokens.creator2).authorization}`,
              ]),
            )
          ).statuses,
        ).toEqual([400])
        await savePicture(alice)
        const own = await queue(bob, savePrompt(), { client_id: socket.sid })
        await socket.waitForEnd(own)
        expect(socket.messages.filter(({ type }) => type === 'logs')).toEqual([])
      } finally {
        socket.close()
      }
    })
  })
}
