/** What a person may use of models and classes of nodes, in a real ComfyUI. */
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { engineNodesSchema, engineRoutesSchema } from '../../../proxy/contract/nodes.ts'
import { startComfyuiWithPacks, type ComfyuiUser, type ComfyuiWithPacks } from '../../support/comfyuiWithPacks.ts'
import { waitFor, type EngineClient, type Prompt } from '../../support/engineClient.ts'
import { safetensors } from '../../support/safetensors.ts'

const hasComfyui = process.env['COMFYUI_DIR'] !== undefined
const KINDS = ['vae', 'loras', 'embeddings'] as const
// The decoder of the smallest VAE that ComfyUI knows: what is not in the file it leaves as it was made.
const tinyVae = safetensors({ 'taesd_decoder.1.weight': [64, 4, 3, 3] }, { secret: 'told by the file' })

const one = (kind: string, text: string): Prompt => ({ '1': { class_type: kind, inputs: { text } } })
const decode = (vae: string): Prompt => ({
  v: { class_type: 'VAELoader', inputs: { vae_name: vae } },
  l: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
  d: { class_type: 'VAEDecode', inputs: { samples: ['l', 0], vae: ['v', 0] } },
  p: { class_type: 'PreviewImage', inputs: { images: ['d', 0] } },
})

