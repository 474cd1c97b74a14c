import { GateError } from '../contract/errorCodes.ts'
import { checkFilePrefix } from './fileNames.ts'
import { formatLosslessJson, isObject, JsonNumber, parseLosslessJson } from './losslessJson.ts'
import type { JsonObject, JsonValue } from './losslessJson.ts'
import { hasOwnKey, withoutOwnKeys } from './secretText.ts'

/*
 * The strict schema of POST /prompt. In ComfyUI 0.3.64 one wrong body ends the process or its worker for everybody:
 * `client_id` that is not text, `extra_data` that is no object, a node without `inputs`, a repeated number and id.
 * Whatever is accepted goes on as exactly the tree that was checked.
 */

export interface PromptLimits {
  readonly maxNodes: number
}

export interface PromptAuthor {
  /** May choose the place in the queue. */
  readonly administrator: boolean
}

export interface CheckedPrompt {
  /** The id that the client wants, if it is one that ComfyUI takes. */
  readonly wantedId: string | undefined
  /** The client's own id of the tab that wants the events; undefined when it named none. */
  readonly clientId: string | undefined
  readonly nodes: JsonObject
  readonly extraData: JsonObject
  readonly targets: JsonValue | undefined
  readonly place: PromptPlace
}

/** Who comes first; only administrators may say so. */
export interface PromptPlace {
  readonly front: boolean
  readonly number: number | undefined
}

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const PREVIEW_METHODS = new Set(['default', 'none', 'auto', 'latent2rgb', 'taesd'])
const MAX_NAME_LENGTH = 256
/** A workflow of 2000 nodes has some 20,000. */
const MAX_VALUES = 200_000
/** ComfyUI copies it into every picture, the history and messages. */
const MAX_PNG_INFO_BYTES = 2 * 1024 * 1024
const MAX_PNG_NAME_LENGTH = 79
const MAX_TOKEN_LENGTH = 16_384
/** ComfyUI compares this number with others as a float; nobody needs more. */
const MAX_QUEUE_NUMBER = 1e9

type PromptErrorType = 'no_prompt' | 'invalid_prompt' | 'not_allowed'

const refuse = (type: PromptErrorType, message: string, promptDetails = ''): never => {
  throw new GateError('BAD_REQUEST', message, { details: { promptError: type, promptDetails } })
}

/** Decodes and parses. @throws GateError BAD_REQUEST in ComfyUI's shape */
function parseBody(bytes: Buffer): JsonObject {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('invalid_prompt', 'The request is not UTF-8.')
  }
  let value: JsonValue
  try {
    value = parseLosslessJson(text, MAX_VALUES)
  } catch (error) {
    return refuse('invalid_prompt', error instanceof GateError ? error.message : 'The JSON is not valid.')
  }
  return isObject(value) ? value : refuse('invalid_prompt', 'The request must be a JSON object.')
}

/**
 * Checks a prompt and takes it apart.
 * @throws GateError BAD_REQUEST, told in ComfyUI's own shape
 */
export function checkPrompt(bytes: Buffer, author: PromptAuthor, limits: PromptLimits): CheckedPrompt {
  const sent = parseBody(bytes)
  const nodes = checkNodes(sent.get('prompt'), limits)
  // In a node it would reach ComfyUI's log and the pictures that are shown around.
  if (holdsOwnKey(nodes)) return refuseOwnKey()
  const clientId = checkClientId(sent.get('client_id'))
  const extraData = checkExtraData(sent.get('extra_data'))
  const targets = checkTargets(sent.get('partial_execution_targets'), limits)
  const place = author.administrator ? checkPlace(sent) : { front: false, number: undefined }
  const wanted = sent.get('prompt_id')
  const wantedId = typeof wanted === 'string' && CANONICAL_UUID.test(wanted) ? wanted : undefined
  return { wantedId, clientId, nodes, extraData, targets, place }
}

/** The same for a graph that is to be published, or that was made of one. @throws GateError BAD_REQUEST */
export function checkPublishedNodes(prompt: JsonValue, limits: PromptLimits): JsonObject {
  const nodes = checkNodes(prompt, limits)
  return holdsOwnKey(nodes) ? refuseOwnKey() : nodes
}

function checkNodes(prompt: JsonValue | undefined, { maxNodes }: PromptLimits): JsonObject {
  if (prompt === undefined || prompt === null) return refuse('no_prompt', 'No prompt provided', 'No prompt provided')
  if (!isObject(prompt)) return refuse('invalid_prompt', 'The prompt must be an object of nodes by their ids.')
  if (prompt.size > maxNodes)
    return refuse('not_allowed', `A workflow may have ${maxNodes} nodes, this one has ${prompt.size}.`)
  return new Map([...prompt].map(([id, node]) => [id, checkNode(id, node)]))
}

