import { SECURE_SESSION_COOKIE, SESSION_COOKIE, TOKEN_COOKIE } from '../core/cookieNames.ts'

/** `__Host-` names count under TLS only and plain names over HTTP only: decided by the socket, never by trying. */
export const sessionCookieName = (secure: boolean): string => (secure ? SECURE_SESSION_COOKIE : SESSION_COOKIE)

export interface SessionCookieOptions {
  readonly secure: boolean
  readonly maxAgeSeconds: number
}

/** Set-Cookie of the public listener. Lax: a Strict cookie is not sent after a link from a chat. */
export const createSessionCookie = (token: string, options: SessionCookieOptions): string =>
  createCookie(sessionCookieName(options.secure), token, options)

/** Set-Cookie of a token for clients of ComfyUI-Sentinel. */
export const createTokenCookie = (text: string, options: SessionCookieOptions): string =>
  createCookie(TOKEN_COOKIE, text, options)

function createCookie(name: string, value: string, { secure, maxAgeSeconds }: SessionCookieOptions): string {
  const parts = [`${name}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${maxAgeSeconds}`]
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ')
}

export const clearSessionCookie = (secure: boolean): string => createSessionCookie('', { secure, maxAgeSeconds: 0 })

export const clearTokenCookie = (secure: boolean): string => createTokenCookie('', { secure, maxAgeSeconds: 0 })
