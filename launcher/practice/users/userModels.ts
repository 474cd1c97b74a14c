import { readdir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { ModelShelf } from '../nodes/nodeClass.ts'
import { isInside, joinInside } from '../nodes/savePath.ts'
import type { EngineRules } from './engineRules.ts'

/** ComfyUI's kinds of models, each a folder below `models`. */
export const MODEL_KINDS = [
  'checkpoints',
  'configs',
  'loras',
  'vae',
  'text_encoders',
  'diffusion_models',
  'clip_vision',
  'style_models',
  'embeddings',
  'diffusers',
  'vae_approx',
  'controlnet',
  'gligen',
  'upscale_models',
  'custom_nodes',
  'hypernetworks',
  'photomaker',
  'classifiers',
  'model_patches',
  'audio_encoders',
]
const MODEL_FILE = /\.(ckpt|pt|pt2|bin|pth|safetensors|pkl|sft)$/i
/** What lies beside a model and belongs to it. */
const SIDE_FILE = /\.(gif|info|jpe?g|json|md|mp4|png|sha256|txt|webp|ya?ml)$/i

/** The model files that one person may see and open, by the rules that hold when it is asked. */
export class UserModels implements ModelShelf {
  readonly #folder: string
  readonly #rules: () => EngineRules | undefined

  /** @param folder the engine's `models` */
  constructor(folder: string, rules: () => EngineRules | undefined) {
    this.#folder = folder
    this.#rules = rules
  }

  async list(kind: string): Promise<string[]> {
    const names = await listFiles(join(this.#folder, kind))
    const usable = await Promise.all(names.map((name) => this.#isUsable(kind, name)))
    return names.filter((_name, at) => usable[at])
  }

  async find(kind: string, name: string): Promise<string | undefined> {
    const path = joinInside(join(this.#folder, kind), name)
    return path !== undefined && (await this.#isUsable(kind, name)) ? path : undefined
  }

  async #isUsable(kind: string, name: string): Promise<boolean> {
    const limits = this.#rules()?.models
    if (limits === undefined || limits.size === 0) return true
    const own = limits.get(kind)
    return own === undefined ? !(await this.#isForbidden(limits, join(this.#folder, kind, name))) : covers(own, name)
  }

  /** The same file below another kind: what it really is decides, not how it is asked for. */
  async #isForbidden(limits: EngineRules['models'], path: string): Promise<boolean> {
    const real = await followLinks(path)
    let isHeld = false
    for (const [kind, names] of limits) {
      const folder = await followLinks(join(this.#folder, kind))
      if (!isInside(folder, real)) continue
      isHeld = true
      if (covers(names, relative(folder, real).split(sep).join('/'))) return false
    }
    return isHeld
  }
}

/** Whether the list names the file, or a folder that holds it, or the model that it lies beside. */
function covers(names: readonly string[], name: string): boolean {
  if (names.some((listed) => name === listed || name.startsWith(`${listed}/`))) return true
  const stemOf = (text: string): string => text.replace(/\.[^./]*$/, '')
  return SIDE_FILE.test(name) && names.some((listed) => name.startsWith(`${stemOf(listed)}.`))
}

async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    // Not there: then nothing lies in it either.
    return path
  }
}

/** Files of models, with `/` between the parts of their names. */
async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readQuietly(folder)) {
    if (entry.isDirectory()) {
      files.push(...(await listFiles(join(folder, entry.name))).map((file) => `${entry.name}/${file}`))
    } else if (MODEL_FILE.test(entry.name)) files.push(entry.name)
  }
  return files.sort()
}

/** Nothing for a folder that is not there: most are not. */
export async function readQuietly(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
