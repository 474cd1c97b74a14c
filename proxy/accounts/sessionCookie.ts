import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from '../core/cookieNames.ts'

/** `__Host-` names count under TLS only and plain names over HTTP only: decided by the socket, never by trying. */
export const sessionCookieName = (secure: boolean): string => (secure ? SECURE_SESSION_COOKIE : SESSION_COOKIE)

export interface SessionCookieOptions {
  readonly secure: boolean
  readonly maxAgeSeconds: number
}

/** Set-Cookie of the public listener. Lax: a Strict cookie is not sent after a link from a chat. */
export function createSessionCookie(token: string, options: SessionCookieOptions): string {
  const parts = [
    `${sessionCookieName(options.secure)}=${token}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    `Max-Age=${options.maxAgeSeconds}`,
  ]
  return [...parts, ...(options.secure ? ['Secure'] : [])].join('; ')
}

export const clearSessionCookie = (secure: boolean): string => createSessionCookie('', { secure, maxAgeSeconds: 0 })
