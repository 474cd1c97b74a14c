import { isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject } from '../comfyui/losslessJson.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import { LARGEST_SEED } from './inputKinds.ts'
import { findInput } from './objectInfo.ts'

/** A ready workflow that fits what is installed; `missing`: why there is none, in words for the owner. */
export type Starter =
  | {
      readonly kind: 'ready'
      readonly nodes: JsonObject
      readonly inputs: readonly WorkflowInput[]
      readonly description: string
    }
  | { readonly kind: 'missing'; readonly reason: string }

/** A checkpoint as ComfyUI lists it. */
export interface CheckpointFile {
  readonly name: string
  readonly bytes: number | undefined
}

export const STARTER_NAME = 'Picture from words'

const STOCK = ['CheckpointLoaderSimple', 'CLIPTextEncode', 'EmptyLatentImage', 'KSampler', 'VAEDecode', 'SaveImage']
const PRACTICE = 'PracticeSampler'
const WORDS = 'a lighthouse on a cliff at sunset, soft light, detailed'
const LEFT_OUT = 'blurry, low quality, watermark, text'

/** Of what is installed; the practice engine has a sampler of its own and no model. */
export function createStarter(catalog: JsonObject, checkpoints: readonly CheckpointFile[]): Starter {
  if (catalog.has(PRACTICE)) return createPracticeStarter()
  const without = STOCK.filter((name) => !catalog.has(name))
  if (without.length > 0) {
    return { kind: 'missing', reason: `ComfyUI lacks nodes that it usually brings along: ${without.join(', ')}.` }
  }
  const [best] = rank(listOffered(catalog, checkpoints))
  if (best === undefined) return { kind: 'missing', reason: NO_MODEL }
  return createModelStarter(best, findInput(catalog, 'KSampler', 'scheduler')?.choices ?? [])
}

const NO_MODEL =
  'There is no model for pictures yet. Put a checkpoint (for example of SDXL) into ComfyUI’s folder models/checkpoints.'

/** Sizes help, names decide: ComfyUI takes only what its list offers. */
function listOffered(catalog: JsonObject, checkpoints: readonly CheckpointFile[]): readonly CheckpointFile[] {
  const sizes = new Map(checkpoints.map(({ name, bytes }) => [name, bytes]))
  const names = findInput(catalog, 'CheckpointLoaderSimple', 'ckpt_name')?.choices ?? []
  return names.map((name) => ({ name, bytes: sizes.get(name) }))
}

interface Family {
  readonly name: string
  readonly side: { readonly default: number; readonly min: number; readonly max: number }
  readonly steps: { readonly default: number; readonly max: number }
  readonly cfg: number
}

const SDXL: Family = {
  name: 'SDXL',
  side: { default: 1024, min: 512, max: 1536 },
  steps: { default: 25, max: 50 },
  cfg: 6,
}
const SD15: Family = {
  name: 'Stable Diffusion 1.5',
  side: { default: 512, min: 256, max: 1024 },
  steps: { default: 25, max: 50 },
  cfg: 7,
}
const FLUX: Family = { ...SDXL, name: 'FLUX', steps: { default: 20, max: 40 }, cfg: 1 }

/** What none of the stock nodes makes a picture of words with. */
const OTHERS =
  /refiner|inpaint|svd|video|audio|music|zero123|cascade|upscal|ltx|hunyuan|mochi|wan\d|3d|pix2pix|lotus|depth|sd3|stable-?diffusion-?3/i
const FAST = /turbo|lightning|hyper|lcm|schnell|dmd/i
const GiB = 1024 ** 3

/** Best first: SDXL, then FLUX, which is slow, then the small ones. */
function rank(files: readonly CheckpointFile[]): readonly { readonly file: CheckpointFile; readonly family: Family }[] {
  const order = [SDXL, FLUX, SD15]
  return files
    .filter(({ name }) => !OTHERS.test(name))
    .map((file) => ({ file, family: familyOf(file) }))
    .sort((one, other) => order.indexOf(one.family) - order.indexOf(other.family))
}

function familyOf({ name, bytes }: CheckpointFile): Family {
  if (/flux/i.test(name)) return FLUX
  if (/xl|pony|illustrious|noobai/i.test(name)) return SDXL
  if (/v?1[-_.]?[45]|sd[-_]?15/i.test(name)) return SD15
  // Of SDXL a file has 6.5 GB, of the earlier ones 2 to 4.5, pruned or not.
  return bytes !== undefined && bytes > 5 * GiB ? SDXL : SD15
}

