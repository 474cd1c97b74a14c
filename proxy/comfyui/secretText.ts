import { replaceJsonWebTokens } from '../core/jsonWebTokens.ts'
import { isObject } from './losslessJson.ts'
import type { JsonValue } from './losslessJson.ts'

/** Names under which ComfyUI and its API nodes keep comfy.org sign-ins (0.3.64: execution.py, comfy_api_nodes/). */
export const tokenNames: readonly string[] = [
  'auth_token_comfy_org',
  'api_key_comfy_org',
  'auth_token',
  'comfy_api_key',
]

/** Our own keys, also when they are cut short. */
const OWN_KEY = /gh_[a-z0-9]{12}_[A-Za-z0-9_-]{16,}/g

/**
 * Our own keys, also cut short, comfy.org's keys, and the best known kinds of other services' keys; in JSON text one may
 * follow the letter of an escaped line break. No pattern may search the same text again from each of its characters.
 */
const SECRETS =
  /gh_[a-z0-9]{12}_[A-Za-z0-9_-]{16,}|comfyui-[A-Za-z0-9]{32,}|(?:\b|(?<=\\[bfnrt]))(?:sk-|hf_|ghp_)[A-Za-z0-9_-]{20,}/g

/** The text without whatever has the shape of a secret. Safe on JSON text: such secrets contain nothing to escape. */
export const redactSecrets = (text: string): string => replaceJsonWebTokens(text, '').replace(SECRETS, '')

/** Whether a key of ours, or most of one, stands in the text. */
export const hasOwnKey = (text: string): boolean => text.search(OWN_KEY) !== -1

export const withoutOwnKeys = (text: string): string => text.replace(OWN_KEY, '')

/** The same tree without secrets and without members that are named for them. */
export function withoutSecrets(value: JsonValue): JsonValue {
  if (typeof value === 'string') return redactSecrets(value)
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (!isObject(value)) return value
  const kept = [...value].filter(([name]) => !tokenNames.includes(name))
  return new Map(kept.map(([name, member]) => [redactSecrets(name), withoutSecrets(member)]))
}