function checkNode(id: string, node: JsonValue): JsonObject {
  if (id.length > MAX_NAME_LENGTH) return refuse('invalid_prompt', 'The id of a node is too long.')
  if (!isObject(node)) return refuse('invalid_prompt', `Node #${id} is not an object.`)
  const classType = node.get('class_type')
  if (typeof classType !== 'string' || classType.length > MAX_NAME_LENGTH) {
    // ComfyUI's own words, which its page and other clients know (execution.py, validate_prompt).
    const text = 'Cannot execute because a node is missing the class_type property.'
    return refuse('invalid_prompt', text, `Node ID '#${id}'`)
  }
  const inputs = node.get('inputs')
  if (!isObject(inputs)) return refuse('invalid_prompt', `Node #${id} has no inputs.`)
  checkSavedName(id, inputs.get('filename_prefix'))
  // Nothing else: ComfyUI believes an `is_changed` of the client, which chooses the fingerprint in its cache.
  const checked: JsonObject = new Map<string, JsonValue>([
    ['class_type', classType],
    ['inputs', inputs],
  ])
  const meta = node.get('_meta')
  if (isObject(meta)) checked.set('_meta', meta)
  return checked
}

/** Where it comes from another node, the engine's companion looks at it before anything is saved. */
function checkSavedName(id: string, prefix: JsonValue | undefined): void {
  if (typeof prefix !== 'string') return
  try {
    checkFilePrefix(prefix)
  } catch (error) {
    refuse('not_allowed', error instanceof GateError ? error.message : 'A file name is not allowed.', `Node #${id}`)
  }
}

function checkClientId(clientId: JsonValue | undefined): string | undefined {
  if (clientId === undefined || clientId === null || clientId === '') return undefined
  if (typeof clientId !== 'string' || clientId.length > MAX_NAME_LENGTH) {
    return refuse('invalid_prompt', 'client_id must be a short text.')
  }
  if (hasOwnKey(clientId)) return refuseOwnKey()
  return clientId
}

function checkExtraData(extraData: JsonValue | undefined): JsonObject {
  if (extraData === undefined || extraData === null) return new Map()
  if (!isObject(extraData)) return refuse('invalid_prompt', 'extra_data must be an object.')
  const checked: JsonObject = new Map()
  const pngInfo = extraData.get('extra_pnginfo')
  if (isObject(pngInfo)) checked.set('extra_pnginfo', checkPngInfo(pngInfo))
  for (const name of ['auth_token_comfy_org', 'api_key_comfy_org']) {
    const token = extraData.get(name)
    if (typeof token !== 'string' || token === '' || token.length > MAX_TOKEN_LENGTH) continue
    // One client copies its key of the gate here.
    if (!hasOwnKey(token)) checked.set(name, token)
  }
  const preview = extraData.get('preview_method')
  if (typeof preview === 'string' && PREVIEW_METHODS.has(preview)) checked.set('preview_method', preview)
  return checked
}

const refuseOwnKey = (): never =>
  refuse('not_allowed', 'This workflow contains an API key of Gatehouse. Take it out and send it again.')

function holdsOwnKey(value: JsonValue): boolean {
  if (typeof value === 'string') return hasOwnKey(value)
  if (Array.isArray(value)) return value.some(holdsOwnKey)
  return isObject(value) && [...value].some(([key, member]) => hasOwnKey(key) || holdsOwnKey(member))
}

function checkPngInfo(pngInfo: JsonObject): JsonValue {
  if (Buffer.byteLength(formatLosslessJson(pngInfo)) > MAX_PNG_INFO_BYTES) {
    return refuse('not_allowed', 'The workflow that is to be written into the pictures has more than 2 MB.')
  }
  for (const name of pngInfo.keys()) {
    // It becomes the name of a text of the picture, which ends at a NUL and has 79 bytes at most (PNG, 11.3.3).
    if (!isPngName(name))
      return refuse('invalid_prompt', 'A name in extra_pnginfo is too long or has control characters.')
  }
  return dropOwnKeys(pngInfo)
}

const isPngName = (name: string): boolean => name.length <= MAX_PNG_NAME_LENGTH && !/\p{Cc}/u.test(name)

function dropOwnKeys(value: JsonValue): JsonValue {
  if (typeof value === 'string') return withoutOwnKeys(value)
  if (Array.isArray(value)) return value.map(dropOwnKeys)
  if (!isObject(value)) return value
  return new Map([...value].map(([key, member]) => [withoutOwnKeys(key), dropOwnKeys(member)]))
}

function checkTargets(targets: JsonValue | undefined, { maxNodes }: PromptLimits): JsonValue | undefined {
  if (targets === undefined || targets === null) return undefined
  const isList = Array.isArray(targets) && targets.length <= maxNodes
  if (!isList || !targets.every((target) => typeof target === 'string' && target.length <= MAX_NAME_LENGTH)) {
    return refuse('invalid_prompt', 'partial_execution_targets must be a list of node ids.')
  }
  if (holdsOwnKey(targets)) return refuseOwnKey()
  return targets
}

/** `number` and `front`. */
function checkPlace(sent: JsonObject): PromptPlace {
  const front = sent.get('front') === true
  const number = sent.get('number')
  if (number === undefined || number === null) return { front, number: undefined }
  if (!(number instanceof JsonNumber)) return refuse('invalid_prompt', 'number must be a number.')
  const value = Number(number.text)
  if (Math.abs(value) > MAX_QUEUE_NUMBER) return refuse('invalid_prompt', 'number is too large.')
  return { front, number: value }
}
