import { open, readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import sharp from 'sharp'
import type { EngineContext } from '../engineContext.ts'
import { HttpAnswer, type EngineRequest } from '../http/engineRequest.ts'
import type { Router } from '../http/router.ts'
import type { EngineFolders } from '../nodes/nodeClass.ts'
import { joinInside } from '../nodes/savePath.ts'
import { isJsonObject, memberOf, parseJson, type JsonObject } from '../values/json.ts'

const FOLDERS = [
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
const PREVIEW_FILE = /\.(png|jpe?g|webp|gif)$/i
const MAX_HEADER_BYTES = 1024 * 1024

/** Model folders below `models/`. The engine runs none, but lists what is there. */
export function addModelRoutes(router: Router, { folders }: EngineContext): void {
  router.add('GET', '/embeddings', async (request) => {
    const files = await listModels(toModelFolder(folders, 'embeddings'))
    request.sendJson(files.map((file) => file.replace(/\.[^./]*$/, '')))
  })
  router.add('GET', '/models', (request) => request.sendJson(FOLDERS))
  router.add('GET', '/models/{folder}', async (request) =>
    request.sendJson(await listModels(toModelFolder(folders, request.param('folder')))),
  )
  router.add('GET', '/experiment/models', (request) =>
    request.sendJson(
      FOLDERS.filter((name) => !['configs', 'custom_nodes'].includes(name)).map((name) => ({
        name,
        folders: [toModelFolder(folders, name)],
      })),
    ),
  )
  router.add('GET', '/experiment/models/preview/{folder}/{index}/{file:.*}', (request) => sendPreview(request, folders))
  router.add('GET', '/experiment/models/{folder}', (request) => sendDetails(request, folders))
  router.add('GET', '/view_metadata/{folder}', (request) => sendMetadata(request, folders))
  router.addPlain('GET', '/internal/folder_paths', (request) =>
    request.sendJson(Object.fromEntries(FOLDERS.map((name) => [name, [toModelFolder(folders, name)]]))),
  )
}

function toModelFolder(folders: EngineFolders, name: string): string {
  if (!FOLDERS.includes(name)) throw new HttpAnswer(404)
  return name === 'custom_nodes' ? join(folders.base, name) : join(folders.models, name)
}

async function listModels(folder: string): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readQuietly(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...(await listModels(path)).map((file) => `${entry.name}/${file}`))
    else if (MODEL_FILE.test(entry.name)) files.push(entry.name)
  }
  return files.sort()
}

async function readQuietly(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    // Most folders do not exist: no models of that kind.
    return []
  }
}

async function sendDetails(request: EngineRequest, folders: EngineFolders): Promise<void> {
  const folder = toModelFolder(folders, request.param('folder'))
  const details: JsonObject[] = []
  for (const name of await listModels(folder)) {
    const { size, mtimeMs, ctimeMs } = await stat(join(folder, name))
    details.push({ name, pathIndex: 0, modified: mtimeMs / 1000, created: ctimeMs / 1000, size })
  }
  request.sendJson(details)
}

async function sendPreview(request: EngineRequest, folders: EngineFolders): Promise<void> {
  const folder = toModelFolder(folders, request.param('folder'))
  if (!/^\d+$/.test(request.param('index'))) throw new TypeError('the path index is no number')
  const model = joinInside(folder, request.param('file'))
  if (request.param('index') !== '0' || model === undefined) throw new HttpAnswer(404)
  const { dir, name } = parse(model)
  const stems = [name, `${name}.preview`]
  const previews = (await readQuietly(dir)).filter(
    (file) => PREVIEW_FILE.test(file.name) && stems.includes(parse(file.name).name),
  )
  const preview = previews[0]
  if (!preview) throw new HttpAnswer(404)
  try {
    request.send(200, await sharp(join(dir, preview.name)).webp().toBuffer(), { 'content-type': 'image/webp' })
  } catch {
    // No picture after all.
    throw new HttpAnswer(404)
  }
}

async function sendMetadata(request: EngineRequest, folders: EngineFolders): Promise<void> {
  const filename = request.query.get('filename') ?? ''
  const folder = request.param('folder')
  const path =
    filename.endsWith('.safetensors') &&
    FOLDERS.includes(folder) &&
    joinInside(toModelFolder(folders, folder), filename)
  const header = path ? await readSafetensorsHeader(path) : undefined
  const metadata = header && memberOf(header, '__metadata__')
  if (metadata === undefined) throw new HttpAnswer(404)
  request.sendJson(metadata)
}

/** The JSON at the beginning of a safetensors file: eight bytes of length, little endian, then the text. */
async function readSafetensorsHeader(path: string): Promise<JsonObject | undefined> {
  try {
    const file = await open(path)
    try {
      const length = (await file.read(Buffer.alloc(8), 0, 8, 0)).buffer.readBigUInt64LE()
      if (length > BigInt(MAX_HEADER_BYTES)) return undefined
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Number(length)), 0, Number(length), 8)
      const header = parseJson(buffer.toString('utf8', 0, bytesRead))
      return isJsonObject(header) ? header : undefined
    } finally {
      await file.close()
    }
  } catch {
    // Missing or not in that format.
    return undefined
  }
}
