import { afterEach, describe, expect, it } from 'vitest'
import { makePng, nextUnique, savePrompt } from '../../prompts.ts'
import { cachedNodes, contentsOf, everythingOf, savePicture, uploadPicture, view } from '../world.ts'
import type { IsolationContext } from '../world.ts'
import { briefPrompt, gateSteps } from './gateSteps.ts'

/** The head of a PNG that says it is 20,000 x 20,000. */
const BOMB = Buffer.from('89504e470d0a1a0a0000000d4948445200004e2000004e20080200000000', 'hex')

/** What only a gate can keep apart, because the engine's own queue, history and sockets know no people. */
export function describeGate({ world }: IsolationContext): void {
  const { idsOf, queue, keepBusy, endWell, tidyUp } = gateSteps(world)

  afterEach(tidyUp)

  describe('the queue of somebody else', () => {
    it('case 16: is not to be seen: neither jobs nor their number', async () => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      for (const path of ['/queue', '/api/queue', '/%71ueue']) {
        expect((await bob.client.get(path)).json()).toEqual({ queue_running: [], queue_pending: [] })
      }
      for (const path of ['/prompt', '/api/prompt']) {
        expect((await bob.client.get(path)).json()).toEqual({ exec_info: { queue_remaining: 0 } })
      }
      expect((await alice.client.get('/prompt')).json()).toEqual({ exec_info: { queue_remaining: 2 } })
      expect((await bob.client.send('HEAD', '/queue')).body.length).toBe(0)
      await endWell(alice, running, waiting)
    })

    it.each([
      ['clear', () => ({ clear: true })],
      ['delete what waits', ({ waiting }: { waiting: string }) => ({ delete: [waiting] })],
      ['delete what runs', ({ running }: { running: string }) => ({ delete: [running] })],
      ['both', ({ waiting }: { waiting: string }) => ({ clear: true, delete: [waiting] })],
    ])('case 16: %s takes only one’s own away', async (_name, toBody) => {
      const { alice, bob } = world()
      const hers = await keepBusy()
      const his = await queue(bob, savePrompt())
      expect((await bob.client.post('/queue', toBody(hers))).status).toBe(200)
      expect(await idsOf(alice)).toEqual([hers.running, hers.waiting])
      if ('clear' in toBody(hers)) expect(await idsOf(bob)).toEqual([])
      else await endWell(bob, his)
      await endWell(alice, hers.running, hers.waiting)
    })

    it.each([
      ['without a body', () => ''],
      ['with an empty object', () => '{}'],
      ['with her id', (id: string) => JSON.stringify({ prompt_id: id })],
      ['with no JSON', () => 'stop'],
    ])('case 18: an interruption %s stops nobody else', async (_name, toBody) => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      for (const path of ['/interrupt', '/api/interrupt']) {
        expect((await bob.client.send('POST', path, toBody(running))).status).toBe(200)
      }
      await endWell(alice, running, waiting)
    })

    it('case 18: one’s own job is stopped', async () => {
      const { alice } = world()
      const { running, waiting } = await keepBusy()
      expect((await alice.client.post('/interrupt', { prompt_id: running })).status).toBe(200)
      const { status } = await alice.client.waitForHistory(running)
      expect([status.status_str, status.messages.at(-1)[0]]).toEqual(['error', 'execution_interrupted'])
      await endWell(alice, waiting)
    })

    it('case 19: nobody’s models and results are thrown away', async () => {
      const { alice, bob } = world()
      const prompt = savePrompt()
      await alice.client.run(prompt)
      expect((await bob.client.post('/free', { unload_models: true, free_memory: true })).status).toBe(200)
      const { entry } = await alice.client.run(prompt)
      expect(cachedNodes(entry).sort()).toEqual(['1', '2'])
    })

    it.each([{ front: true }, { number: -1_000_000 }])('case 20: %j puts nobody in front', async (place) => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      const his = await queue(bob, savePrompt(), place)
      await endWell(bob, his)
      await endWell(alice, running, waiting)
      const numbers = [await bob.client.waitForHistory(his), await alice.client.waitForHistory(waiting)]
      for (const { prompt } of numbers) expect(prompt[0]).toBeGreaterThanOrEqual(0)
    })
  })

  describe('the history of somebody else', () => {
    it('case 17: is not to be seen, by no route', async () => {
      const { alice, bob, owner } = world()
      const { promptId, filename } = await savePicture(alice)
      for (const { client } of [bob, owner]) {
        for (const path of ['/history', '/history?max_items=1000', '/history?offset=0', '/api/history']) {
          const { text } = await client.get(path)
          expect([text.includes(promptId), text.includes(filename)]).toEqual([false, false])
        }
        for (const path of [`/history/${promptId}`, `/api/history/${promptId}`, `/%68istory/${promptId}`]) {
          expect((await client.get(path)).json()).toEqual({})
        }
      }
      expect((await alice.client.get(`/history/${promptId}`)).json()[promptId].status.completed).toBe(true)
    })

    it.each([
      ['clear', () => ({ clear: true })],
      ['delete', (id: string) => ({ delete: [id] })],
    ])('case 17: %s removes only one’s own', async (_name, toBody) => {
      const { alice, bob } = world()
      const { promptId } = await savePicture(alice)
      const his = await savePicture(bob)
      expect((await bob.client.post('/history', toBody(promptId))).status).toBe(200)
      expect((await alice.client.get('/history')).json()).toHaveProperty([promptId])
      const isHisKept = 'delete' in toBody(promptId)
      expect(his.promptId in (await bob.client.get('/history')).json()).toBe(isHisKept)
    })

    it('case 21: using her id again changes nothing of hers', async () => {
      const { alice, bob } = world()
      const { promptId } = await savePicture(alice)
      const before = (await alice.client.get(`/history/${promptId}`)).json()
      const his = await queue(bob, savePrompt(), { prompt_id: promptId })
      expect(his).not.toBe(promptId)
      await endWell(bob, his)
      expect((await alice.client.get(`/history/${promptId}`)).json()).toEqual(before)
      expect((await bob.client.get(`/history/${promptId}`)).json()).toEqual({})
    })

    it('case 27: tokens are in nobody’s queue and nobody’s history', async () => {
      const { alice, bob, owner } = world()
      const tokens = { auth_token_comfy_org: 'token-to-hide', api_key_comfy_org: 'key-to-hide' }
      const running = await queue(alice, briefPrompt())
      const waiting = await queue(alice, savePrompt(), { extra_data: tokens })
      const see = async (): Promise<void> => {
        for (const { client } of [alice, bob, owner]) {
          for (const path of ['/queue', '/history', '/api/jobs', `/history/${waiting}`, `/api/jobs/${waiting}`]) {
            expect((await client.get(path)).text).not.toMatch(/(?:token|key)-to-hide/)
          }
        }
      }
      await see()
      await endWell(alice, running, waiting)
      await see()
    })
  })

  describe('jobs as newer pages ask for them', () => {
    it('case 31: show only one’s own, and count only those', async () => {
      const { alice, bob } = world()
      const { promptId } = await savePicture(alice)
      const { running, waiting } = await keepBusy()
      const { jobs, pagination } = (await bob.client.get('/api/jobs?limit=1000')).json()
      const ids = jobs.map(({ id }: { id: string }) => id)
      for (const id of [promptId, running, waiting]) {
        expect(ids).not.toContain(id)
        expect((await bob.client.get(`/api/jobs/${id}`)).status).toBe(404)
      }
      expect([pagination.total, pagination.has_more]).toEqual([ids.length, false])
      expect((await bob.client.get('/api/jobs?status=in_progress,pending')).json().jobs).toEqual([])
      const hers = (await alice.client.get('/api/jobs?limit=1000')).json()
      expect(hers.jobs.map(({ id }: { id: string }) => id)).toEqual(
        expect.arrayContaining([promptId, running, waiting]),
      )
      await endWell(alice, running, waiting)
    })

    it('case 31: cancel only one’s own', async () => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      for (const id of [running, waiting]) {
        const answer = await bob.client.post(`/api/jobs/${id}/cancel`, {})
        expect(answer.text).not.toContain('true')
      }
      const many = await bob.client.post('/api/jobs/cancel', { job_ids: [running, waiting] })
      expect(many.text).not.toContain('true')
      expect(await idsOf(alice)).toEqual([running, waiting])
      await endWell(alice, running, waiting)
    })

    it.each(['/api/api/jobs', '/api/api/jobs/x', '/api/api/queue', '/api/api/history'])(
      'case 31: the hidden twin %s is not there',
      async (path) => {
        await savePicture(world().alice)
        expect((await world().bob.client.get(path)).status).toBe(404)
      },
    )
  })

  describe('who one is', () => {
    it.each(['X-Gatehouse-User', 'x-gatehouse-user', 'X_Gatehouse_User', 'comfy-user', 'Comfy-User'])(
      'case 9, 10: the header %s of a client says nothing',
      async (name) => {
        const { alice, bob } = world()
        const { name: picture } = await uploadPicture(alice)
        const id = `Case10.Secret${nextUnique()}`
        await alice.client.send('POST', `/settings/${id}`, '"hers"')
        for (const value of [alice.id, `${alice.id}, ${bob.id}`, '']) {
          expect((await bob.client.get(`/settings/${id}`, { [name]: value })).json()).toBeNull()
          const seen = await bob.client.get(`/view?type=input&filename=${picture}`, { [name]: value })
          expect(seen.status).toBe(404)
        }
      },
    )

    it('case 10: the secret of the engine is no way around', async () => {
      const { alice, bob } = world()
      const headers = { 'x-gatehouse-secret': 'f'.repeat(64), 'x-gatehouse-user': alice.id }
      expect((await bob.client.get('/settings', headers)).status).toBe(200)
      for (const method of ['PUT', 'DELETE', 'GET', 'POST']) {
        const body = method === 'PUT' || method === 'POST' ? '{}' : undefined
        const answer = await bob.client.send(method, `/gatehouse/companion/users/${alice.id}`, body)
        expect([401, 403, 404, 405]).toContain(answer.status)
      }
      expect((await bob.client.post('/gatehouse/companion/validate', { prompt: savePrompt() })).status).toBe(404)
      expect((await alice.client.get('/settings')).status).toBe(200)
    })

    it('case 42: the list of users names nobody, and nobody is added', async () => {
      const { alice, bob } = world()
      expect((await bob.client.get('/users')).json()).toEqual({ storage: 'server', migrated: true })
      expect((await bob.client.post('/users', { username: alice.id })).status).toBe(403)
    })

    it('case 45: no answer of one person’s may be kept for another', async () => {
      const { alice } = world()
      const { filename } = await savePicture(alice)
      for (const path of [
        `/view?type=output&filename=${filename}`,
        '/history',
        '/queue',
        '/settings',
        '/object_info/LoadImage',
        '/userdata/none.png',
        '/internal/files/output',
      ]) {
        const { headers } = await alice.client.get(path)
        expect([path, headers['cache-control']]).toEqual([path, expect.stringMatching(/private|no-store/)])
      }
    })

    it.each(['/internal/logs', '/internal/logs/raw', '/internal/%6cogs', '/internal/folder_paths'])(
      'case 30: %s says nothing of others',
      async (path) => {
        const { alice, bob } = world()
        await savePicture(alice)
        const answer = await bob.client.get(path)
        expect(answer.status).toBe(200)
        expect(answer.text).not.toMatch(/prompt|executed|\/tmp|alice/i)
      },
    )

    it('case 43: an error of one’s job names no folder of this computer', async () => {
      const { bob } = world()
      const { entry } = await bob.client.run(savePrompt({ prefix: '../out' }))
      expect(entry.status.status_str).toBe('error')
      expect(JSON.stringify(entry)).not.toContain(bob.folders.output)
    })
  })

  describe('uploads', () => {
    it.each([
      ['page.html', '<html><script>alert(1)</script>'],
      ['picture.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
      ['script.js', 'alert(1)'],
      ['node.py', 'import os'],
      ['picture.png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
      ['picture.png [output]', 'x'],
      ['model.safetensors', 'x'],
    ])('case 6: %s is not taken', async (filename, content) => {
      const { bob } = world()
      const before = everythingOf(bob)
      for (const path of ['/upload/image', '/api/upload/image', '/upload/mask']) {
        const fields = { image: { filename, content: Buffer.from(content) }, original_ref: '{"filename":"a.png"}' }
        expect((await bob.client.upload(path, fields)).status).toBe(415)
      }
      expect(everythingOf(bob)).toEqual(before)
    })

    it('case 37: an image bomb is not taken', async () => {
      const { bob } = world()
      const before = everythingOf(bob)
      const answer = await bob.client.upload('/upload/image', { image: { filename: 'bomb.png', content: BOMB } })
      expect([answer.status, answer.text.includes('megapixels')]).toEqual([413, true])
      expect(everythingOf(bob)).toEqual(before)
    })

    it('case 5: an upload goes to one’s own input folder and nowhere else', async () => {
      const { bob } = world()
      const { name, content } = await uploadPicture(bob, { type: 'input' })
      expect(contentsOf(bob.folders.input).get(name)).toBe(content.toString('base64'))
      for (const type of ['output', 'foo', '']) {
        const image = { filename: `x_${nextUnique()}.png`, content: await makePng() }
        const answer = await bob.client.upload('/upload/image', { image, type })
        expect([type, answer.status]).toEqual([type, 400])
        expect((await view(bob, { type: 'output', filename: image.filename })).status).toBe(404)
      }
    })
  })
}
