import { ADMINISTRATION_COOKIE, SESSION_COOKIE } from './cookieNames.ts'
import { replaceJsonWebTokens } from './jsonWebTokens.ts'

const MARK = '[removed]'

// Each takes what follows a name up to where such a value must end; quotation marks may be escaped, as in a line of JSON.
const patterns: readonly (readonly [RegExp, string])[] = [
  // Whole keys have 111 characters; anything that starts like one goes, so that a cut line tells nothing.
  [/\bgh_[A-Za-z0-9_-]{12,}/g, MARK],
  [/\bcomfyui-[A-Za-z0-9]{16,}/g, MARK],
  [/\b(bearer|basic)(\s+|%20)[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${MARK}`],
  [/\b(gatehouse\.bearer\.)[A-Za-z0-9._~-]+/gi, `$1${MARK}`],
  [/([?&](?:token|key|api_key|access_token|password|secret)=)[^&\s"'#\\]+/gi, `$1${MARK}`],
  [new RegExp(`((?:${SESSION_COOKIE}|${ADMINISTRATION_COOKIE}|jwt_token)=)[^;\\s"',\\\\]+`, 'gi'), `$1${MARK}`],
  [/(:\/\/[^\s/?#@:"'\\]*:)[^\s/?#@"'\\]+@/g, `$1${MARK}@`],
  [
    /((?:\\?["'])?(?:api_key_comfy_org|auth_token_comfy_org|x-gatehouse-secret|gatehouse_secret)(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)[^\s"',}\\]+/gi,
    `$1${MARK}`,
  ],
]

/**
 * Removes the given secrets and everything that looks like a credential, in a log line of the engine's or our own. The
 * second line of defence: nobody should log them. Whatever was JSON before is JSON afterwards.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const withoutKnown = secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, MARK)), text)
  const withoutTokens = replaceJsonWebTokens(withoutKnown, MARK)
  return patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), withoutTokens)
}
