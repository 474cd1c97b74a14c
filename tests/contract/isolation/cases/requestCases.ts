import { afterEach, describe, expect, it } from 'vitest'
import { tokens } from '../../../support/gateFixture.ts'
import { sendRaw } from '../../../support/rawHttpClient.ts'
import { makePng, nextUnique, savePrompt } from '../../prompts.ts'
import type { GateWorld } from '../gateWorld.ts'
import { everythingOf, savePicture, uploadPicture, view } from '../world.ts'
import { gateSteps } from './gateSteps.ts'

/** Ways to write the path of everybody’s jobs; a proxy that reads one otherwise than ComfyUI shows them. */
const TARGETS = [
  '/%71ueue',
  '/api/%71ueue',
  '/QUEUE',
  '/queue/',
  '/queue;x',
  '/./queue',
  '/x/../queue',
  '/x/%2e%2e/queue',
  '//queue',
  '/api//queue',
  '/api/api/queue',
  '/\\queue',
  '/%5cqueue',
  '/queue%00',
  '/%2571ueue',
  'http://127.0.0.1/queue',
  'http://127.0.0.1/%71ueue',
]

const JSON_TYPE = { 'content-type': 'application/json' }

/** Requests that mean something else to whoever reads them otherwise, and what ends ComfyUI. */
export function describeOddRequests(world: () => GateWorld): void {
  const { idsOf, queue, keepBusy, endWell, tidyUp } = gateSteps(world)
  const raw = (lines: readonly string[], token: string = tokens.creator2) =>
    sendRaw(
      world().port,
      [lines[0], 'Host: 127.0.0.1', `Authorization: Bearer ${token}`, ...lines.slice(1), '', ''].join('\r\n'),
    )

  afterEach(tidyUp)

  describe('an odd spelling', () => {
    it('case 32: no way to write a path shows her jobs', async () => {
      const { alice } = world()
      const { running, waiting } = await keepBusy()
      for (const target of TARGETS) {
        const answer = await raw([`GET ${target} HTTP/1.1`, 'Connection: close'])
        for (const id of [running, waiting, alice.id])
          expect([target, answer.text.includes(id)]).toEqual([target, false])
        const isOwnQueue = answer.statuses[0] === 200 && answer.text.includes('{"queue_running":[],"queue_pending":[]}')
        expect([target, isOwnQueue || [400, 403, 404].includes(answer.statuses[0] ?? 0)]).toEqual([target, true])
      }
      expect(await idsOf(alice)).toContain(waiting)
      await endWell(alice, running, waiting)
    })

    it('case 34: a parameter given twice is 400, whichever of the two would be taken', async () => {
      const { alice, bob } = world()
      const mine = await savePicture(bob)
      const hers = await savePicture(alice)
      const { body } = await view(alice, { type: 'output', filename: hers.filename })
      for (const query of [
        `filename=${mine.filename}&filename=${hers.filename}&type=output`,
        `filename=${hers.filename}&filename=${mine.filename}&type=output`,
        `filename=${hers.filename}&type=temp&type=output`,
        `filename=${hers.filename}&type=output&subfolder=&subfolder=..`,
        `filename=${mine.filename}&%66ilename=${hers.filename}&type=output`,
      ]) {
        for (const path of ['/view', '/api/view']) {
          const answer = await bob.client.get(`${path}?${query}`)
          expect([query, answer.status, answer.body.includes(body)]).toEqual([query, 400, false])
        }
      }
    })
  })

  describe('an odd method', () => {
    it('case 33: no method tells or changes anything of hers', async () => {
      const { alice, bob } = world()
      const hers = await uploadPicture(alice)
      const { running, waiting } = await keepBusy()
      const before = everythingOf(alice)
      for (const method of ['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
        for (const path of ['/queue', '/history', '/prompt', '/interrupt', `/view?filename=${hers.name}&type=input`]) {
          const answer = await bob.client.send(method, path)
          expect([method, path, answer.status]).toEqual([method, path, method === 'OPTIONS' ? 204 : 405])
          expect(answer.body.includes(hers.content) || answer.text.includes(running)).toBe(false)
          expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
        }
      }
      expect(await idsOf(alice)).toContain(waiting)
      expect(everythingOf(alice)).toEqual(before)
      await endWell(alice, running, waiting)
    })

    it('case 33: a method in a header is none', async () => {
      const { alice, bob } = world()
      const stem = `kept_${nextUnique()}.json`
      for (const { client } of [alice, bob]) await client.send('POST', `/userdata/${stem}`, '{}')
      const { running, waiting } = await keepBusy()
      for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
        expect((await bob.client.get(`/userdata/${stem}`, { [name]: 'DELETE' })).text).toBe('{}')
        expect((await bob.client.get('/interrupt', { [name]: 'POST' })).status).toBe(405)
        expect((await bob.client.get('/queue', { [name]: 'POST' })).json().queue_pending).toEqual([])
      }
      for (const { client } of [alice, bob]) expect((await client.get(`/userdata/${stem}`)).status).toBe(200)
      await endWell(alice, running, waiting)
    })

    it('case 33: HEAD tells no more of jobs than GET', async () => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      for (const path of ['/queue', '/history', `/history/${running}`, '/prompt']) {
        const [head, get] = [await bob.client.send('HEAD', path), await bob.client.get(path)]
        expect([path, head.status, head.body.length]).toEqual([path, get.status, 0])
        const told = head.headers['content-length'] ?? String(get.body.length)
        expect([path, told]).toEqual([path, String(get.body.length)])
      }
      await endWell(alice, running, waiting)
    })

    it('case 33: CONNECT opens no tunnel', async () => {
      const { alice } = world()
      const { running, waiting } = await keepBusy()
      const answer = await raw([`CONNECT 127.0.0.1:${world().port} HTTP/1.1`])
      expect(answer.statuses.filter((status) => status < 400)).toEqual([])
      expect(answer.closed).toBe(true)
      await endWell(alice, running, waiting)
    })
  })

  describe('a body that ends ComfyUI', () => {
    const bare = { '7': { class_type: 'EmptyImage' } }
    const bodies: readonly (readonly [string, () => string])[] = [
      ['a list as client_id', () => JSON.stringify({ prompt: savePrompt(), client_id: [] })],
      ['an object as client_id', () => JSON.stringify({ prompt: savePrompt(), client_id: {} })],
      ['a number as extra_data', () => JSON.stringify({ prompt: savePrompt(), extra_data: 5 })],
      ['a node without inputs', () => JSON.stringify({ prompt: { ...savePrompt(), ...bare } })],
      [
        'a list as inputs',
        () => JSON.stringify({ prompt: { ...savePrompt(), '7': { class_type: 'EmptyImage', inputs: [1] } } }),
      ],
      ['a list as prompt', () => JSON.stringify({ prompt: [savePrompt()] })],
      ['a number as node', () => JSON.stringify({ prompt: { ...savePrompt(), '7': 5 } })],
      ['nesting without end', () => `{"prompt":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`],
      ['a million nodes', () => `{"prompt":{${'"1":1,'.repeat(1_000_000)}"2":1}}`],
    ]
    it.each(bodies)('case 22: %s is refused, and her jobs do not notice', async (_name, toBody) => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      for (const path of ['/prompt', '/api/prompt']) {
        const answer = await bob.client.send('POST', path, toBody(), JSON_TYPE)
        expect(answer.status).toBe(400)
        expect(answer.json()).toMatchObject({ error: { type: expect.any(String) }, node_errors: {} })
      }
      expect(await idsOf(bob)).toEqual([])
      await endWell(alice, running, waiting)
      await endWell(bob, await queue(bob, savePrompt()))
    })

    it('case 22: one number and one id twice, while her job runs, are two jobs', async () => {
      const { alice, bob, owner } = world()
      const hers = await keepBusy()
      const same = { number: 7, prompt_id: '01234567-89ab-4cde-8f01-23456789abcd' }
      const ids: string[] = []
      // An administrator's number counts: ComfyUI would compare the two, and end.
      for (const person of [owner, owner, bob]) ids.push(await queue(person, savePrompt(), same))
      expect(new Set(ids).size).toBe(3)
      for (const [at, person] of [owner, owner, bob].entries()) await endWell(person, ids[at] ?? '')
      await endWell(alice, hers.running, hers.waiting)
    })

    it('case 20: no number takes a place of hers', async () => {
      const { alice, bob } = world()
      const hers = await keepBusy()
      for (const number of ['"nan"', 'NaN', 'Infinity', '-1e999', '1e999', 'null', '[]', '"1e3"', '-1000000000']) {
        const body = `{"prompt": ${JSON.stringify(savePrompt())}, "number": ${number}, "front": true}`
        const answer = await bob.client.send('POST', '/prompt', body, JSON_TYPE)
        if (answer.status === 200) {
          expect(answer.json().number).toBeGreaterThanOrEqual(0)
          await endWell(bob, answer.json().prompt_id)
        } else expect([number, answer.status]).toEqual([number, 400])
      }
      await endWell(alice, hers.running, hers.waiting)
    })

    it.each(['not-a-uuid', '../../x', '', 'A1234567-89AB-4CDE-8F01-23456789ABCD', 5, { a: 1 }, ['x'], null])(
      'case 21: the id %j is replaced by a fresh one',
      async (wanted) => {
        const { alice, bob } = world()
        const { promptId } = await savePicture(alice)
        const his = await queue(bob, savePrompt(), { prompt_id: wanted })
        expect(his).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
        await endWell(bob, his)
        expect(Object.keys((await bob.client.get('/history')).json())).toContain(his)
        expect((await alice.client.get('/history')).text).not.toContain(his)
        expect((await alice.client.get(`/history/${promptId}`)).json()).toHaveProperty([promptId])
      },
    )
  })

  describe('a body that grows', () => {
    it('case 36: a compressed body is not unpacked, and her jobs do not notice', async () => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      const before = everythingOf(bob)
      const bomb = await makePng()
      for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip']) {
        for (const path of ['/prompt', '/upload/image', '/userdata/bomb.json', '/settings']) {
          const answer = await bob.client.send('POST', path, bomb, { ...JSON_TYPE, 'content-encoding': encoding })
          expect([path, encoding, answer.status]).toEqual([path, encoding, 415])
        }
      }
      expect(everythingOf(bob)).toEqual(before)
      await endWell(alice, running, waiting)
    })
  })
}
