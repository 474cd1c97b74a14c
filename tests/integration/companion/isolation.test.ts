/** What only a real ComfyUI can show: its caches, its threads, its node objects, and packs that do as they like. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { everyEnginePatch } from '../../../proxy/core/enginePatches.ts'
import { makePng, savePrompt } from '../../contract/prompts.ts'
import { startComfyuiWithPacks, type ComfyuiUser, type ComfyuiWithPacks } from '../../support/comfyuiWithPacks.ts'
import { waitFor, type Prompt } from '../../support/engineClient.ts'

const hasComfyui = process.env['COMFYUI_DIR'] !== undefined
const startTimeoutMs = 180_000
const ANNA = 'annaannaannaanna'
const BERT = 'bertbertbertbert'

const probe = (kind: string, text = 'text'): Prompt => ({ '1': { class_type: kind, inputs: { text } } })
const show = (kind: string, image: string): Prompt => ({
  '1': { class_type: kind, inputs: { image, ...(kind === 'LoadImageMask' && { channel: 'red' }) } },
  '2': {
    class_type: kind === 'LoadImageMask' ? 'MaskPreview' : 'PreviewImage',
    inputs: { images: ['1', 0], mask: ['1', 0] },
  },
})
const messageOf = (entry: any, type: string): any =>
  entry.status.messages.find(([name]: [string]) => name === type)?.[1]

describe.skipIf(!hasComfyui)('users of a real ComfyUI', () => {
  let comfyui: ComfyuiWithPacks
  let anna: ComfyuiUser
  let bert: ComfyuiUser

  beforeAll(async () => {
    comfyui = await startComfyuiWithPacks({ probe: 'tests/support/probePack' })
    anna = await comfyui.addUser(ANNA)
    bert = await comfyui.addUser(BERT)
  }, startTimeoutMs)

  afterAll(async () => {
    await comfyui.close()
  })

  beforeEach(async () => {
    await comfyui.owner.waitUntilIdle()
  })

  it('has every part of the isolation in place, and says so', async () => {
    const { patches, workerAlive } = await comfyui.health()
    expect(patches).toEqual({
      secretCheck: true,
      executorGuard: true,
      queueGuard: true,
      lyricsGuard: true,
      ...everyEnginePatch,
    })
    expect(workerAlive).toBe(true)
    expect(comfyui.log()).not.toContain('does not fit')
  })

  describe('results', () => {
    it('case 28: the same prompt makes a file for each, and tells nobody that the other ran it', async () => {
      const prompt = savePrompt({ prefix: 'same' })
      const [first, second] = [await anna.client.run(prompt), await bert.client.run(prompt)]
      const again = await bert.client.run(prompt)
      expect(messageOf(second.entry, 'execution_cached').nodes).toEqual([])
      expect(messageOf(again.entry, 'execution_cached').nodes.sort()).toEqual(['1', '2'])
      for (const { entry } of [first, second])
        expect(entry.outputs['2'].images).toEqual([{ filename: 'same_00001_.png', subfolder: '', type: 'output' }])
      for (const { folders } of [anna, bert]) expect(await readdir(folders.output)).toContain('same_00001_.png')
      expect(await readdir(comfyui.folders.output)).not.toContain('same_00001_.png')
    })

    it('a model is loaded once for everybody, and the other is not told that it was loaded', async () => {
      const prompt: Prompt = {
        vae: { class_type: 'VAELoader', inputs: { vae_name: 'pixel_space' } },
        image: { class_type: 'EmptyImage', inputs: { width: 16, height: 16, batch_size: 1, color: 7 } },
        encode: { class_type: 'VAEEncode', inputs: { pixels: ['image', 0], vae: ['vae', 0] } },
        decode: { class_type: 'VAEDecode', inputs: { samples: ['encode', 0], vae: ['vae', 0] } },
        save: { class_type: 'PreviewImage', inputs: { images: ['decode', 0] } },
      }
      const socket = await comfyui.gate.openSocket({ clientId: 'collector' })
      const ran = async (user: ComfyuiUser): Promise<{ cached: string[]; executed: string[] }> => {
        const { promptId, entry } = await user.client.run(prompt, { client_id: 'collector' })
        const messages = await socket.waitForEnd(promptId)
        const executed = messages.filter(({ type, data }) => type === 'executing' && data.node !== null)
        return {
          cached: messageOf(entry, 'execution_cached').nodes.sort(),
          executed: executed.map(({ data }) => data.node).sort(),
        }
      }
      const [first, second, again] = [await ran(anna), await ran(bert), await ran(bert)]
      socket.close()
      expect(first.executed).toEqual(['decode', 'encode', 'image', 'save', 'vae'])
      expect(second).toEqual({ cached: [], executed: ['decode', 'encode', 'image', 'save'] })
      expect(again.cached).toEqual(['decode', 'encode', 'image', 'save', 'vae'])
    })

    it('node objects with the same id are not shared: previews have names and folders of their own', async () => {
      const previewed = async (user: ComfyuiUser, color: number): Promise<string> => {
        const prompt = savePrompt({ color })
        const save = { class_type: 'PreviewImage', inputs: { images: ['1', 0] } }
        const { entry } = await user.client.run({ ...prompt, '2': save })
        return entry.outputs['2'].images[0].filename
      }
      const [first, second] = [await previewed(anna, 11), await previewed(bert, 12)]
      expect(first.slice(0, 'ComfyUI_temp_abcde'.length)).not.toBe(second.slice(0, 'ComfyUI_temp_abcde'.length))
      expect(await readdir(anna.folders.temp)).toContain(first)
      expect(await readdir(bert.folders.temp)).toContain(second)
      expect(await readdir(bert.folders.temp)).not.toContain(first)
    })

    it('nodes that turn into others while they run save for whose job it is', async () => {
      for (const { client, folders } of [anna, bert]) {
        const { entry } = await client.run(probe('ProbeExpand', 'expanded'))
        expect(entry.status.status_str).toBe('success')
        expect(await readdir(folders.output)).toContain('expanded_00001_.png')
      }
      expect(await readdir(comfyui.folders.output)).not.toContain('expanded_00001_.png')
    })

    it('case 23: a client cannot choose its cached result by is_changed', async () => {
      await writeFile(join(anna.folders.input, 'changed.png'), await makePng(1))
      const prompt = show('LoadImage', 'changed.png')
      const injected = { ...prompt, '1': { ...prompt['1'], is_changed: ['fixed'] } } as Prompt
      await anna.client.run(injected)
      await writeFile(join(anna.folders.input, 'changed.png'), await makePng(2))
      const { entry } = await anna.client.run(injected)
      expect(messageOf(entry, 'execution_cached').nodes).toEqual([])
    })
  })

  describe('packs', () => {
    it('find the folders of the user in every way of asking, in threads and pools too', async () => {
      for (const [user, output] of [
        [anna.client, anna.folders.output],
        [bert.client, bert.folders.output],
        [comfyui.owner, comfyui.folders.output],
        [anna.client, anna.folders.output],
      ] as const) {
        const { entry } = await user.run(probe('ProbeFolders', output))
        expect(entry.outputs['1'].folders).toEqual(Array(6).fill(output))
        expect(await readFile(join(output, 'probe.txt'), 'utf8')).toBe(output)
      }
    })

    it('case 13, 29: what they send to nobody in particular reaches the job’s client only', async () => {
      const collector = await comfyui.gate.openSocket({ clientId: 'collector' })
      const other = await comfyui.gate.openSocket({ clientId: 'other' })
      const { promptId } = await anna.client.run(probe('ProbeMessages', 'private'), { client_id: 'collector' })
      await collector.waitForEnd(promptId)
      const { promptId: later } = await bert.client.run(probe('ProbeFolders', 'x'), { client_id: 'other' })
      await other.waitForEnd(later)
      expect(collector.messages).toContainEqual({ type: 'probe.event', data: { text: 'private', prompt_id: promptId } })
      expect(collector.frames.filter((frame) => frame.includes('private'))).toHaveLength(2)
      expect(other.frames).toEqual([])
      expect(JSON.stringify(other.messages)).not.toContain('private')
      for (const socket of [collector, other]) socket.close()
    })

    it('threads that outlive their job stay with its user, and their pictures reach nobody else', async () => {
      const collector = await comfyui.gate.openSocket({ clientId: 'collector' })
      await anna.client.run(probe('ProbeLeftover', 'left by anna'), { client_id: 'collector' })
      const { promptId } = await bert.client.run(probe('ProbeWakeLeftovers', String(Date.now())), {
        client_id: 'collector',
      })
      await collector.waitForEnd(promptId)
      expect(await readFile(join(anna.folders.output, 'leftover.txt'), 'utf8')).toBe('left by anna')
      expect(existsSync(join(bert.folders.output, 'leftover.txt'))).toBe(false)
      expect(collector.frames).toEqual([])
      collector.close()
    })

    it('case 11: a job belongs to whose request queued it, whatever the request claims', async () => {
      const { entry } = await anna.client.run(probe('ProbeFolders', 'claim'), { extra_data: { gatehouse_user: BERT } })
      expect(entry.prompt[3].gatehouse_user).toBe(ANNA)
      expect(entry.outputs['1'].folders[0]).toBe(anna.folders.output)
      const item = { id: crypto.randomUUID(), prompt: probe('ProbeFolders', 'route'), claims: BERT, inRequest: true }
      expect((await anna.client.post('/probe/queue', item)).json()).toEqual({})
      const queued = await anna.client.waitForHistory(item.id)
      expect(queued.outputs['1'].folders[0]).toBe(anna.folders.output)
    })

    it('cannot queue a job that is nobody’s while several people work here', async () => {
      const item = { id: crypto.randomUUID(), prompt: probe('ProbeFolders', 'nobody'), claims: BERT, inRequest: false }
      expect((await anna.client.post('/probe/queue', item)).json()).toEqual({ refused: 'JobRefused' })
      await anna.client.run(probe('ProbeFolders', 'after'))
      expect((await comfyui.gate.get(`/history/${item.id}`)).json()).toEqual({})
    })

    it('a job whose user was forgotten while it waited does not run', async () => {
      const guest = await comfyui.addUser('guestguestguestg')
      await anna.client.queue(probe('ProbeWait', String(Date.now())))
      const late = await guest.client.queue(probe('ProbeFolders', 'late'))
      await comfyui.gate.send('DELETE', `/gatehouse/companion/users/${guest.id}`)
      await writeFile(join(anna.folders.output, 'go.txt'), '')
      const entry = await comfyui.gate.waitForHistory(late.json().prompt_id)
      expect(messageOf(entry, 'execution_error').exception_type).toBe('JobRefused')
      expect(existsSync(join(guest.folders.output, 'probe.txt'))).toBe(false)
      expect((await guest.client.get('/queue')).status).toBe(409)
      expect((await comfyui.health()).workerAlive).toBe(true)
    })
  })

  describe('names', () => {
    const foreignNames = (): string[] => {
      const foreign = join(bert.folders.input, 'theirs.png')
      const below = relative(anna.folders.input, foreign)
      return [
        foreign,
        below,
        `${below} [input]`,
        `${foreign} [output]`,
        'link.png',
        'folder/theirs.png',
        '/etc/hostname',
      ]
    }

    beforeAll(async () => {
      await writeFile(join(bert.folders.input, 'theirs.png'), await makePng(3))
      await writeFile(join(bert.folders.output, 'theirs.png'), await makePng(3))
      await writeFile(join(anna.folders.input, 'mine.png'), await makePng(4))
      await writeFile(join(anna.folders.output, 'mine.png'), await makePng(4))
      for (const kind of ['input', 'output'] as const) {
        await symlink(join(bert.folders[kind], 'theirs.png'), join(anna.folders[kind], 'link.png'))
        await symlink(bert.folders[kind], join(anna.folders[kind], 'folder'))
      }
    })

    it('case 24: LoadImage says the same about a foreign file, a missing one and one that is no image', async () => {
      const nothing = ['../nothing.png', '/no/such/file.png', 'missing.png']
      const answers = await Promise.all(
        [...foreignNames(), ...nothing].map(async (name) => {
          const answer = await anna.client.queue(show('LoadImage', name))
          expect(answer.status, name).toBe(400)
          const [error] = answer.json().node_errors['1'].errors
          return `${error.type}: ${error.details.replace(name, 'NAME')}`
        }),
      )
      expect(new Set(answers).size).toBe(1)
      expect((await anna.client.queue(show('LoadImage', 'mine.png'))).status).toBe(200)
    })

    it('case 24: validate says so, too, and queues nothing', async () => {
      const validate = (image: string) =>
        anna.client.post('/gatehouse/companion/validate', { prompt: show('LoadImage', image) })
      expect((await validate('mine.png')).json()).toEqual({ node_errors: {}, outputs: ['2'] })
      for (const name of foreignNames()) {
        const answer = await validate(name)
        expect(answer.status, name).toBe(400)
        expect(answer.json().error.type).toBe('prompt_outputs_failed_validation')
      }
      expect((await comfyui.owner.get('/prompt')).json().exec_info.queue_remaining).toBe(0)
    })

    it('case 24: nodes without a check of their own cannot read foreign files either', async () => {
      const texts = new Set<string>()
      await mkdir(join(anna.folders.input, '3d'), { recursive: true })
      await writeFile(join(anna.folders.input, '3d/model.glb'), '')
      for (const name of [...foreignNames(), '../nothing', '/no/such/file']) {
        const prompt: Prompt = {
          '1': {
            class_type: 'Load3D',
            inputs: {
              model_file: '3d/model.glb',
              image: { image: name, mask: name, normal: name, lineart: name, recording: '', camera_info: {} },
              width: 8,
              height: 8,
            },
          },
          '2': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
        }
        const { entry } = await anna.client.run(prompt)
        texts.add(messageOf(entry, 'execution_error').exception_message)
      }
      expect([...texts]).toEqual(['Invalid file: there is no such file in your folders.\n'])
    })

    it('case 1, 2, 3: /view shows no foreign byte, by name, suffix, subfolder or link', async () => {
      const up = relative(anna.folders.output, bert.folders.output)
      const own = await anna.client.get('/view?filename=mine.png')
      const foreign = await bert.client.get('/view?filename=theirs.png')
      expect([own.status, foreign.status]).toEqual([200, 200])
      for (const query of [
        'filename=theirs.png',
        'filename=link.png',
        'filename=link.png%20%5Boutput%5D',
        'filename=link.png&type=input',
        'filename=theirs.png&subfolder=folder',
        `filename=theirs.png&subfolder=${encodeURIComponent(up)}`,
        `filename=theirs.png&subfolder=${encodeURIComponent(bert.folders.output)}`,
        'filename=theirs.png%20%5Binput%5D',
        'filename=..%2Ftheirs.png',
        'filename=blake3:0000',
        'filename=link.png&preview=webp',
        'filename=link.png&channel=rgb',
      ]) {
        for (const prefix of ['', '/api']) {
          const answer = await anna.client.get(`${prefix}/view?${query}`)
          expect([400, 403, 404], query).toContain(answer.status)
          expect(answer.body.equals(foreign.body)).toBe(false)
        }
      }
    })

    it('case 25: SaveImage cannot leave the folder: an error without paths, and nothing written', async () => {
      const before = await readdir(bert.folders.output)
      for (const prefix of [
        `${relative(anna.folders.output, bert.folders.output)}/x`,
        '/tmp/gatehouse-case-25/x',
        '%date%/../../x',
        'folder/x',
        `${bert.folders.output}/x`,
      ]) {
        const { entry } = await anna.client.run(savePrompt({ prefix }))
        const error = messageOf(entry, 'execution_error')
        expect(error.exception_message, prefix).toContain('own folder')
        expect(error.exception_message).not.toContain(bert.folders.output)
      }
      expect(await readdir(bert.folders.output)).toEqual(before)
      expect(existsSync('/tmp/gatehouse-case-25')).toBe(false)
    })

    it('case 3, 5, 7: uploads and masks stay in the user’s own folders', async () => {
      const image = { filename: 'new.png', content: await makePng(5) }
      const before = await readdir(bert.folders.input)
      const upload = (fields: Record<string, string>) => anna.client.upload('/upload/image', { image, ...fields })
      expect((await upload({ subfolder: 'a/b' })).json()).toEqual({ name: 'new.png', subfolder: 'a/b', type: 'input' })
      expect((await upload({ subfolder: 'folder' })).status).toBe(400)
      expect((await upload({ subfolder: bert.folders.input })).status).toBe(400)
      expect((await upload({ type: 'foo' })).status).toBe(400)
      const mask = (reference: unknown) =>
        anna.client.upload('/upload/mask', { image, original_ref: JSON.stringify(reference) })
      expect((await mask({ filename: 'mine.png', type: 'output' })).status).toBe(200)
      for (const reference of [
        { filename: 'link.png', type: 'input' },
        { filename: 'theirs.png', subfolder: 'folder' },
        { filename: `theirs.png [output]`, subfolder: relative(anna.folders.output, bert.folders.output) },
        { filename: 'folder/theirs.png', type: 'output' },
        { filename: '../theirs.png' },
        [],
      ])
        expect((await mask(reference)).status, JSON.stringify(reference)).toBe(400)
      expect(await readdir(bert.folders.input)).toEqual(before)
    })

    it('the same upload name is another picture for each', async () => {
      const pictures: Record<string, Buffer> = { [ANNA]: await makePng(100), [BERT]: await makePng(200) }
      for (const user of [anna, bert])
        await user.client.upload('/upload/image', {
          image: { filename: 'same.png', content: pictures[user.id] ?? Buffer.of() },
        })
      for (const user of [anna, bert]) {
        const shown = await user.client.get('/view?filename=same.png&type=input')
        expect(shown.body.equals(pictures[user.id] ?? Buffer.of())).toBe(true)
      }
    })

    it('object_info and /internal/files list own files only', async () => {
      const images = async (user: ComfyuiUser): Promise<string[]> =>
        (await user.client.get('/object_info/LoadImage')).json().LoadImage.input.required.image[0]
      expect(await images(anna)).toContain('mine.png')
      expect(await images(anna)).not.toContain('theirs.png')
      expect(await images(bert)).not.toContain('mine.png')
      expect((await bert.client.get('/internal/files/input')).json()).toContain('theirs.png')
      expect((await anna.client.get('/internal/files/input')).json()).not.toContain('theirs.png')
    })

    it('no class of node lists foreign files of any kind, asked by whoever first', async () => {
      const kinds = [
        'png',
        'webp',
        'mp4',
        'webm',
        'mp3',
        'flac',
        'glb',
        'obj',
        'latent',
        'safetensors',
        'txt',
        'json',
        'pdf',
      ]
      for (const kind of kinds) {
        await writeFile(join(bert.folders.input, `bertsecret.${kind}`), 'x')
        await writeFile(join(bert.folders.output, `bertsecret.${kind}`), 'x')
      }
      await mkdir(join(bert.folders.input, 'bertsecretfolder'))
      expect((await bert.client.get('/object_info')).text).toContain('bertsecret.mp4')
      const seen = (await anna.client.get('/object_info')).text
      expect(seen).toContain('mine.png')
      expect(seen).not.toContain('bertsecret')
      expect((await comfyui.owner.get('/object_info')).text).not.toContain('bertsecret')
    })

    it('what is not there is 404 for a user, as for everybody', async () => {
      expect((await anna.client.get('/no/such/route')).status).toBe(404)
      expect((await anna.client.get('/internal/no/such/route')).status).toBe(404)
    })

    it('case 44: previews of models show models only', async () => {
      for (const name of [
        '..%2F..%2Finput%2Fmine.png',
        '%2Fetc%2Fx.png',
        encodeURIComponent(join(bert.folders.input, 'theirs.png')),
      ])
        expect((await anna.client.get(`/experiment/models/preview/checkpoints/0/${name}`)).status).toBe(404)
    })
  })

  describe('settings and user data', () => {
    it('case 8, 9: are the user’s own, whatever the header and the name say', async () => {
      await anna.client.post('/settings', { colour: 'red' }, { 'comfy-user': BERT })
      await bert.client.post('/settings', { colour: 'blue' })
      await bert.client.send('POST', '/userdata/workflows%2Fsecret.json', '{}')
      expect((await anna.client.get('/settings', { 'comfy-user': BERT })).json()).toEqual({ colour: 'red' })
      expect((await anna.client.get('/userdata?dir=workflows')).status).toBe(404)
      expect((await anna.client.get('/v2/userdata')).text).not.toContain('secret')
      const up = encodeURIComponent(
        relative(anna.folders.userdata, join(bert.folders.userdata, 'workflows/secret.json')),
      )
      for (const name of [up, up.replaceAll('%', '%25'), '%2Fetc%2Fpasswd', '..%2F..%2Fusers.json']) {
        expect((await anna.client.get(`/userdata/${name}`)).status, name).toBe(403)
        expect((await anna.client.send('POST', `/userdata/${name}`, 'x')).status).toBe(403)
        expect((await anna.client.send('DELETE', `/userdata/${name}`)).status).toBe(403)
        expect((await anna.client.send('POST', `/userdata/comfy.settings.json/move/${name}`)).status).toBe(403)
      }
      expect(await readFile(join(bert.folders.userdata, 'workflows/secret.json'), 'utf8')).toBe('{}')
      expect(await readFile(join(anna.folders.userdata, 'comfy.settings.json'), 'utf8')).toContain('red')
    })

    it('of the owner stay where ComfyUI keeps them', async () => {
      await comfyui.owner.post('/settings', { colour: 'green' })
      expect(await readFile(join(comfyui.folders.user, 'default/comfy.settings.json'), 'utf8')).toContain('green')
    })
  })

  it('the owner’s pictures, links to other folders included, stay as they were', async () => {
    const elsewhere = join(comfyui.folders.user, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'old.png'), await makePng(9))
    await symlink(elsewhere, join(comfyui.folders.output, 'archive'))
    expect((await comfyui.owner.get('/view?filename=old.png&subfolder=archive')).status).toBe(200)
    const { entry } = await comfyui.owner.run(savePrompt({ prefix: 'archive/new' }))
    expect(entry.outputs['2'].images).toEqual([{ filename: 'new_00001_.png', subfolder: 'archive', type: 'output' }])
    expect(await readdir(elsewhere)).toContain('new_00001_.png')
  })
})

describe.skipIf(!hasComfyui)('a ComfyUI that the isolation does not fit', () => {
  let comfyui: ComfyuiWithPacks

  beforeAll(async () => {
    // Loaded after the companion: undoes one of its parts, as a newer ComfyUI or another pack might.
    const undo = [
      'from comfy_execution.caching import CacheKeySetID',
      'CacheKeySetID.add_keys = CacheKeySetID.add_keys.__wrapped__',
      'NODE_CLASS_MAPPINGS = {}',
    ].join('\n')
    comfyui = await startComfyuiWithPacks({ undo })
  }, startTimeoutMs)

  afterAll(async () => {
    await comfyui.close()
  })

  it('names the part, and takes in nobody but its owner, who works on', async () => {
    const { patches } = await comfyui.health()
    expect(Object.entries(patches).filter(([, works]) => !works)).toEqual([['nodeObjects', false]])
    await expect(comfyui.addUser(ANNA)).rejects.toThrow('503')
    expect((await comfyui.owner.run(savePrompt({ prefix: 'mine' }))).entry.status.status_str).toBe('success')
    expect(await readdir(comfyui.folders.output)).toContain('mine_00001_.png')
    expect((await waitFor(() => comfyui.gate.get('/queue'))).status).toBe(200)
  })
})

describe.skipIf(!hasComfyui).each([
  // The nearest that 0.3.64 has to the long-lived cache that is the default since 2026.
  { name: 'keeps results for long', flags: ['--cache-lru', '50'], remembers: ['1', '2'] },
  { name: 'keeps no results', flags: ['--cache-none'], remembers: [] },
])('a ComfyUI that $name', ({ flags, remembers }) => {
  let comfyui: ComfyuiWithPacks

  beforeAll(async () => {
    comfyui = await startComfyuiWithPacks({ probe: 'tests/support/probePack' }, flags)
  }, startTimeoutMs)

  afterAll(async () => {
    await comfyui.close()
  })

  it('case 28: gives everybody one’s own results and objects, in turns', async () => {
    const people = [await comfyui.addUser(ANNA), await comfyui.addUser(BERT)]
    const prompt = savePrompt({ prefix: 'turns', color: 5 })
    for (const round of [1, 2]) {
      for (const { client, folders } of people) {
        const { entry } = await client.run(prompt)
        expect(messageOf(entry, 'execution_cached').nodes.sort()).toEqual(round === 1 ? [] : remembers)
        const { filename } = entry.outputs['2'].images[0]
        expect(await readdir(folders.output)).toContain(filename)
        const probed = await client.run(probe('ProbeFolders', String(round)))
        expect(probed.entry.outputs['1'].folders).toEqual(Array(6).fill(folders.output))
      }
    }
    const expected = remembers.length > 0 ? 1 : 2
    for (const { folders } of people)
      expect((await readdir(folders.output)).filter((name) => name.startsWith('turns'))).toHaveLength(expected)
  })
})
