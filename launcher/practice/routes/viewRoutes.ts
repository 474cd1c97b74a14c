import { readFile, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { HttpAnswer, type EngineRequest } from '../http/engineRequest.ts'
import { sendFile } from '../http/fileResponse.ts'
import { guessContentType } from '../http/mimeTypes.ts'
import type { Router } from '../http/router.ts'
import { parseAnnotation } from '../nodes/loadImage.ts'
import type { UserFolders } from '../nodes/nodeClass.ts'
import { findInside, joinInside } from '../nodes/savePath.ts'

/** ComfyUI's list; scripts named .js are not on it. */
const NEVER_INLINE = new Set(['text/html', 'application/xhtml+xml', 'text/javascript', 'text/css'])

/** GET /view: a file of the output, input or temp folder, as it is or as a preview or one channel of it. */
export function addViewRoutes(router: Router): void {
  router.add('GET', '/view', view)
}

async function view(request: EngineRequest): Promise<void> {
  const { query } = request
  const path = await findViewedFile(query, request.user.folders)
  if (!(await isFile(path))) throw new HttpAnswer(404)
  const filename = basename(path)
  const disposition = { 'content-disposition': `filename="${toHeaderText(filename)}"` }
  const channel = query.get('channel')
  const preview = query.get('preview')
  if (preview !== null) {
    const { type, body } = await encodePreview(path, preview, channel ?? '')
    request.send(200, body, { ...disposition, 'content-type': type })
  } else if (channel === 'rgb' || channel === 'a') {
    const body = await encodeChannel(path, channel)
    request.send(200, body, { ...disposition, 'content-type': 'image/png' })
  } else {
    const type = guessContentType(filename)
    const safeType = NEVER_INLINE.has(type) ? 'application/octet-stream' : type
    await sendFile(request, path, { ...disposition, 'content-type': safeType })
  }
}

/** @throws HttpAnswer 404 without a name, 400 for a bad one, 403 for a sub-folder outside, 404 behind a link that leads out */
export async function findViewedFile(query: URLSearchParams, folders: UserFolders): Promise<string> {
  const wanted = query.get('filename')
  if (wanted === null) throw new HttpAnswer(404)
  const { name, type } = parseAnnotation(wanted)
  if (name === '' || name.startsWith('/') || name.includes('..')) throw new HttpAnswer(400)
  const folder = type ?? toFolderName(query.get('type') ?? 'output')
  if (folder === undefined || name.includes('\0')) throw new HttpAnswer(400)
  const directory = joinInside(folders[folder], query.get('subfolder') ?? '')
  if (directory === undefined) throw new HttpAnswer(403)
  const path = join(directory, basename(name))
  // A link below the folder may lead out of it; then there is no such file.
  if ((await findInside(folders[folder], relative(folders[folder], path))) === undefined) throw new HttpAnswer(404)
  return path
}

/** One of ComfyUI's three folder types. */
export function toFolderName(type: string): 'output' | 'input' | 'temp' | undefined {
  return type === 'output' || type === 'input' || type === 'temp' ? type : undefined
}

async function encodePreview(path: string, preview: string, channel: string): Promise<{ type: string; body: Buffer }> {
  const parts = preview.split(';')
  const last = parts[parts.length - 1] ?? ''
  const quality = /^\d{1,3}$/.test(last) ? Math.min(100, Math.max(1, Number(last))) : 90
  const isJpeg = parts[0] === 'jpeg' && !channel.includes('a')
  const image = sharp(await readFile(path))
  const opaque = isJpeg || channel === 'rgb' ? image.removeAlpha() : image
  const body = await (isJpeg ? opaque.jpeg({ quality }) : opaque.webp({ quality })).toBuffer()
  return { type: isJpeg ? 'image/jpeg' : 'image/webp', body }
}

async function encodeChannel(path: string, channel: 'rgb' | 'a'): Promise<Buffer> {
  const image = sharp(await readFile(path)).toColourspace('srgb')
  return (channel === 'rgb' ? image.removeAlpha() : await toAlphaOnly(image)).png().toBuffer()
}

/** Black, with the alpha of the picture. */
async function toAlphaOnly(image: Sharp): Promise<Sharp> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  for (let at = 0; at < data.length; at += info.channels) data.fill(0, at, at + info.channels - 1)
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    // A name that the file system refuses is no file either.
    return false
  }
}

/** Header values are Latin-1 for Node; aiohttp sends the UTF-8 bytes. */
function toHeaderText(text: string): string {
  // eslint-disable-next-line no-control-regex -- a line break would end the header
  return Buffer.from(text.replace(/[\u0000-\u001f\u007f"]/g, '_')).toString('latin1')
}
