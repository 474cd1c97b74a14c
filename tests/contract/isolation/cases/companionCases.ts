import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { EngineClient } from '../../../support/engineClient.ts'
import { everyEnginePatch } from '../../../../proxy/core/enginePatches.ts'
import type { EngineUnderTest } from '../../../support/engineUnderTest.ts'
import { savePrompt } from '../../prompts.ts'
import { addPerson, clientOf, contentsOf, everythingOf, savePicture, toBody, uploadPicture } from '../world.ts'
import type { IsolationWorld } from '../world.ts'

export interface CompanionContext {
  readonly engine: () => EngineUnderTest
  readonly world: () => IsolationWorld
  /** For people who exist in one case only. */
  readonly folder: () => string
}

const USERS = '/gatehouse/companion/users'
const VALIDATE = '/gatehouse/companion/validate'
let count = 0
const nextId = (): string => `case${String((count += 1)).padStart(12, '0')}`

/** What the gate tells the engine and asks it beyond ComfyUI's own routes. */
export function describeCompanion({ engine, world, folder }: CompanionContext): void {
  const gate = () => clientOf(engine())
  const put = (id: string, body: unknown) => gate().send('PUT', `${USERS}/${id}`, JSON.stringify(body))
  const own = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }

  describe('who stands behind a request', () => {
    it.each([
      ['GET', '/queue'],
      ['GET', '/history/00000000-0000-4000-8000-000000000000'],
      ['POST', '/history'],
      ['POST', '/queue'],
      ['POST', '/interrupt'],
      ['POST', '/free'],
    ])('errands of the gate need nobody: %s %s', async (method, path) => {
      expect((await gate().send(method, path, method === 'POST' ? '{}' : undefined)).status).toBe(200)
    })

    it.each([
      ['GET', '/'],
      ['GET', '/settings'],
      ['GET', '/history'],
      ['GET', '/userdata?dir=workflows'],
      ['GET', '/v2/userdata'],
      ['GET', '/view?filename=x.png'],
      ['GET', '/object_info'],
      ['GET', '/object_info/LoadImage'],
      ['GET', '/internal/files/output'],
      ['GET', '/internal/logs'],
      ['GET', '/models'],
      ['GET', '/no/such/route'],
      ['GET', '/prompt'],
      ['GET', '/system_stats'],
      ['GET', '/features'],
      ['POST', '/prompt'],
      ['POST', '/upload/image'],
      ['POST', '/upload/mask'],
      ['POST', '/settings'],
      ['POST', '/userdata/x.json'],
      ['DELETE', '/userdata/x.json'],
      ['POST', VALIDATE],
    ])('everything else is refused without: %s %s', async (method, path) => {
      const answer = await gate().send(method, path, method === 'POST' ? '{}' : undefined)
      expect(answer.status).toBe(403)
      expect(answer.json()).toEqual({ error: 'user_required' })
    })

    it('the socket of the gate is nobody’s', async () => {
      const socket = await gate().openSocket()
      socket.close()
      expect(socket.sid).not.toBe('')
    })

    it.each([
      '',
      'alice',
      'ALICE00000000000',
      'alice0000000000/',
      'a'.repeat(17),
      '../../../../etc/x',
      'älice0000000000',
    ])('identity: a malformed id is 400: %j', async (id) => {
      const answer = await gate().get('/settings', { 'x-gatehouse-user': Buffer.from(id).toString('latin1') })
      expect(answer.status).toBe(400)
    })

    it('identity: two ids in one request are 400', async () => {
      const { alice, bob } = world()
      const headers = { 'x-gatehouse-user': [bob.id, alice.id] }
      expect((await gate().get('/settings', headers)).status).toBe(400)
    })

    it.each(['/settings', '/queue', '/object_info', '/', '/no/such/route'])(
      'an unknown id is 409, and nothing is done: GET %s',
      async (path) => {
        const answer = await clientOf(engine(), nextId()).get(path)
        expect(answer.status).toBe(409)
        expect(answer.json()).toEqual({ error: 'unknown_user' })
      },
    )

    it('a job of an unknown user does not reach the queue', async () => {
      const answer = await clientOf(engine(), nextId()).queue(savePrompt())
      expect(answer.status).toBe(409)
      expect((await gate().get('/queue')).json()).toEqual({ queue_running: [], queue_pending: [] })
    })

    it('a socket of an unknown user is refused with 409', async () => {
      const headers = { 'x-gatehouse-secret': engine().secret ?? '', 'x-gatehouse-user': nextId() }
      const status = await new Promise((resolve) => {
        const socket = new WebSocket(`${engine().webSocketUrl}/ws`, { headers })
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
        socket.on('open', () => resolve('open'))
        socket.on('error', () => undefined)
      })
      expect(status).toBe(409)
    })

    it.each([
      ['no secret', {}],
      ['a wrong secret', { 'x-gatehouse-secret': 'f'.repeat(64) }],
      ['an empty secret', { 'x-gatehouse-secret': '' }],
      ['a foreign name of this computer', { host: 'evil.example', origin: 'http://evil.example' }],
      ['the word of a proxy', { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' }],
    ])('case 39, 41: nobody gets past the gate to the engine’s own port, with %s', async (_with, headers) => {
      const { alice } = world()
      const { name, content } = await uploadPicture(alice)
      const before = everythingOf(alice)
      const stranger = new EngineClient({ ...engine(), headers: { ...headers, 'x-gatehouse-user': alice.id } })
      for (const path of [
        `/view?type=input&filename=${name}`,
        '/queue',
        '/history',
        '/settings',
        '/internal/logs',
        '/',
      ]) {
        const answer = await stranger.get(path)
        expect([path, answer.status, answer.body.includes(content)]).toEqual([path, 403, false])
      }
      expect((await stranger.queue(savePrompt())).status).toBe(403)
      expect((await stranger.send('DELETE', `${USERS}/${alice.id}`)).status).toBe(403)
      await expect(stranger.openSocket()).rejects.toThrow('403')
      expect(everythingOf(alice)).toEqual(before)
      expect((await gate().get('/queue')).json()).toEqual({ queue_running: [], queue_pending: [] })
    })

    it('case 9: comfy-user says nothing', async () => {
      const { alice, bob } = world()
      await alice.client.post('/settings', { 'Case9.Secret': 'hers' })
      for (const name of ['comfy-user', 'Comfy-User']) {
        const answer = await bob.client.get('/settings', { [name]: alice.id })
        expect(answer.status).toBe(200)
        expect(answer.text).not.toContain('Case9.Secret')
      }
    })
  })

  describe('users', () => {
    it('are taken again and again, and forgotten', async () => {
      const person = await addPerson(engine(), nextId(), folder())
      expect((await put(person.id, toBody(person.folders))).status).toBe(204)
      expect((await person.client.get('/settings')).status).toBe(200)
      expect((await gate().send('DELETE', `${USERS}/${person.id}`)).status).toBe(204)
      expect((await person.client.get('/settings')).status).toBe(409)
      expect((await gate().send('DELETE', `${USERS}/${person.id}`)).status).toBe(204)
      expect((await put(person.id, toBody(person.folders))).status).toBe(204)
      expect((await person.client.get('/settings')).status).toBe(200)
    })

    it('an older telling that was given up neither undoes a later one nor brings back who was forgotten', async () => {
      const person = await addPerson(engine(), nextId(), folder())
      const told = toBody(person.folders)
      const narrow = { models: {}, nodes: ['EmptyImage'] }
      expect((await put(person.id, { ...told, rules: narrow, order: 7 })).status).toBe(204)
      const late = await put(person.id, { ...told, order: 6 })
      expect([late.status, late.json()]).toEqual([409, expect.objectContaining({ error: 'old_rules', last: 7 })])
      expect(Object.keys((await person.client.get('/object_info')).json())).toEqual(['EmptyImage'])
      expect((await put(person.id, { ...told, rules: narrow, order: 7 })).status).toBe(204)
      expect((await gate().send('DELETE', `${USERS}/${person.id}`)).status).toBe(204)
      expect((await put(person.id, { ...told, order: 6 })).status).toBe(409)
      expect((await person.client.get('/settings')).status).toBe(409)
      expect((await put(person.id, { ...told, order: 8 })).status).toBe(204)
      expect((await person.client.get('/settings')).status).toBe(200)
    })

    it.each([[null], [true], ['1'], [0], [-1], [1.5], [2 ** 53], [[1]]])('the number %j is refused', async (order) => {
      const { alice } = world()
      const answer = await put(alice.id, { ...toBody(alice.folders), order })
      expect([answer.status, answer.json().error]).toEqual([400, 'bad_order'])
    })

    it('null stands for ComfyUI’s own folder', async () => {
      const id = nextId()
      expect((await put(id, own)).status).toBe(204)
      const { name } = await uploadPicture({ ...world().owner, client: clientOf(engine(), id) })
      expect((await world().owner.client.get(`/view?type=input&filename=${name}`)).status).toBe(200)
      const { alice } = world()
      expect((await alice.client.get(`/view?type=input&filename=${name}`)).status).toBe(404)
    })

    it('new folders count from the next request on', async () => {
      const person = await addPerson(engine(), nextId(), folder())
      const { name } = await uploadPicture(person)
      const moved = join(folder(), `${person.id}-moved`)
      mkdirSync(moved)
      await put(person.id, { ...toBody(person.folders), inputDirectory: moved })
      expect((await person.client.get(`/view?type=input&filename=${name}`)).status).toBe(404)
      expect(contentsOf(moved).size).toBe(0)
    })

    it.each(['short', 'UPPER00000000000', 'aaaaaaaaaaaaaaaaa', '..%2F..%2Fx'])('the id %j is refused', async (id) => {
      expect([400, 404]).toContain((await put(id, own)).status)
    })

    const bad: [string, (good: Record<string, unknown>, file: string) => unknown][] = [
      ['a relative path', (good) => ({ ...good, inputDirectory: 'input' })],
      ['a path that is not there', (good) => ({ ...good, outputDirectory: join(folder(), 'not-there') })],
      ['a file', (good, file) => ({ ...good, userdataDirectory: file })],
      ['an empty text', (good) => ({ ...good, inputDirectory: '' })],
      ['a zero byte', (good) => ({ ...good, inputDirectory: `${folder()}\0x` })],
      ['a number', (good) => ({ ...good, inputDirectory: 5 })],
      ['a missing member', ({ inputDirectory: _left, ...rest }) => rest],
      ['a relative temp', (good) => ({ ...good, tempDirectory: '../temp' })],
      ['the folder of somebody else', (good) => ({ ...good, inputDirectory: world().alice.folders.input })],
      ['a folder below one', (good) => ({ ...good, tempDirectory: join(world().alice.folders.output, 'temp') })],
      ['the folder above them', (good) => ({ ...good, outputDirectory: folder() })],
      ['ComfyUI’s own folder', (good) => ({ ...good, outputDirectory: world().owner.folders.output })],
      ['a list', () => []],
      ['null', () => null],
    ]
    it.each(bad)('%s is refused in words, and nobody is known by it', async (_name, spoil) => {
      const person = await addPerson(engine(), nextId(), folder())
      await gate().send('DELETE', `${USERS}/${person.id}`)
      const file = join(folder(), `${person.id}.txt`)
      writeFileSync(file, 'x')
      const answer = await put(person.id, spoil(toBody(person.folders), file))
      expect(answer.status).toBe(400)
      expect(answer.text.length).toBeGreaterThan(10)
      expect((await person.client.get('/settings')).status).toBe(409)
    })

    it('a folder that went away breaks nobody else', async () => {
      const person = await addPerson(engine(), nextId(), folder())
      rmSync(person.folders.input, { recursive: true })
      await person.client.get('/object_info/LoadImage')
      const { bob } = world()
      expect((await bob.client.get('/object_info/LoadImage')).status).toBe(200)
    })
  })

  describe('validate', () => {
    const validate = (prompt: unknown, others: Record<string, unknown> = {}) =>
      world().alice.client.post(VALIDATE, { prompt, ...others })

    it('accepts and stores nothing', async () => {
      const before = contentsOf(world().alice.folders.output)
      const answer = await validate(savePrompt())
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual({ node_errors: {}, outputs: ['2'] })
      expect((await gate().get('/queue')).json()).toEqual({ queue_running: [], queue_pending: [] })
      expect(contentsOf(world().alice.folders.output)).toEqual(before)
    })

    it('refuses in ComfyUI’s shape', async () => {
      const prompt = savePrompt()
      prompt['1']!.inputs['width'] = -5
      const answer = await validate(prompt)
      expect(answer.status).toBe(400)
      expect(answer.json()).toMatchObject({
        error: { type: 'prompt_outputs_failed_validation', message: expect.any(String), extra_info: {} },
        node_errors: { '1': { class_type: 'EmptyImage', errors: [{ type: 'value_smaller_than_min' }] } },
      })
    })

    it('says which outputs are wrong when others are right', async () => {
      const prompt = { ...savePrompt(), '8': { class_type: 'SaveImage', inputs: { images: ['1', 0] } } }
      const answer = await validate(prompt)
      expect(answer.status).toBe(200)
      expect(Object.keys(answer.json().node_errors)).toEqual(['8'])
      expect(answer.json().outputs).toEqual(['2'])
      expect((await validate(prompt, { partial_execution_targets: ['2'] })).json()).toEqual({
        node_errors: {},
        outputs: ['2'],
      })
    })

    it.each([['{}'], ['[]'], ['5'], ['{"prompt":5}'], ['{"prompt":[]}'], ['{"prompt":{"1":5}}'], ['no JSON'], ['']])(
      'the body %s is 400, and the engine lives on',
      async (body) => {
        const answer = await world().alice.client.send('POST', VALIDATE, body, { 'content-type': 'application/json' })
        expect(answer.status).toBe(400)
        expect((await validate(savePrompt())).status).toBe(200)
      },
    )

    it('case 24: looks into one’s own folders only', async () => {
      const { alice, bob } = world()
      const { name } = await uploadPicture(bob)
      const prompt = { ...savePrompt(), '1': { class_type: 'LoadImage', inputs: { image: name } } }
      expect((await validate(prompt)).status).toBe(400)
      expect((await bob.client.post(VALIDATE, { prompt })).status).toBe(200)
      const { filename } = await savePicture(bob)
      const suffixed = { ...savePrompt(), '1': { class_type: 'LoadImage', inputs: { image: `${filename} [output]` } } }
      expect((await alice.client.post(VALIDATE, { prompt: suffixed })).status).toBe(400)
      expect((await bob.client.post(VALIDATE, { prompt: suffixed })).status).toBe(200)
    })

    it('has no twin below /api', async () => {
      const answer = await world().alice.client.post(`/api${VALIDATE}`, { prompt: savePrompt() })
      expect([404, 405]).toContain(answer.status)
    })
  })

  describe('health', () => {
    it('says what keeps people apart', async () => {
      const answer = await clientOf(engine()).get(`/gatehouse/companion/health?nonce=${'0'.repeat(32)}`)
      expect(answer.json().patches).toMatchObject(everyEnginePatch)
    })
  })
}
