import type { IncomingMessage } from 'node:http'
import { isUserId, type EngineUser, type EngineUsers } from '../users/engineUsers.ts'
import { stringifyJson, type JsonValue } from '../values/json.ts'
import { HttpAnswer } from './engineRequest.ts'

const USERS_PREFIX = '/gatehouse/companion/users/'

/** What nobody but the gate is told: of this start, for itself. */
const GATES_OWN = ['/gatehouse/companion/nodes', '/gatehouse/companion/routes']
/** What the gate asks for itself, and its one socket. Everything else is somebody's. */
const ERRANDS: Readonly<Record<string, readonly string[]>> = {
  GET: [...GATES_OWN, '/node_replacements', '/queue', '/ws'],
  POST: ['/free', '/history', '/interrupt', '/queue'],
}
const ONE_HISTORY = /^\/history\/[^/]+$/

/**
 * Whose request this is; undefined for an errand of the gate.
 * @throws HttpAnswer 400 for a malformed id, 404 for what is the gate’s own, 409 for one that nobody told us of, 403 when the route needs somebody
 */
export function findRequestUser(message: IncomingMessage, path: string, users: EngineUsers): EngineUser | undefined {
  if (isAboutUsers(message.method ?? '', path)) return undefined
  const id = message.headers['x-gatehouse-user']
  if (id === undefined) {
    if (isErrand(message.method ?? '', path)) return undefined
    throw refusal(403, { error: 'user_required' })
  }
  if (GATES_OWN.includes(path)) throw refusal(404, { error: 'not_found' })
  if (typeof id !== 'string' || !isUserId(id)) throw refusal(400, { error: 'malformed_user' })
  const user = users.find(id)
  if (user === undefined) throw refusal(409, { error: 'unknown_user' })
  return user
}

function isAboutUsers(method: string, path: string): boolean {
  return (method === 'PUT' || method === 'DELETE') && path.startsWith(USERS_PREFIX)
}

function isErrand(method: string, path: string): boolean {
  return (ERRANDS[method] ?? []).includes(path) || (method === 'GET' && ONE_HISTORY.test(path))
}

/** An answer with a JSON body. */
export function refusal(status: number, value: JsonValue): HttpAnswer {
  return new HttpAnswer(status, stringifyJson(value), { 'content-type': 'application/json; charset=utf-8' })
}
