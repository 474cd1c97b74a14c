import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineNodesSchema, engineRoutesSchema } from '../../../../proxy/contract/nodes.ts'
import type { EngineUnderTest } from '../../../support/engineUnderTest.ts'
import { safetensors } from '../../../support/safetensors.ts'
import type { Prompt } from '../../../support/engineClient.ts'
import { nextUnique } from '../../prompts.ts'
import { addPerson, clientOf, toBody } from '../world.ts'
import type { Person } from '../world.ts'
import type { CompanionContext } from './companionCases.ts'

let count = 0
const nextId = (): string => `rule${String((count += 1)).padStart(12, '0')}`
const VALIDATE = '/gatehouse/companion/validate'

const picture = (): Prompt => ({
  '1': { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: nextUnique() } },
  '2': { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
  '3': { class_type: 'PreviewImage', inputs: { images: ['2', 0] } },
})
const withoutInvert = ['EmptyImage', 'PreviewImage']

/** What people may use of classes of nodes and of models, at an engine that is asked as the gate asks it. */
export function describeRules({ engine, folder }: CompanionContext): void {
  const gate = () => clientOf(engine())
  const put = (person: Person, rules: unknown) =>
    gate().send(
      'PUT',
      `/gatehouse/companion/users/${person.id}`,
      JSON.stringify({ ...toBody(person.folders), ...(rules !== undefined && { rules }) }),
    )
  const limit = async (person: Person, rules: unknown): Promise<void> => {
    expect((await put(person, rules)).status).toBe(204)
  }
  const newPerson = () => addPerson(engine(), nextId(), folder())

  describe('rules for classes of nodes', () => {
    it('a class that is not among them is refused, named with its node, by the check and by the queue', async () => {
      const person = await newPerson()
      await limit(person, { models: {}, nodes: withoutInvert })
      const prompt = picture()
      for (const answer of [await person.client.queue(prompt), await person.client.post(VALIDATE, { prompt })]) {
        expect([answer.status, answer.json().error.type]).toEqual([400, 'not_allowed'])
        expect(answer.json().error.message).toContain('#2 (ImageInvert)')
        expect(Object.keys(answer.json().node_errors)).toEqual(['2'])
        expect(answer.json().node_errors['2'].class_type).toBe('ImageInvert')
      }
      await limit(person, { models: {}, nodes: [...withoutInvert, 'ImageInvert'] })
      expect((await person.client.run(prompt)).entry.status.status_str).toBe('success')
      await limit(person, undefined)
      expect((await person.client.queue(picture())).status).toBe(200)
    })

    it('a node that leads nowhere is looked at too', async () => {
      const person = await newPerson()
      await limit(person, { models: {}, nodes: withoutInvert })
      const { '2': invert, ...rest } = picture()
      const prompt = { ...rest, '3': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } } }
      expect((await person.client.queue({ ...prompt, aside: invert })).status).toBe(400)
      expect((await person.client.queue(prompt)).status).toBe(200)
    })

    it('a published workflow is not asked, and only the gate’s own word makes it one', async () => {
      const person = await newPerson()
      await limit(person, { models: {}, nodes: withoutInvert })
      const published = (value: unknown) => ({ extra_data: { gatehouse_published: value } })
      for (const value of [false, 1, 'true', null, [true]])
        expect([value, (await person.client.queue(picture(), published(value))).status]).toEqual([value, 400])
      const check = (more: Record<string, unknown>) =>
        person.client.post(VALIDATE, { prompt: picture(), ...more }).then(({ status }) => status)
      expect([await check({ published: true }), await check({ published: false }), await check({})]).toEqual([
        200, 400, 400,
      ])
      expect((await person.client.run(picture(), published(true))).entry.status.status_str).toBe('success')
      expect((await person.client.queue(picture())).status).toBe(400)
    })

    it('the lists of classes show those that may be used, and everybody else’s stay whole', async () => {
      const [person, other] = [await newPerson(), await newPerson()]
      await limit(person, { models: {}, nodes: withoutInvert })
      for (const prefix of ['', '/api']) {
        const names = async (of: Person, path: string) =>
          Object.keys((await of.client.get(prefix + path)).json()).sort()
        expect(await names(person, '/object_info')).toEqual(withoutInvert)
        expect(await names(person, '/object_info/ImageInvert')).toEqual([])
        expect(await names(person, '/object_info/EmptyImage')).toEqual(['EmptyImage'])
        expect(await names(other, '/object_info')).toEqual(expect.arrayContaining(['ImageInvert', 'EmptyImage']))
      }
    })

    it('no class at all may be used with an empty list', async () => {
      const person = await newPerson()
      await limit(person, { models: {}, nodes: [] })
      expect((await person.client.queue(picture())).status).toBe(400)
      expect((await person.client.get('/object_info')).json()).toEqual({})
    })
  })

  describe('rules of another shape', () => {
    it.each([
      ['null', null],
      ['a list', []],
      ['no classes', { models: {} }],
      ['no models', { nodes: null }],
      ['something more', { models: {}, nodes: null, more: 1 }],
      ['models that are a list', { models: ['a'], nodes: null }],
      ['a name that is a number', { models: { loras: [1] }, nodes: null }],
      ['an empty name', { models: { loras: [''] }, nodes: null }],
      ['classes that are a text', { models: {}, nodes: 'SaveImage' }],
    ])('%s: refused, and those before stay', async (_name, rules) => {
      const person = await newPerson()
      await limit(person, { models: {}, nodes: withoutInvert })
      expect((await put(person, rules)).status).toBe(400)
      expect((await person.client.queue(picture())).status).toBe(400)
    })
  })

  describe('rules for models', () => {
    it('a model that is not listed is as if it was not there, also as the same file under another kind', async () => {
      const [person, other] = [await newPerson(), await newPerson()]
      const remove = makeModels(engine())
      try {
        await limit(person, { models: { checkpoints: ['rule-mine.safetensors'] }, nodes: null })
        const names = async (of: Person, path: string): Promise<string[]> => {
          const found: (string | { name: string })[] = (await of.client.get(path)).json()
          const texts = found.map((item) => (typeof item === 'string' ? item : item.name))
          return texts.filter((name) => name.startsWith('rule-')).sort()
        }
        const both = ['rule-mine.safetensors', 'rule-secret.safetensors']
        for (const path of ['/models/checkpoints', '/api/models/checkpoints', '/experiment/models/checkpoints']) {
          expect([path, await names(other, path)]).toEqual([path, both])
          expect([path, await names(person, path)]).toEqual([path, both.slice(0, 1)])
        }
        expect(await names(other, '/models/loras')).toEqual(['rule-linked.safetensors', 'rule-style.safetensors'])
        expect(await names(person, '/models/loras')).toEqual(['rule-style.safetensors'])
        const metadata = async (of: Person, kind: string, name: string) =>
          (await of.client.get(`/view_metadata/${kind}?filename=rule-${name}.safetensors`)).status
        expect([
          await metadata(person, 'checkpoints', 'mine'),
          await metadata(person, 'checkpoints', 'secret'),
          await metadata(person, 'loras', 'linked'),
          await metadata(other, 'checkpoints', 'secret'),
        ]).toEqual([200, 404, 404, 200])
      } finally {
        remove()
      }
    })
  })

  describe('what the gate is told of this start', () => {
    it('every class with its source, and every route, for the gate alone', async () => {
      const person = await newPerson()
      const { nodes } = engineNodesSchema.parse((await gate().get('/gatehouse/companion/nodes')).json())
      const names = Object.keys((await person.client.get('/object_info')).json()).sort()
      expect(nodes.map(({ name }) => name).sort()).toEqual(names)
      const saving = nodes.find(({ name }) => name === 'SaveImage')
      expect(saving).toMatchObject({ pack: 'comfyui', risks: [], sourceHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
      const { routes } = engineRoutesSchema.parse((await gate().get('/gatehouse/companion/routes')).json())
      for (const path of ['/prompt', '/api/prompt'])
        expect(routes).toContainEqual({ method: 'POST', path, pack: 'comfyui' })
      for (const path of ['nodes', 'routes'])
        expect((await person.client.get(`/gatehouse/companion/${path}`)).status).toBeGreaterThanOrEqual(400)
    })
  })
}

/** Two checkpoints, and beside a LoRA a link to one of them that calls itself a LoRA. */
function makeModels(engine: EngineUnderTest): () => void {
  // ComfyUI looks for models in its output folder too.
  const models = engine.kind === 'comfyui' ? engine.folders.output : join(engine.folders.input, '..', 'models')
  const below = (kind: string, name: string): string => join(models, kind, `rule-${name}.safetensors`)
  const made = [below('checkpoints', 'mine'), below('checkpoints', 'secret'), below('loras', 'style')]
  for (const kind of ['checkpoints', 'loras']) mkdirSync(join(models, kind), { recursive: true })
  for (const path of made) writeFileSync(path, safetensors({ x: [1] }, { name: 'told by the file' }))
  symlinkSync(below('checkpoints', 'secret'), below('loras', 'linked'))
  return () => {
    for (const path of [...made, below('loras', 'linked')]) rmSync(path, { force: true })
  }
}
