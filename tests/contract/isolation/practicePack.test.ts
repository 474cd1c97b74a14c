import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineNodesSchema, engineRoutesSchema } from '../../../proxy/contract/nodes.ts'
import { startEngineUnderTest, usesRealComfyui } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { nextUnique } from '../prompts.ts'
import { addPerson, ALICE_ID, BOB_ID, clientOf, makePeopleFolder, toBody } from './world.ts'
import type { Person } from './world.ts'

/** What only the practice engine has: its stand-in for a pack, and its models. */
describe.skipIf(usesRealComfyui)('rules for nodes and models on the practice engine', () => {
  const people = makePeopleFolder()
  let engine: EngineUnderTest
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    engine = await startEngineUnderTest()
    alice = await addPerson(engine, ALICE_ID, people.path)
    bob = await addPerson(engine, BOB_ID, people.path)
  })
  afterAll(async () => {
    await engine.close()
    people.remove()
  })

  const INK = 'practice-ink.safetensors'
  const PAINT = 'practice-paint.safetensors'
  const usual = ['EmptyImage', 'PreviewAny', 'PreviewImage', 'PracticeModelLoader', 'PracticeTextEncode']
  const put = (rules: unknown): Promise<{ status: number }> => {
    const body = JSON.stringify({ ...toBody(alice.folders), rules })
    return clientOf(engine).send('PUT', `/gatehouse/companion/users/${alice.id}`, body)
  }
  const limit = async (models: Record<string, string[]>, nodes: string[] | null = null): Promise<void> => {
    expect((await put({ models, nodes })).status).toBe(204)
  }
  const show = (class_type: string, inputs: Record<string, unknown>) => ({
    '1': { class_type, inputs },
    '2': { class_type: 'PreviewAny', inputs: { source: ['1', 0], unique: nextUnique() } },
  })
  const expandTo = (name: string) => ({
    '1': { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: nextUnique() } },
    '2': { class_type: 'PracticeExpand', inputs: { image: ['1', 0], class_name: name } },
    '3': { class_type: 'PreviewImage', inputs: { images: ['2', 0] } },
  })
  const lastMessage = (entry: any): [string, any] => entry.status.messages.at(-1)

  it('says what it has in the gate’s shape, in nobody’s name', async () => {
    const { nodes } = engineNodesSchema.parse((await clientOf(engine).get('/gatehouse/companion/nodes')).json())
    const found = (name: string) => nodes.find((node) => node.name === name)
    expect(found('PracticeRunProgram')).toMatchObject({ pack: 'practice-pack', risks: ['startsPrograms'] })
    expect(found('RegexMatch')).toMatchObject({ pack: 'comfyui', risks: ['canHang'] })
    expect(found('SaveImage')).toMatchObject({
      pack: 'comfyui',
      risks: [],
      sourceHash: expect.stringMatching(/^\w{64}$/),
    })
    const { routes } = engineRoutesSchema.parse((await clientOf(engine).get('/gatehouse/companion/routes')).json())
    expect(routes).toContainEqual({ method: 'GET', path: '/api/object_info/{class}', pack: 'comfyui' })
    expect(routes.some(({ path }) => path.startsWith('/gatehouse'))).toBe(false)
  })

  it.each([
    ['a node of one’s own', { models: {}, nodes: 5 }],
    ['no models', { nodes: null }],
    ['something more', { models: {}, nodes: null, more: true }],
    ['names that are none', { models: { loras: [1] }, nodes: null }],
    ['null', null],
  ])('rules with %s are refused, and those before stay', async (_name, rules) => {
    await limit({ checkpoints: [INK] })
    expect((await put(rules)).status).toBe(400)
    expect((await alice.client.get('/models/checkpoints')).json()).toEqual([INK])
  })

  it('an expanded node obeys the rules as one that was sent', async () => {
    await limit({}, [...usual, 'PracticeExpand', 'ImageInvert'])
    expect((await alice.client.run(expandTo('ImageInvert'))).entry.status.status_str).toBe('success')
    await limit({}, [...usual, 'PracticeExpand'])
    const { entry } = await alice.client.run(expandTo('ImageInvert'))
    expect(lastMessage(entry)).toMatchObject(['execution_error', { node_id: '2' }])
    expect(lastMessage(entry)[1].exception_message).toContain('ImageInvert')
    expect((await bob.client.run(expandTo('ImageInvert'))).entry.status.status_str).toBe('success')
  })

  it('a published workflow runs past the rules for nodes, and not past those for models', async () => {
    await limit({ checkpoints: [INK] }, ['PreviewAny'])
    const published = { extra_data: { gatehouse_published: true } }
    expect((await alice.client.queue(show('PracticeRunProgram', { command: 'x' }))).status).toBe(400)
    const ran = await alice.client.run(show('PracticeRunProgram', { command: 'x' }), published)
    expect(ran.entry.status.status_str).toBe('success')
    const other = await alice.client.queue(show('PracticeModelLoader', { ckpt_name: PAINT }), published)
    expect(other.status).toBe(400)
  })

  it('shows only the models that are allowed, wherever it shows any', async () => {
    await limit({ checkpoints: [INK], embeddings: [] })
    const get = async (path: string) => (await alice.client.get(path)).json()
    expect(await get('/models/checkpoints')).toEqual([INK])
    expect((await get('/experiment/models/checkpoints')).map(({ name }: { name: string }) => name)).toEqual([INK])
    expect(await get('/embeddings')).toEqual([])
    expect(await get('/models/loras')).toEqual(['practice/soft.safetensors'])
    const info = await get('/object_info/PracticeModelLoader')
    expect(info.PracticeModelLoader.input.required.ckpt_name[0]).toEqual([INK])
    const metadata = (name: string) => alice.client.get(`/view_metadata/checkpoints?filename=${name}`)
    expect([(await metadata(INK)).status, (await metadata(PAINT)).status]).toEqual([200, 404])
    expect((await bob.client.get('/models/checkpoints')).json()).toEqual([INK, PAINT])
  })

  it('a forbidden model is not opened: by a list, by a link from another kind, in a text', async () => {
    await limit({ checkpoints: [INK], embeddings: [] })
    const checkpoints = join(engine.folders.input, '..', 'models', 'checkpoints')
    symlinkSync(join(checkpoints, PAINT), join(checkpoints, '..', 'loras', 'linked.safetensors'))
    expect((await alice.client.get('/models/loras')).json()).toEqual(['practice/soft.safetensors'])
    expect((await alice.client.queue(show('PracticeModelLoader', { ckpt_name: PAINT }))).status).toBe(400)
    expect((await bob.client.run(show('PracticeModelLoader', { ckpt_name: PAINT }))).entry.status.status_str).toBe(
      'success',
    )
    const read = async (person: Person): Promise<string> =>
      (await person.client.run(show('PracticeTextEncode', { text: 'a embedding:practice-mood b' }))).entry.outputs['2']
        .text[0]
    expect(await read(alice)).toBe('a  b')
    expect(await read(bob)).toMatch(/^a [0-9a-f]{64} b$/)
  })

  it('what was loaded before a model was forbidden is not taken from the cache', async () => {
    await limit({})
    const prompt = { ...show('PracticeModelLoader', { ckpt_name: PAINT }) }
    expect((await alice.client.run(prompt)).entry.status.status_str).toBe('success')
    await limit({ checkpoints: [INK] })
    expect((await alice.client.queue(prompt)).status).toBe(400)
  })
})
