import { queueInfo, type EngineContext } from '../engineContext.ts'
import { toExtraData } from '../graph/promptQueue.ts'
import type { PromptError } from '../graph/plainInputs.ts'
import { isPublished, validateFor } from '../graph/nodeRules.ts'
import { MalformedPrompt } from '../graph/validatePrompt.ts'
import type { EngineRequest } from '../http/engineRequest.ts'
import type { Router } from '../http/router.ts'
import { describeNode } from '../nodes/nodeRegistry.ts'
import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'
import { toPythonFloat, toPythonText } from '../values/pythonValues.ts'

/** Object info, prompt, queue, history, interrupt and free. */
export function addPromptRoutes(router: Router, context: EngineContext): void {
  const numbers = { next: 0 }
  router.add('GET', '/object_info', (request) => sendObjectInfo(request, context))
  router.add('GET', '/object_info/{class}', (request) => sendClassInfo(request, context))
  router.add('GET', '/prompt', (request) => request.sendJson(queueInfo(context.queue)))
  router.add('POST', '/prompt', (request) => acceptPrompt(request, context, numbers))
  router.add('GET', '/queue', (request) => request.sendJson(context.queue.toJson()))
  router.add('POST', '/queue', (request) => changeQueue(request, context))
  router.add('GET', '/history', (request) => sendHistory(request, context))
  router.add('GET', '/history/{id}', (request) => request.sendJson(context.queue.historyOf(request.param('id'))))
  router.add('POST', '/history', (request) => changeHistory(request, context))
  router.add('POST', '/interrupt', (request) => interrupt(request, context))
  router.add('POST', '/free', (request) => free(request, context))
}

async function sendObjectInfo(request: EngineRequest, { classes }: EngineContext): Promise<void> {
  const described: JsonObject = {}
  const { folders, rules } = request.user
  for (const [name, node] of classes) {
    if (rules?.nodes?.has(name) ?? true) described[name] = await describeNode(node, folders)
  }
  request.sendJson(described)
}

async function sendClassInfo(request: EngineRequest, { classes }: EngineContext): Promise<void> {
  const { rules } = request.user
  const node = classes.get(request.param('class'))
  const isShown = node !== undefined && (rules?.nodes?.has(node.name) ?? true)
  request.sendJson(isShown ? { [node.name]: await describeNode(node, request.user.folders) } : {})
}

async function acceptPrompt(request: EngineRequest, context: EngineContext, numbers: { next: number }): Promise<void> {
  const body = await request.readJson()
  const prompt = isJsonObject(body) ? memberOf(body, 'prompt') : undefined
  if (!isJsonObject(body) && !Array.isArray(body)) throw new MalformedPrompt('the body is no object')
  const number = chooseNumber(body, numbers)
  if (!isJsonObject(body) || prompt === undefined) {
    const text = 'No prompt provided'
    refuse(request, { type: 'no_prompt', message: text, details: text, extra_info: {} }, {})
    return
  }
  const givenId = memberOf(body, 'prompt_id')
  const promptId = givenId === undefined ? context.random.uuid() : toPythonText(givenId)
  const extraData = toExtraData(body, request.user.id)
  const author = { user: request.user, isPublished: isPublished(extraData) }
  const validation = await validateFor(author, { prompt, targets: readTargets(body) }, context.classes)
  if (!validation.ok) {
    refuse(request, validation.error, validation.nodeErrors)
    return
  }
  const clientId = extraData && (memberOf(extraData, 'client_id') ?? null)
  // What ends ComfyUI 0.3.64 itself (an unhashable client id) or its worker (extra data or nodes without members).
  if (
    !isJsonObject(prompt) ||
    !extraData ||
    (clientId !== null && typeof clientId !== 'string') ||
    !hasInputs(prompt)
  ) {
    throw new MalformedPrompt('client_id, extra_data or a node of the wrong form')
  }
  context.log.add('got prompt')
  extraData['create_time'] = BigInt(context.clock.nowMs())
  context.queue.put({ number, promptId, userId: request.user.id, prompt, extraData, outputs: validation.outputs })
  request.sendJson({ prompt_id: promptId, number, node_errors: validation.nodeErrors })
}

function hasInputs(prompt: JsonObject): boolean {
  return Object.values(prompt).every((node) => isJsonObject(node) && isJsonObject(memberOf(node, 'inputs')))
}

function chooseNumber(body: JsonValue, numbers: { next: number }): number {
  const given = isJsonObject(body) ? memberOf(body, 'number') : undefined
  if (given !== undefined) return toPythonFloat(given)
  const front = isJsonObject(body) && memberOf(body, 'front') === true
  const number = numbers.next++
  return front && number !== 0 ? -number : number
}

/** Which output nodes count. @throws MalformedPrompt */
export function readTargets(body: JsonObject): JsonValue[] | undefined {
  const targets = memberOf(body, 'partial_execution_targets') ?? null
  if (targets === null) return undefined
  if (!Array.isArray(targets)) throw new MalformedPrompt('partial_execution_targets is no list')
  return targets
}

function refuse(request: EngineRequest, error: PromptError, nodeErrors: JsonObject): void {
  request.sendJson({ error, node_errors: nodeErrors }, 400)
}

async function changeQueue(request: EngineRequest, { queue }: EngineContext): Promise<void> {
  const change = await readChange(request)
  if (change.clear) queue.clear()
  for (const id of change.ids) queue.remove(id)
  request.sendEmpty()
}

async function changeHistory(request: EngineRequest, { queue }: EngineContext): Promise<void> {
  const change = await readChange(request)
  if (change.clear) queue.clearHistory()
  for (const id of change.ids) queue.removeHistory(id)
  request.sendEmpty()
}

async function readChange(request: EngineRequest): Promise<{ clear: boolean; ids: string[] }> {
  const body = await request.readJson()
  if (!isJsonObject(body)) return { clear: false, ids: [] }
  const ids = memberOf(body, 'delete')
  if (ids !== undefined && !Array.isArray(ids)) throw new TypeError('delete is no list')
  return {
    clear: Boolean(memberOf(body, 'clear')),
    ids: (ids ?? []).flatMap((id) => (typeof id === 'string' ? [id] : [])),
  }
}

function sendHistory(request: EngineRequest, { queue }: EngineContext): void {
  request.sendJson(queue.history(readInteger(request, 'max_items'), readInteger(request, 'offset')))
}

function readInteger(request: EngineRequest, name: string): number | undefined {
  const text = request.query.get(name)
  if (text === null) return undefined
  if (!/^\s*[+-]?\d{1,15}\s*$/.test(text)) throw new TypeError(`${name} is no integer`)
  return Number(text)
}

async function interrupt(request: EngineRequest, { queue, interruption }: EngineContext): Promise<void> {
  const promptId = await readPromptId(request)
  // Without an id the interruption is global.
  if (promptId === undefined || queue.running?.promptId === promptId) interruption.request()
  request.sendEmpty()
}

async function readPromptId(request: EngineRequest): Promise<JsonValue | undefined> {
  try {
    const body = await request.readJson()
    const id = isJsonObject(body) ? memberOf(body, 'prompt_id') : undefined
    return id === undefined || id === null || id === '' ? undefined : id
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function free(request: EngineRequest, { executor }: EngineContext): Promise<void> {
  const body = await request.readJson()
  if (isJsonObject(body) && memberOf(body, 'free_memory') === true) executor.resetWhenIdle()
  request.sendEmpty()
}
