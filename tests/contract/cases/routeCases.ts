import { describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { makePng } from '../prompts.ts'
import sharedNodes from '../sharedNodes.json' with { type: 'json' }

const anyList = expect.any(Array)
const anyObject = expect.any(Object)
const anyText = expect.any(String)
const anyNumber = expect.any(Number)

const JSON_ROUTES: readonly (readonly [path: string, shape: unknown])[] = [
  ['/prompt', { exec_info: { queue_remaining: anyNumber } }],
  ['/queue', { queue_running: anyList, queue_pending: anyList }],
  ['/history', anyObject],
  ['/object_info', expect.objectContaining({ SaveImage: anyObject, EmptyImage: anyObject })],
  ['/object_info/EmptyImage', { EmptyImage: anyObject }],
  ['/object_info/NoSuchNode', {}],
  ['/features', { supports_preview_metadata: true, max_upload_size: anyNumber }],
  ['/extensions', anyList],
  ['/embeddings', anyList],
  ['/models', expect.arrayContaining(['checkpoints', 'loras', 'vae', 'embeddings', 'upscale_models'])],
  ['/models/checkpoints', anyList],
  ['/experiment/models', expect.arrayContaining([{ name: 'checkpoints', folders: anyList }])],
  ['/experiment/models/checkpoints', anyList],
  ['/users', { storage: 'server', migrated: expect.any(Boolean) }],
  ['/settings', anyObject],
  ['/settings/no.such.setting', null],
  ['/v2/userdata', anyList],
  ['/workflow_templates', anyObject],
  ['/i18n', anyObject],
  ['/history/no-such-prompt', {}],
]

/** What each GET route answers, with and without /api. */
export function describeRoutes({ client, throughGate }: ContractContext): void {
  describe('routes', () => {
    it.each(JSON_ROUTES)('GET %s answers JSON, also below /api', async (path, shape) => {
      for (const twin of [path, `/api${path}`]) {
        const answer = await client().get(twin)
        expect(answer.status).toBe(200)
        expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
        expect(answer.json()).toEqual(shape)
      }
    })

    it('GET /system_stats tells versions and devices', async () => {
      const { system, devices } = (await client().get('/system_stats')).json()
      expect(system).toMatchObject({
        os: expect.stringMatching(/^(posix|nt)$/),
        ram_total: anyNumber,
        ram_free: anyNumber,
        comfyui_version: '0.3.64',
        required_frontend_version: '1.27.10',
        python_version: anyText,
        pytorch_version: anyText,
        embedded_python: expect.any(Boolean),
        argv: anyList,
      })
      expect(devices[0]).toMatchObject({
        name: anyText,
        type: 'cpu',
        vram_total: anyNumber,
        torch_vram_free: anyNumber,
      })
    })

    it.each(['/models/no_such_folder', '/experiment/models/no_such_folder'])('GET %s is 404', async (path) => {
      expect((await client().get(path)).status).toBe(404)
    })

    it.each([
      '/view_metadata/checkpoints',
      '/view_metadata/checkpoints?filename=x.png',
      '/view_metadata/checkpoints?filename=none.safetensors',
      '/view_metadata/no_such_folder?filename=none.safetensors',
      '/experiment/models/preview/checkpoints/0/none.safetensors',
    ])('GET %s is 404', async (path) => {
      expect((await client().get(path)).status).toBe(404)
    })

    it.each(Object.entries(sharedNodes))('describes %s as ComfyUI does', async (name, wanted) => {
      const { [name]: described } = (await client().get(`/object_info/${name}`)).json()
      expect(withoutProse(described)).toEqual(wanted)
    })

    it('lists pictures of the input folder in LoadImage', async () => {
      const content = await makePng()
      const { name } = (await client().upload('/upload/image', { image: { filename: 'listed.png', content } })).json()
      const { LoadImage } = (await client().get('/object_info/LoadImage')).json()
      expect(LoadImage.input.required.image[0]).toContain(name)
    })

    it.skipIf(throughGate)('GET /internal/folder_paths names folders by type', async () => {
      const answer = await client().get('/internal/folder_paths')
      expect(answer.json()).toMatchObject({ checkpoints: anyList, custom_nodes: anyList })
    })

    it.skipIf(throughGate)('GET /internal/logs/raw carries entries and a size', async () => {
      const { entries, size } = (await client().get('/internal/logs/raw')).json()
      expect(entries[0]).toEqual({ t: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), m: anyText })
      expect(size).toEqual({ cols: anyNumber, rows: anyNumber })
    })

    it.skipIf(throughGate)('GET /internal/logs is one text', async () => {
      expect((await client().get('/internal/logs')).json()).toEqual(anyText)
    })

    it('GET /internal/files lists the newest first', async () => {
      const upload = async (filename: string) =>
        (
          await client().upload('/upload/image', { image: { filename, content: await makePng() }, overwrite: 'true' })
        ).json()
      await upload('older.png')
      await upload('newer.png')
      const files: string[] = (await client().get('/internal/files/input')).json()
      expect(files.indexOf('newer.png')).toBeGreaterThanOrEqual(0)
      expect(files.indexOf('newer.png')).toBeLessThan(files.indexOf('older.png'))
    })

    it('GET /internal/files refuses another folder type', async () => {
      const answer = await client().get('/internal/files/models')
      expect(answer.status).toBe(400)
      if (!throughGate) expect(answer.json()).toEqual({ error: 'Invalid directory type' })
    })
  })
}

/** Descriptions and tooltips are texts, not the contract; LoadImage's choices are files. */
function withoutProse(described: any): unknown {
  const copy = structuredClone(described)
  delete copy.description
  delete copy.python_module
  for (const kind of Object.values<any>(copy.input)) {
    for (const spec of Object.values<any>(kind)) if (Array.isArray(spec) && spec[1]) delete spec[1].tooltip
  }
  if (copy.name === 'LoadImage') copy.input.required.image[0] = []
  return copy
}
