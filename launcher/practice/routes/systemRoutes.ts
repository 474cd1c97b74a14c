import { readdir, stat } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import type { EngineContext } from '../engineContext.ts'
import { HttpAnswer } from '../http/engineRequest.ts'
import type { Router } from '../http/router.ts'
import { isJsonObject, memberOf, type JsonObject } from '../values/json.ts'
import { toFolderName } from './viewRoutes.ts'

/** The version of ComfyUI whose API this engine speaks. */
export const COMFYUI_VERSION = '0.3.64'
/** The frontend that belongs to it. */
export const FRONTEND_VERSION = '1.27.10'
const TERMINAL_SIZE = { cols: 80, rows: 24 }

/** Features, system facts, logs and file lists. */
export function addSystemRoutes(router: Router, context: EngineContext): void {
  router.add('GET', '/features', (request) => request.sendJson(context.features))
  router.add('GET', '/system_stats', (request) => request.sendJson(describeSystem()))
  router.add('GET', '/i18n', (request) => request.sendJson({}))
  router.addPlain('GET', '/internal/logs', (request) => {
    const lines = context.log.entries().map(({ t, m }) => `${t} - ${m}`)
    request.sendJson(lines.join(''))
  })
  router.addPlain('GET', '/internal/logs/raw', (request) =>
    request.sendJson({ entries: context.log.entries(), size: TERMINAL_SIZE }),
  )
  addLogSubscription(router, context)
  router.addPlain('GET', '/internal/files/{type}', async (request) => {
    const type = toFolderName(request.param('type'))
    if (type === undefined) request.sendJson({ error: 'Invalid directory type' }, 400)
    else request.sendJson(await listNewestFirst(request.user.folders[type]))
  })
}

function addLogSubscription(router: Router, { log, hub }: EngineContext): void {
  const subscribers = new Set<string>()
  router.addPlain('PATCH', '/internal/logs/subscribe', async (request) => {
    const body = await request.readJson()
    const clientId = isJsonObject(body) ? memberOf(body, 'clientId') : undefined
    const enabled = isJsonObject(body) ? memberOf(body, 'enabled') : undefined
    if (typeof clientId !== 'string' || enabled === undefined) throw new TypeError('clientId and enabled are needed')
    if (enabled) subscribers.add(clientId)
    else subscribers.delete(clientId)
    request.sendEmpty()
  })
  log.onEntries((entries) => {
    for (const clientId of subscribers) {
      if (hub.has(clientId)) hub.sendJson('logs', { entries, size: null }, clientId)
      else subscribers.delete(clientId)
    }
  })
}

function describeSystem(): JsonObject {
  const memory = { total: totalmem(), free: freemem() }
  return {
    system: {
      os: process.platform === 'win32' ? 'nt' : 'posix',
      ram_total: memory.total,
      ram_free: memory.free,
      comfyui_version: COMFYUI_VERSION,
      required_frontend_version: FRONTEND_VERSION,
      installed_templates_version: null,
      required_templates_version: null,
      python_version: `none (practice engine on Node ${process.version})`,
      pytorch_version: 'none',
      embedded_python: false,
      argv: ['practiceEngine'],
    },
    devices: [
      {
        name: 'cpu (practice engine)',
        type: 'cpu',
        index: null,
        vram_total: memory.total,
        vram_free: memory.free,
        torch_vram_total: memory.total,
        torch_vram_free: memory.free,
      },
    ],
  }
}

async function listNewestFirst(directory: string): Promise<string[]> {
  const files: { name: string; mtimeMs: number }[] = []
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (entry.isFile()) files.push({ name: entry.name, mtimeMs: (await stat(join(directory, entry.name))).mtimeMs })
    }
  } catch {
    // A file or the folder went away while it was listed.
    throw new HttpAnswer(500, '500 Internal Server Error\n\nServer got itself in trouble')
  }
  return files.sort((a, b) => b.mtimeMs - a.mtimeMs).map(({ name }) => name)
}
