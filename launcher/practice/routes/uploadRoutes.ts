import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import sharp from 'sharp'
import { HttpAnswer, type EngineRequest } from '../http/engineRequest.ts'
import { parseMultipart, type FormPart } from '../http/multipart.ts'
import type { Router } from '../http/router.ts'
import type { UserFolders } from '../nodes/nodeClass.ts'
import { addPngText, readPngText } from '../nodes/pngText.ts'
import { findInside } from '../nodes/savePath.ts'
import { isJsonObject, memberOf, parseJson } from '../values/json.ts'
import { findViewedFile, toFolderName } from './viewRoutes.ts'

/** POST /upload/image and /upload/mask. */
export function addUploadRoutes(router: Router): void {
  router.add('POST', '/upload/image', (request) => upload(request, (form) => Promise.resolve(contentOf(form))))
  router.add('POST', '/upload/mask', (request) => upload(request, (form) => mergeMask(form, request.user.folders)))
}

type Form = ReadonlyMap<string, FormPart>

async function upload(request: EngineRequest, toContent: (form: Form) => Promise<Buffer | undefined>): Promise<void> {
  const form = await readForm(request)
  const type = textOf(form, 'type') ?? 'input'
  const folder = toFolderName(type)
  if (folder === undefined) throw new TypeError('unknown folder type')
  const image = form.get('image')
  if (!image?.filename) throw new HttpAnswer(400)
  const subfolder = textOf(form, 'subfolder') ?? ''
  const directory = await findInside(request.user.folders[folder], subfolder)
  const wanted = directory && (await findInside(directory, image.filename))
  if (directory === undefined || wanted === undefined || wanted === directory) throw new HttpAnswer(400)
  await mkdir(directory, { recursive: true })
  const overwrite = ['true', '1'].includes(textOf(form, 'overwrite') ?? '')
  const place = overwrite ? { name: image.filename, isDuplicate: false } : await findFreeName(directory, image)
  const content = place.isDuplicate ? undefined : await toContent(form)
  if (content) await writeFile(join(directory, place.name), content)
  request.sendJson({ name: place.name, subfolder, type: folder })
}

async function readForm(request: EngineRequest): Promise<Form> {
  const contentType = request.message.headers['content-type'] ?? ''
  const body = await request.readBody()
  return /^multipart\/form-data/i.test(contentType) ? parseMultipart(contentType, body) : new Map()
}

function textOf(form: Form, name: string): string | undefined {
  return form.get(name)?.content.toString('utf8')
}

function contentOf(form: Form): Buffer | undefined {
  return form.get('image')?.content
}

/** The same content under the same name is kept once; other content gets ` (1)`, ` (2)` and so on. */
async function findFreeName(directory: string, image: FormPart): Promise<{ name: string; isDuplicate: boolean }> {
  const wanted = image.filename ?? ''
  const ending = extname(basename(wanted))
  const stem = join(dirname(wanted), basename(wanted)).slice(0, ending === '' ? undefined : -ending.length)
  const hash = hashOf(image.content)
  for (let count = 0; ; count++) {
    const name = count === 0 ? wanted : `${stem} (${count})${ending}`
    const existing = await readIfThere(join(directory, name))
    if (existing === undefined) return { name, isDuplicate: false }
    if (hashOf(existing) === hash) return { name, isDuplicate: true }
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    await stat(path)
  } catch {
    // Nothing there: the name is free.
    return undefined
  }
  return readFile(path)
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** A copy of the picture that `original_ref` names, with the alpha of the uploaded mask; its PNG texts stay. */
async function mergeMask(form: Form, folders: UserFolders): Promise<Buffer | undefined> {
  const reference = parseJson(textOf(form, 'original_ref') ?? '')
  if (!isJsonObject(reference)) throw new TypeError('original_ref is no object')
  const query = new URLSearchParams()
  for (const name of ['filename', 'type', 'subfolder']) {
    const value = memberOf(reference, name)
    if (typeof value === 'string') query.set(name, value)
  }
  const original = await readIfThere(await findOriginal(query, folders))
  const mask = contentOf(form)
  if (!original || !mask) return undefined
  const { data, info } = await sharp(original)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const size = { width: info.width, height: info.height }
  const alpha = await sharp(mask)
    .ensureAlpha()
    .extractChannel('alpha')
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer()
  const merged = sharp(data, { raw: { ...size, channels: 3 } }).joinChannel(alpha, { raw: { ...size, channels: 1 } })
  return addPngText(await merged.png().toBuffer(), readPngText(original))
}

async function findOriginal(query: URLSearchParams, folders: UserFolders): Promise<string> {
  try {
    return await findViewedFile(query, folders)
  } catch (error) {
    // ComfyUI writes nothing then, but still answers 200.
    if (error instanceof HttpAnswer && query.has('filename')) return ''
    throw error
  }
}
