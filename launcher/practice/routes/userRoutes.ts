import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { EngineContext } from '../engineContext.ts'
import { HttpAnswer, type EngineRequest } from '../http/engineRequest.ts'
import { sendFile } from '../http/fileResponse.ts'
import { guessContentType } from '../http/mimeTypes.ts'
import type { Router } from '../http/router.ts'
import { findInside, toForwardSlashes } from '../nodes/savePath.ts'
import { isJsonObject, memberOf, parseJson, stringifyJson, type JsonObject, type JsonValue } from '../values/json.ts'

const SETTINGS_FILE = 'comfy.settings.json'

/** Users, settings and user data; every user has a folder of their own. */
export function addUserRoutes(router: Router, { random }: EngineContext): void {
  const rootOf = (request: EngineRequest): string => request.user.folders.userdata
  const settingsFiles = new Map<string, SettingsFile>()
  const settingsOf = (request: EngineRequest): SettingsFile => {
    const path = join(rootOf(request), SETTINGS_FILE)
    const settings = settingsFiles.get(path) ?? new SettingsFile(path)
    settingsFiles.set(path, settings)
    return settings
  }
  router.add('GET', '/users', async (request) =>
    request.sendJson({ storage: 'server', migrated: (await describe(rootOf(request))) !== undefined }),
  )
  router.add('POST', '/users', (request) => addUser(request, random.uuid()))
  router.add('GET', '/settings', async (request) => request.sendJson(await settingsOf(request).read()))
  router.add('GET', '/settings/{id}', async (request) =>
    request.sendJson(memberOf(await settingsOf(request).read(), request.param('id')) ?? null),
  )
  router.add('POST', '/settings', async (request) => {
    const changes = await request.readJson()
    if (!isJsonObject(changes)) throw new TypeError('settings are no object')
    await settingsOf(request).merge(changes)
    request.sendEmpty()
  })
  router.add('POST', '/settings/{id}', async (request) => {
    await settingsOf(request).merge({ [request.param('id')]: await request.readJson() })
    request.sendEmpty()
  })
  router.add('GET', '/userdata', (request) => listFiles(request, rootOf(request)))
  router.add('GET', '/v2/userdata', (request) => listTree(request, rootOf(request)))
  router.add('GET', '/userdata/{file}', (request) => sendUserFile(request, rootOf(request)))
  router.add('POST', '/userdata/{file}', (request) => writeUserFile(request, rootOf(request)))
  router.add('DELETE', '/userdata/{file}', (request) => deleteUserFile(request, rootOf(request)))
  router.add('POST', '/userdata/{file}/move/{dest}', (request) => moveUserFile(request, rootOf(request)))
}

async function addUser(request: EngineRequest, uuid: string): Promise<void> {
  const body = await request.readJson()
  const name = isJsonObject(body) ? memberOf(body, 'username') : undefined
  if (typeof name !== 'string') throw new TypeError('no username')
  if (name === 'default') request.sendJson({ error: 'Duplicate username.' }, 400)
  else request.sendJson(`${name.trim().replace(/[^a-zA-Z0-9_-]+/g, '-')}_${uuid}`)
}