function createModelStarter(
  { file, family }: { readonly file: CheckpointFile; readonly family: Family },
  schedulers: readonly string[],
): Starter {
  const isFast = FAST.test(file.name)
  const steps = isFast ? { default: 6, max: 12 } : family.steps
  const { side } = family
  const isOnFlux = family === FLUX
  const scheduler = isFast && schedulers.includes('sgm_uniform') ? 'sgm_uniform' : 'normal'
  const nodes = toNodes({
    '3': {
      class_type: 'KSampler',
      inputs: {
        seed: 0,
        steps: steps.default,
        cfg: isFast ? Math.min(family.cfg, 1.5) : family.cfg,
        sampler_name: 'euler',
        scheduler: isOnFlux ? 'simple' : scheduler,
        denoise: 1,
        model: ['4', 0],
        positive: ['6', 0],
        negative: ['7', 0],
        latent_image: ['5', 0],
      },
      _meta: { title: 'Sampler' },
    },
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: file.name }, _meta: { title: 'Model' } },
    '5': {
      class_type: 'EmptyLatentImage',
      inputs: { width: side.default, height: side.default, batch_size: 1 },
      _meta: { title: 'Size' },
    },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: WORDS, clip: ['4', 1] }, _meta: { title: 'What it shows' } },
    '7': {
      class_type: 'CLIPTextEncode',
      inputs: { text: LEFT_OUT, clip: ['4', 1] },
      _meta: { title: 'What to leave out' },
    },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] }, _meta: { title: 'Decode' } },
    '9': {
      class_type: 'SaveImage',
      inputs: { filename_prefix: 'Picture', images: ['8', 0] },
      _meta: { title: 'Save' },
    },
  })
  const inputs = [
    words('6.text', 'What the picture shows', WORDS),
    // FLUX without guidance looks at nothing that is to be left out.
    ...(isOnFlux ? [] : [words('7.text', 'What to leave out', LEFT_OUT)]),
    integer('5.width', 'Width', { ...side, step: 64 }),
    integer('5.height', 'Height', { ...side, step: 64 }),
    integer('3.steps', 'Steps', { ...steps, min: 1, step: 1, hint: 'More take longer and show more detail.' }),
    seed('3.seed'),
  ]
  return { kind: 'ready', nodes, inputs, description: `Makes a picture of what you write, with ${family.name}.` }
}

function createPracticeStarter(): Starter {
  const side = { default: 512, min: 256, max: 1024, step: 64 }
  const nodes = toNodes({
    '1': {
      class_type: PRACTICE,
      inputs: { text: WORDS, seed: 0, steps: 20, width: 512, height: 512, batch_size: 1, milliseconds_per_step: 150 },
      _meta: { title: 'Sampler' },
    },
    '2': {
      class_type: 'SaveImage',
      inputs: { filename_prefix: 'Picture', images: ['1', 0] },
      _meta: { title: 'Save' },
    },
  })
  const inputs = [
    words('1.text', 'What the picture shows', WORDS),
    integer('1.width', 'Width', side),
    integer('1.height', 'Height', side),
    integer('1.steps', 'Steps', { default: 20, min: 1, max: 50, step: 1, hint: 'More take longer.' }),
    seed('1.seed'),
  ]
  return { kind: 'ready', nodes, inputs, description: 'Draws a landscape for practice, in the colours of your words.' }
}

const words = (key: string, label: string, text: string): WorkflowInput => ({
  ...{ key, label, hint: '', kind: 'text', multiline: true, maxLength: 2000 },
  default: text,
})

const integer = (
  key: string,
  label: string,
  { hint = '', ...bounds }: { default: number; min: number; max: number; step: number; hint?: string },
): WorkflowInput => ({ key, label, hint, kind: 'integer', ...bounds })

const seed = (key: string): WorkflowInput => ({
  ...{ key, label: 'Seed', hint: 'The same number makes the same picture again.', kind: 'seed' },
  ...{ min: '0', max: LARGEST_SEED, default: '0' },
})

function toNodes(graph: object): JsonObject {
  const nodes = parseLosslessJson(JSON.stringify(graph))
  if (!isObject(nodes)) throw new TypeError('a graph is an object')
  return nodes
}