describe.skipIf(!hasComfyui)('what a person may use of a real ComfyUI', () => {
  let comfyui: ComfyuiWithPacks
  let models: string
  let alice: ComfyuiUser
  let bob: ComfyuiUser

  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), 'gatehouse-models-'))
    for (const kind of KINDS) await mkdir(join(models, kind))
    const embedding = safetensors({ x: [1, 1] })
    for (const name of ['mine', 'secret']) {
      await writeFile(join(models, 'vae', `${name}.safetensors`), tinyVae)
      await writeFile(join(models, 'loras', `${name}.safetensors`), embedding)
      await writeFile(join(models, 'embeddings', `${name}.safetensors`), embedding)
    }
    await link(join(models, 'vae', 'secret.safetensors'), join(models, 'loras', 'again.safetensors'))
    await symlink(join(models, 'vae', 'secret.safetensors'), join(models, 'loras', 'linked.safetensors'))
    const yaml = join(models, 'models.yaml')
    const lines = KINDS.map((kind) => `  ${kind}: ${JSON.stringify(join(models, kind))}`)
    await writeFile(yaml, `rules:\n${lines.join('\n')}\n`)
    comfyui = await startComfyuiWithPacks({ rules: 'tests/support/rulesPack' }, ['--extra-model-paths-config', yaml])
    alice = await comfyui.addUser('alice00000000000')
    bob = await comfyui.addUser('bob0000000000000')
  }, 180_000)

  afterAll(async () => {
    await comfyui.close()
    await rm(models, { recursive: true, force: true })
  })

  const limit = async (user: ComfyuiUser, rules: unknown): Promise<void> => {
    const { input, output, temp, userdata } = user.folders
    const folders = { inputDirectory: input, outputDirectory: output, tempDirectory: temp, userdataDirectory: userdata }
    expect(await comfyui.put(user.id, { ...folders, ...(rules !== undefined && { rules }) })).toBe(204)
  }
  const mineOnly = { vae: ['mine.safetensors'], embeddings: ['mine.safetensors'] }

  beforeEach(() => limit(alice, { models: mineOnly, nodes: null }))

  const opened = async (client: EngineClient, path: string): Promise<string[]> =>
    (await client.run(one('RulesOpen', path))).entry.outputs['1'].came
  const optionsOf = async (client: EngineClient, kind: string, input: string): Promise<string[]> =>
    (await client.get(`/object_info/${kind}`)).json()[kind].input.required[input][0]

  it('has all its parts', async () => {
    const { patches } = await comfyui.health()
    expect(Object.entries(patches).filter(([, works]) => !works)).toEqual([])
  })

  it('shows only listed models, by every route and in every form', async () => {
    const names = async (client: EngineClient, path: string): Promise<string[]> => {
      const found: (string | { name: string })[] = (await client.get(path)).json()
      return found.map((item) => (typeof item === 'string' ? item : item.name)).filter((name) => !/put_/.test(name))
    }
    for (const prefix of ['', '/api'])
      for (const [path, mine, secret] of [
        [`${prefix}/models/vae`, 'mine.safetensors', 'secret.safetensors'],
        [`${prefix}/embeddings`, 'mine', 'secret'],
        [`${prefix}/experiment/models/vae`, 'mine.safetensors', 'secret.safetensors'],
      ] as const) {
        expect([path, await names(bob.client, path)]).toEqual([path, expect.arrayContaining([mine, secret])])
        const shown = await names(alice.client, path)
        expect([path, shown.includes(mine), shown.includes(secret)]).toEqual([path, true, false])
        expect([path, await names(bob.client, path)]).toEqual([path, expect.arrayContaining([mine, secret])])
      }
    expect(await optionsOf(alice.client, 'VAELoader', 'vae_name')).not.toContain('secret.safetensors')
    expect(await optionsOf(bob.client, 'VAELoader', 'vae_name')).toContain('secret.safetensors')
    const all = (await alice.client.get('/object_info')).json()
    expect(all['VAELoader'].input.required.vae_name[0]).toEqual(['mine.safetensors', 'pixel_space'])
  })

  it('tells nothing about a model that is not listed', async () => {
    const metadata = (client: EngineClient, kind: string, name: string) =>
      client.get(`/view_metadata/${kind}?filename=${name}.safetensors`)
    expect((await metadata(bob.client, 'vae', 'secret')).text).toContain('told by the file')
    expect((await metadata(alice.client, 'vae', 'mine')).text).toContain('told by the file')
    for (const [kind, name] of [
      ['vae', 'secret'],
      ['loras', 'again'],
      ['loras', 'linked'],
    ] as const)
      expect([name, (await metadata(alice.client, kind, name)).status]).toEqual([name, 404])
    const list = (await bob.client.get('/experiment/models/vae')).json() as { name: string; pathIndex: number }[]
    const index = list.find(({ name }) => name === 'secret.safetensors')?.pathIndex
    for (const name of ['secret.safetensors', 'secret.x', 'secret'])
      expect((await alice.client.get(`/experiment/models/preview/vae/${index}/${name}`)).status).toBe(404)
  })

  it('absolute path as model name: is no model', async () => {
    for (const name of [join(models, 'vae', 'secret.safetensors'), '../vae/secret.safetensors', 'secret.safetensors']) {
      const answer = await alice.client.queue(decode(name))
      expect([name, answer.status]).toEqual([name, 400])
    }
    expect((await bob.client.run(decode('secret.safetensors'))).entry.status.status_str).toBe('success')
    expect((await alice.client.run(decode('mine.safetensors'))).entry.status.status_str).toBe('success')
  })

  it('same file under another kind, a link made to a forbidden model: nobody opens it by a path of their own', async () => {
    const hers = join(alice.folders.input, 'way.safetensors')
    await symlink(join(models, 'vae', 'secret.safetensors'), hers)
    const paths = [join(models, 'vae', 'secret.safetensors'), join(models, 'loras', 'again.safetensors')]
    for (const path of [...paths, join(models, 'loras', 'linked.safetensors'), hers])
      expect([path, new Set(await opened(alice.client, path))]).toEqual([
        path,
        new Set(['open', 'safetensors', 'torch', 'link'].map((way) => `${way}: ModelRefused`)),
      ])
    expect(await opened(alice.client, join(models, 'vae', 'mine.safetensors'))).toContain('safetensors: opened')
    expect(await opened(bob.client, join(models, 'vae', 'secret.safetensors'))).toContain('safetensors: opened')
    expect((await alice.client.get('/models/loras')).json()).toEqual(['mine.safetensors', 'secret.safetensors'])
    expect((await bob.client.get('/models/loras')).json()).toHaveLength(4)
  })

  it('embedding:name in a prompt text: is as if it was not there', async () => {
    const count = async (client: EngineClient, text: string): Promise<number> =>
      (await client.run(one('RulesTokenize', text))).entry.outputs['1'].count[0]
    const text = 'a cat, embedding:mine embedding:secret embedding:secret.safetensors'
    expect(await count(bob.client, text)).toBe(3)
    expect(await count(alice.client, text)).toBe(1)
  })

  it('cached by somebody who may: is not handed to one who may not any more', async () => {
    await limit(alice, undefined)
    const go = join(models, `go-${Date.now()}`)
    const owner = { ...decode('secret.safetensors'), w: { class_type: 'RulesWait', inputs: { text: go } } }
    const first: string = (await comfyui.owner.queue(owner)).json().prompt_id
    const second: string = (await alice.client.queue(decode('secret.safetensors'))).json().prompt_id
    const third: string = (await bob.client.queue(decode('secret.safetensors'))).json().prompt_id
    await limit(alice, { models: mineOnly, nodes: null })
    await writeFile(go, '')
    expect((await comfyui.owner.waitForHistory(first)).status.status_str).toBe('success')
    const hers = await alice.client.waitForHistory(second)
    const error = hers.status.messages.find(([event]: [string]) => event === 'execution_error')[1]
    expect([hers.status.status_str, error.node_id, error.exception_type]).toEqual(['error', 'v', 'FileNotFoundError'])
    expect(hers.outputs).toEqual({})
    expect((await bob.client.waitForHistory(third)).status.status_str).toBe('success')
  })

  it('leaves no result of one’s own behind when a model is forbidden', async () => {
    await limit(alice, undefined)
    expect((await alice.client.run(decode('secret.safetensors'))).entry.status.status_str).toBe('success')
    await limit(alice, { models: mineOnly, nodes: null })
    expect((await alice.client.queue(decode('secret.safetensors'))).status).toBe(400)
  })

  const plainOnly = { models: {}, nodes: ['RulesPlain', 'RulesExpand', 'PreviewImage'] }

  it('refuses a denied class in the check and at the queue, and names node and class', async () => {
    await limit(alice, plainOnly)
    const prompt = { ...one('RulesPlain', 'a'), shell: { class_type: 'RulesShell', inputs: { text: 'true' } } }
    const validate = (more: Record<string, unknown> = {}) =>
      alice.client.post('/gatehouse/companion/validate', { prompt, ...more })
    for (const answer of [await alice.client.queue(prompt), await validate()]) {
      expect([answer.status, answer.json().error.type]).toEqual([400, 'not_allowed'])
      expect(answer.json().error.message).toContain('#shell (RulesShell)')
      expect(Object.keys(answer.json().node_errors)).toEqual(['shell'])
    }
    expect((await validate({ published: true })).status).toBe(200)
    expect((await validate()).status).toBe(400)
    expect((await validate({ published: 'true' })).status).toBe(400)
    expect((await bob.client.queue(prompt)).status).toBe(200)
    expect((await alice.client.run(one('RulesPlain', 'a'))).entry.outputs['1'].text).toEqual(['A'])
  })

  it('expanded node of a denied class: does not run, and the error names it', async () => {
    await limit(alice, plainOnly)
    const { entry } = await alice.client.run(one('RulesExpand', 'RulesShell'))
    const error = entry.status.messages.find(([event]: [string]) => event === 'execution_error')[1]
    expect([error.node_id, error.exception_type]).toEqual(['1', expect.stringMatching(/NodeRefused$/)])
    expect(error.exception_message).toContain('RulesShell')
    expect((await alice.client.run(one('RulesExpand', 'RulesPlain'))).entry.status.status_str).toBe('success')
    expect((await bob.client.run(one('RulesExpand', 'RulesShell'))).entry.status.status_str).toBe('success')
  })

  it('runs every class of a published workflow, with the models allowed to the person', async () => {
    await limit(alice, { models: mineOnly, nodes: ['RulesPlain'] })
    const published = { extra_data: { gatehouse_published: true } }
    const shell = one('RulesExpand', 'RulesShell')
    expect((await alice.client.run(shell, published)).entry.status.status_str).toBe('success')
    expect((await alice.client.queue(shell, { extra_data: { gatehouse_published: 1 } })).status).toBe(400)
    expect((await alice.client.queue(decode('secret.safetensors'), published)).status).toBe(400)
    expect((await alice.client.run(decode('mine.safetensors'), published)).entry.status.status_str).toBe('success')
  })

  it('a class denied while its job waits does not run', async () => {
    await limit(alice, undefined)
    const go = join(models, `go-${Date.now()}`)
    const first: string = (await comfyui.owner.queue(one('RulesWait', go))).json().prompt_id
    const made = join(alice.folders.output, 'made-by-a-shell')
    const second: string = (await alice.client.queue(one('RulesShell', `touch ${made}`))).json().prompt_id
    await limit(alice, plainOnly)
    await writeFile(go, '')
    await comfyui.owner.waitForHistory(first)
    const entry = await alice.client.waitForHistory(second)
    const error = entry.status.messages.find(([event]: [string]) => event === 'execution_error')[1]
    expect([entry.status.status_str, error.node_id, error.node_type]).toEqual(['error', '1', 'RulesShell'])
    expect((await opened(bob.client, made)).join()).not.toContain('opened')
  })

  it('class taken over by another pack: does not run under the allowed name', async () => {
    await limit(alice, plainOnly)
    await comfyui.owner.post('/rules/takeover', {})
    const answer = await alice.client.queue(one('RulesPlain', 'a'))
    await comfyui.owner.post('/rules/giveback', {})
    expect([answer.status, answer.json().error.type]).toEqual([400, 'not_allowed'])
    expect((await alice.client.queue(one('RulesPlain', 'a'))).status).toBe(200)
  })

  it('shows only the classes that may be used', async () => {
    await limit(alice, plainOnly)
    for (const prefix of ['', '/api']) {
      const shown = (await alice.client.get(`${prefix}/object_info`)).json()
      expect(Object.keys(shown).sort()).toEqual([...plainOnly.nodes].sort())
      expect((await alice.client.get(`${prefix}/object_info/RulesShell`)).json()).toEqual({})
      expect(Object.keys((await alice.client.get(`${prefix}/object_info/RulesPlain`)).json())).toEqual(['RulesPlain'])
    }
    const all = await waitFor(async () => Object.keys((await bob.client.get('/object_info')).json()))
    expect(all).toEqual(expect.arrayContaining(['RulesShell', 'KSampler']))
  })

  it('tells the gate, and nobody else, of every class and what speaks against it', async () => {
    const began = performance.now()
    const answer = await comfyui.gate.get('/gatehouse/companion/nodes')
    expect(performance.now() - began).toBeLessThan(5000)
    const { nodes } = engineNodesSchema.parse(answer.json())
    const risksOf = (name: string) => nodes.find((node) => node.name === name)?.risks
    expect(nodes.map(({ name }) => name).sort()).toEqual(
      Object.keys((await comfyui.owner.get('/object_info')).json()).sort(),
    )
    expect(nodes.filter(({ sourceHash }) => !/^[0-9a-f]{64}$/.test(sourceHash))).toEqual([])
    expect([risksOf('RulesShell'), risksOf('RulesIndirect'), risksOf('RulesPlain')]).toEqual([
      ['startsPrograms'],
      ['startsPrograms'],
      [],
    ])
    expect(risksOf('RulesOpen')).toEqual(expect.arrayContaining(['readsAnyFile']))
    expect(nodes.find(({ name }) => name === 'RulesPlain')).toMatchObject({ title: 'Plain words', pack: 'rules' })
    for (const [name, risk] of [
      ['RegexMatch', 'canHang'],
      ['TextEncodeAceStepAudio', 'canHang'],
      ['TorchCompileModel', 'startsPrograms'],
      ['TrainLoraNode', 'trains'],
      ['CheckpointSave', 'savesModels'],
      ['SaveLoRANode', 'savesModels'],
      ['Load3D', 'load3d'],
      ['OpenAIDalle3', 'paid'],
    ] as const)
      expect([name, risksOf(name)]).toEqual([name, [risk]])
    for (const name of ['KSampler', 'CheckpointLoaderSimple', 'LoadImage', 'SaveImage', 'LoraLoader', 'VAEDecode'])
      expect([name, risksOf(name)]).toEqual([name, []])
    expect((await alice.client.get('/gatehouse/companion/nodes')).status).toBe(404)
  })

  it('tells the gate, and nobody else, of every route and whose it is', async () => {
    const answer = await comfyui.gate.get('/gatehouse/companion/routes')
    const { routes } = engineRoutesSchema.parse(answer.json())
    const lines = routes.map(({ method, path, pack }) => `${method} ${path} ${pack}`)
    expect(lines).toEqual(
      expect.arrayContaining([
        'GET /view comfyui',
        'GET /api/view comfyui',
        'POST /prompt comfyui',
        'PATCH /internal/logs/subscribe comfyui',
        'GET /view_metadata/{folder_name} comfyui',
        'POST /rules/takeover rules',
        'POST /api/rules/takeover rules',
      ]),
    )
    expect((await alice.client.get('/gatehouse/companion/routes')).status).toBe(404)
  })
})