/** The settings; changes come one after the other, so that none is lost. */
class SettingsFile {
  readonly #path: string
  #lastChange: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  async read(): Promise<JsonObject> {
    try {
      const value = parseJson(await readFile(this.#path, 'utf8'))
      return isJsonObject(value) ? value : {}
    } catch {
      // Missing or damaged: ComfyUI starts with no settings then.
      return {}
    }
  }

  merge(changes: JsonObject): Promise<void> {
    const change = this.#lastChange.then(async () => {
      await mkdir(dirname(this.#path), { recursive: true })
      const next = `${this.#path}.next`
      await writeFile(next, stringifyJson({ ...(await this.read()), ...changes }))
      await rename(next, this.#path)
    })
    this.#lastChange = change.catch(() => undefined)
    return change
  }
}

async function listFiles(request: EngineRequest, root: string): Promise<void> {
  const directory = request.query.get('dir') ?? ''
  if (directory === '') throw new HttpAnswer(400, 'Directory not provided')
  const path = await toUserPath(root, directory)
  if (path === undefined) throw new HttpAnswer(403, 'Invalid directory')
  if ((await describe(path)) === undefined) throw new HttpAnswer(404, 'Directory not found')
  const files = await walk(path, request.flag('recurse'))
  const listed: JsonValue[] = []
  for (const file of files.filter(({ isFile }) => isFile)) {
    if (request.flag('full_info')) listed.push(await describeFile(file.path, path))
    else {
      const name = toForwardSlashes(relative(path, file.path))
      listed.push(request.flag('split') ? [name, ...name.split('/')] : name)
    }
  }
  request.sendJson(listed)
}

async function listTree(request: EngineRequest, root: string): Promise<void> {
  const wanted = request.query.get('path') ?? ''
  const path = await findInside(root, unquote(wanted))
  if (path === undefined) throw new HttpAnswer(400, 'Invalid path requested')
  const facts = await describe(path)
  if (!facts) {
    if (path !== root) throw new HttpAnswer(404, 'Requested path not found')
    request.sendJson([])
    return
  }
  if (!facts.isDirectory()) throw new HttpAnswer(400, 'Requested path is not a directory')
  const entries = await walk(path, true)
  entries.sort((a, b) => Number(a.isFile) - Number(b.isFile) || compareText(a.name.toLowerCase(), b.name.toLowerCase()))
  const listed: JsonValue[] = []
  for (const entry of entries) {
    const common = { name: entry.name, path: toForwardSlashes(relative(root, entry.path)) }
    const stats = entry.isFile ? await describe(entry.path) : undefined
    if (!entry.isFile) listed.push({ ...common, type: 'directory' })
    else listed.push({ ...common, type: 'file', ...(stats && { size: stats.size, modified: stats.mtimeMs / 1000 }) })
  }
  request.sendJson(listed)
}

async function sendUserFile(request: EngineRequest, root: string): Promise<void> {
  const path = await findExisting(request, root)
  await sendFile(request, path, { 'content-type': guessContentType(path) })
}

async function writeUserFile(request: EngineRequest, root: string): Promise<void> {
  const path = await toUserPath(root, request.param('file'))
  if (path === undefined) throw new HttpAnswer(403)
  await refuseOverwriting(request, path)
  const body = await request.readBody()
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, body)
  } catch {
    // Names the file system refuses are the client's mistake.
    throw new HttpAnswer(400)
  }
  await sendWritten(request, path, root)
}

async function deleteUserFile(request: EngineRequest, root: string): Promise<void> {
  await unlink(await findExisting(request, root))
  request.sendEmpty(204)
}

async function moveUserFile(request: EngineRequest, root: string): Promise<void> {
  const source = await findExisting(request, root)
  const target = await toUserPath(root, request.param('dest'))
  if (target === undefined) throw new HttpAnswer(403)
  await refuseOverwriting(request, target)
  await mkdir(dirname(target), { recursive: true })
  await rename(source, target)
  await sendWritten(request, target, root)
}

async function refuseOverwriting(request: EngineRequest, path: string): Promise<void> {
  if (request.query.get('overwrite') === 'false' && (await describe(path)))
    throw new HttpAnswer(409, 'File already exists')
}

async function sendWritten(request: EngineRequest, path: string, root: string): Promise<void> {
  request.sendJson(request.flag('full_info') ? await describeFile(path, root) : toForwardSlashes(relative(root, path)))
}

async function findExisting(request: EngineRequest, root: string): Promise<string> {
  const path = await toUserPath(root, request.param('file'))
  if (path === undefined) throw new HttpAnswer(403)
  if ((await describe(path)) === undefined) throw new HttpAnswer(404)
  return path
}

/** A path inside of `root`; what still contains a percent sign is decoded once more, as ComfyUI does. */
function toUserPath(root: string, file: string): Promise<string | undefined> {
  return findInside(root, file.includes('%') ? unquote(file) : file)
}

function unquote(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Python leaves broken encodings as they are.
    return text
  }
}

interface Entry {
  readonly name: string
  readonly path: string
  readonly isFile: boolean
}

async function walk(directory: string, recurse: boolean): Promise<Entry[]> {
  const entries: Entry[] = []
  const stats = await describe(directory)
  if (!stats?.isDirectory()) return entries
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    entries.push({ name: entry.name, path, isFile: entry.isFile() })
    if (recurse && entry.isDirectory()) entries.push(...(await walk(path, true)))
  }
  return entries
}

async function describe(path: string) {
  try {
    return await stat(path)
  } catch {
    // Missing and unreadable are the same to a client.
    return undefined
  }
}

async function describeFile(path: string, root: string): Promise<JsonObject> {
  const { size, mtimeMs, ctimeMs } = await stat(path)
  return { path: toForwardSlashes(relative(root, path)), size, modified: mtimeMs / 1000, created: ctimeMs / 1000 }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
