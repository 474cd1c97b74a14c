import type { EngineContext } from '../engineContext.ts'
import { validateFor } from '../graph/nodeRules.ts'
import { MalformedPrompt } from '../graph/validatePrompt.ts'
import type { EngineRequest } from '../http/engineRequest.ts'
import type { Router } from '../http/router.ts'
import { refusal } from '../http/userCheck.ts'
import { describeFacts } from '../nodes/nodeFacts.ts'
import { RulesRefused } from '../users/engineRules.ts'
import { FolderRefused, isUserId, OldRules, OrderRefused } from '../users/engineUsers.ts'
import { isJsonObject, memberOf, type JsonValue } from '../values/json.ts'
import { readTargets } from './promptRoutes.ts'

const BASE = '/gatehouse/companion'

/** What the gate tells and asks beyond ComfyUI's own routes: users, and validation without queueing. No /api twins. */
export function addCompanionRoutes(router: Router, context: EngineContext): void {
  router.addPlain('PUT', `${BASE}/users/{id}`, (request) => putUser(request, context))
  router.addPlain('DELETE', `${BASE}/users/{id}`, (request) => {
    context.users.forget(readUserId(request))
    request.sendEmpty(204)
  })
  router.addPlain('POST', `${BASE}/validate`, (request) => validate(request, context))
  router.addPlain('GET', `${BASE}/nodes`, (request) => {
    const nodes = Array.from(context.classes.values(), (node) => describeFacts(node, context.folders.base))
    request.sendJson({ nodes })
  })
  router.addPlain('GET', `${BASE}/routes`, (request) => {
    const routes = router.list().filter(({ path }) => !path.startsWith(BASE))
    request.sendJson({ routes: routes.map((route) => ({ ...route, pack: 'comfyui' })) })
  })
}

function readUserId(request: EngineRequest): string {
  const id = request.param('id')
  if (!isUserId(id)) throw refusal(400, { error: 'malformed_user' })
  return id
}

async function putUser(request: EngineRequest, { users }: EngineContext): Promise<void> {
  const id = readUserId(request)
  try {
    await users.put(id, await readBody(request))
  } catch (error) {
    if (error instanceof OldRules)
      throw refusal(409, { error: 'old_rules', message: error.message, last: BigInt(error.last) })
    if (error instanceof OrderRefused) throw refusal(400, { error: 'bad_order', message: error.message })
    if (error instanceof FolderRefused) throw refusal(400, { error: 'folder_refused', message: error.message })
    if (error instanceof RulesRefused) throw refusal(400, { error: 'bad_rules', message: error.message })
    throw error
  }
  request.sendEmpty(204)
}

async function readBody(request: EngineRequest): Promise<JsonValue> {
  try {
    return await request.readJson()
  } catch (error) {
    if (error instanceof SyntaxError) throw refusal(400, { error: 'malformed_body', message: 'the body is no JSON' })
    throw error
  }
}

/** The body is this request's own copy: what validation converts in it reaches nothing else. */
async function validate(request: EngineRequest, { classes }: EngineContext): Promise<void> {
  const body = await readBody(request)
  const prompt = isJsonObject(body) ? memberOf(body, 'prompt') : undefined
  if (!isJsonObject(body) || prompt === undefined) {
    throw refusal(400, { error: 'malformed_body', message: 'the body has no prompt' })
  }
  const published = memberOf(body, 'published') ?? false
  try {
    if (typeof published !== 'boolean') throw new MalformedPrompt('published is neither true nor false')
    const author = { user: request.user, isPublished: published }
    const validation = await validateFor(author, { prompt, targets: readTargets(body) }, classes)
    if (validation.ok) request.sendJson({ node_errors: validation.nodeErrors, outputs: validation.outputs })
    else request.sendJson({ error: validation.error, node_errors: validation.nodeErrors }, 400)
  } catch (error) {
    if (!(error instanceof MalformedPrompt)) throw error
    const facts = { type: 'invalid_prompt', message: error.message, details: '', extra_info: {} }
    request.sendJson({ error: facts, node_errors: {} }, 400)
  }
}
