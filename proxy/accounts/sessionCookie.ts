import { DEVICE_COOKIE, SECURE_DEVICE_COOKIE, sessionCookieName, TOKEN_COOKIE } from '../core/cookieNames.ts'
import type { CookiePlace } from '../core/cookieNames.ts'

export interface SessionCookieOptions extends CookiePlace {
  readonly maxAgeSeconds: number
}

/** Set-Cookie. On the public listener Lax: a Strict cookie is not sent after a link from a chat. */
export const createSessionCookie = (token: string, options: SessionCookieOptions): string =>
  createCookie(sessionCookieName(options), token, options)

/** Set-Cookie of a token for clients of ComfyUI-Sentinel. */
export const createTokenCookie = (text: string, options: SessionCookieOptions): string =>
  createCookie(TOKEN_COOKIE, text, options)

/** Browsers keep a cookie for 400 days at most (RFC 6265bis, 5.6.2). */
const DEVICE_SECONDS = 400 * 86_400

/** Set-Cookie of what a browser is known by after somebody signed in with it. */
const createDeviceCookie = (token: string, place: CookiePlace): string =>
  createCookie(place.secure ? SECURE_DEVICE_COOKIE : DEVICE_COOKIE, token, { ...place, maxAgeSeconds: DEVICE_SECONDS })

/** Set-Cookie lines for whoever just signed in: the session, and what the browser is known by from now on. */
export function createSignInCookies(
  { settings }: { readonly settings: { get(name: 'sessions.absoluteDays'): number } },
  place: CookiePlace,
  { token, deviceToken }: { readonly token: string; readonly deviceToken: string },
): string[] {
  const maxAgeSeconds = settings.get('sessions.absoluteDays') * 86_400
  return [createSessionCookie(token, { ...place, maxAgeSeconds }), createDeviceCookie(deviceToken, place)]
}

function createCookie(name: string, value: string, { secure, listener, maxAgeSeconds }: SessionCookieOptions): string {
  const sameSite = listener === 'administration' ? 'Strict' : 'Lax'
  const parts = [`${name}=${value}`, 'Path=/', 'HttpOnly', `SameSite=${sameSite}`, `Max-Age=${maxAgeSeconds}`]
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ')
}

/** Set-Cookie lines of a sign-out. Under TLS what an earlier visit over plain HTTP left goes as well. */
export function clearSignInCookies(place: CookiePlace): string[] {
  const gone = (each: CookiePlace): string => createSessionCookie('', { ...each, maxAgeSeconds: 0 })
  if (place.listener !== 'public') return [gone(place)]
  const plain = place.secure ? [gone({ ...place, secure: false })] : []
  return [gone(place), ...plain, createTokenCookie('', { ...place, maxAgeSeconds: 0 })]
}
