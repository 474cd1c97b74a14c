import type { ApiKey, Scope } from '../../../proxy/contract/keys.ts'
import { foldText } from '../../words/names.ts'

export const scopeWords: Readonly<Record<Scope, { title: string; meaning: string }>> = {
  run: { title: 'Use ComfyUI', meaning: 'Run workflows and see results, as far as the person’s role goes.' },
  read: { title: 'See results', meaning: 'Pictures and progress, nothing more.' },
  keys: { title: 'Manage own keys', meaning: 'Create and revoke keys of the same person.' },
  administer: {
    title: 'Run Gatehouse',
    meaning: 'People, keys, sharing, settings. For tools of yours that you trust fully.',
  },
}

export const lifetimes: readonly { days: number | null; words: string }[] = [
  { days: 7, words: '7 days' },
  { days: 30, words: '30 days' },
  { days: 90, words: '90 days' },
  { days: 365, words: '1 year' },
  { days: null, words: 'Until I revoke it' },
]

/** "Use ComfyUI" rather than "run, read": what includes another is said once. */
export function describeScopes(scopes: readonly Scope[]): string {
  if (scopes.length === 1 && scopes[0] === 'read') return 'Only look'
  const said = scopes.includes('run') ? scopes.filter((scope) => scope !== 'read') : scopes
  return said.map((scope) => scopeWords[scope].title).join(', ')
}

export type KeyHealth = 'good' | 'unprotected' | 'expired' | 'expiresSoon'

const soonMs = 7 * 24 * 3_600_000

/** What the owner should know about a key first. */
export function keyHealth(key: Pick<ApiKey, 'expiresAt' | 'sentUnprotectedAt'>, nowMs: number): KeyHealth {
  const left = key.expiresAt === null ? Infinity : Date.parse(key.expiresAt) - nowMs
  if (left <= 0) return 'expired'
  if (key.sentUnprotectedAt !== null) return 'unprotected'
  return left < soonMs ? 'expiresSoon' : 'good'
}

/** What to say on Home about keys that travelled in clear; undefined when there are none. */
export function unprotectedKeyWords(
  keys: readonly Pick<ApiKey, 'name' | 'user' | 'sentUnprotectedAt'>[],
): string | undefined {
  const sent = keys.filter((key) => key.sentUnprotectedAt !== null)
  const [first] = sent
  if (first === undefined) return undefined
  if (sent.length === 1) {
    return `The key “${first.name}” of ${first.user.name} crossed the network without encryption. Others there could have read it: replace it.`
  }
  return `${sent.length} keys crossed the network without encryption. Others there could have read them: replace them.`
}

/** Keys whose name, person or shown part contains the words, whatever their case or accents. */
export function findKeys(keys: readonly ApiKey[], search: string): readonly ApiKey[] {
  const wanted = foldText(search)
  if (wanted === '') return keys
  return keys.filter((key) => [key.name, key.user.name, key.masked].some((text) => foldText(text).includes(wanted)))
}
