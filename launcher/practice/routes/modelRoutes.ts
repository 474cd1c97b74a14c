import { open, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import sharp from 'sharp'
import type { EngineContext } from '../engineContext.ts'
import { HttpAnswer, type EngineRequest } from '../http/engineRequest.ts'
import type { Router } from '../http/router.ts'
import type { EngineFolders } from '../nodes/nodeClass.ts'
import { joinInside } from '../nodes/savePath.ts'
import { MODEL_KINDS, readQuietly } from '../users/userModels.ts'
import { isJsonObject, memberOf, parseJson, type JsonObject } from '../values/json.ts'

const PREVIEW_FILE = /\.(png|jpe?g|webp|gif)$/i
const MAX_HEADER_BYTES = 1024 * 1024

/** Model folders below `models/`. The engine runs none, but lists what is there. */
export function addModelRoutes(router: Router, { folders }: EngineContext): void {
  router.add('GET', '/embeddings', async (request) => {
    const files = await request.user.folders.models.list('embeddings')
    request.sendJson(files.map((file) => file.replace(/\.[^./]*$/, '')))
  })
  router.add('GET', '/models', (request) => request.sendJson(MODEL_KINDS))
  router.add('GET', '/models/{folder}', async (request) =>
    request.sendJson(await request.user.folders.models.list(toKind(request.param('folder')))),
  )
  router.add('GET', '/experiment/models', (request) =>
    request.sendJson(
      MODEL_KINDS.filter((name) => !['configs', 'custom_nodes'].includes(name)).map((name) => ({
        name,
        folders: [toModelFolder(folders, name)],
      })),
    ),
  )
  router.add('GET', '/experiment/models/preview/{folder}/{index}/{file:.*}', (request) => sendPreview(request, folders))
  router.add('GET', '/experiment/models/{folder}', (request) => sendDetails(request, folders))
  router.add('GET', '/view_metadata/{folder}', sendMetadata)
  router.addPlain('GET', '/internal/folder_paths', (request) =>
    request.sendJson(Object.fromEntries(MODEL_KINDS.map((name) => [name, [toModelFolder(folders, name)]]))),
  )
}

function toKind(name: string): string {
  if (!MODEL_KINDS.includes(name)) throw new HttpAnswer(404)
  return name
}

function toModelFolder(folders: EngineFolders, kind: string): string {
  const name = toKind(kind)
  return name === 'custom_nodes' ? join(folders.base, name) : join(folders.models, name)
}

async function sendDetails(request: EngineRequest, folders: EngineFolders): Promise<void> {
  const folder = toModelFolder(folders, request.param('folder'))
  const details: JsonObject[] = []
  for (const name of await request.user.folders.models.list(request.param('folder'))) {
    const { size, mtimeMs, ctimeMs } = await stat(join(folder, name))
    details.push({ name, pathIndex: 0, modified: mtimeMs / 1000, created: ctimeMs / 1000, size })
  }
  request.sendJson(details)
}

async function sendPreview(request: EngineRequest, folders: EngineFolders): Promise<void> {
  const folder = toModelFolder(folders, request.param('folder'))
  if (!/^\d+$/.test(request.param('index'))) throw new TypeError('the path index is no number')
  const name = request.param('file')
  const model = joinInside(folder, name)
  const isShown = (await request.user.folders.models.find(request.param('folder'), name)) !== undefined
  if (request.param('index') !== '0' || model === undefined || !isShown) throw new HttpAnswer(404)
  const { dir, name: stem } = parse(model)
  const stems = [stem, `${stem}.preview`]
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

async function sendMetadata(request: EngineRequest): Promise<void> {
  const filename = request.query.get('filename') ?? ''
  const folder = request.param('folder')
  const path =
    filename.endsWith('.safetensors') &&
    MODEL_KINDS.includes(folder) &&
    folder !== 'custom_nodes' &&
    (await request.user.folders.models.find(folder, filename))
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
