/** The cookie that carries a session over plain HTTP. */
export const SESSION_COOKIE = 'gatehouse_session'

/** The only name under TLS: a `__Host-` cookie cannot be set over plain HTTP or by another host name (RFC 6265bis). */
export const SECURE_SESSION_COOKIE = '__Host-gatehouse_session'

/** The cookie of ComfyUI-Sentinel's clients; its name is theirs, so it has no `__Host-`. */
export const TOKEN_COOKIE = 'jwt_token'

/** Says that somebody signed in with this browser before. It lets nobody in. */
export const DEVICE_COOKIE = 'gatehouse_device'
export const SECURE_DEVICE_COOKIE = '__Host-gatehouse_device'

/** Of administration's port, which has no cookies of its own otherwise: browsers send one to every port of a host. */
export const ADMINISTRATION_COOKIE = '__Host-gatehouse_administration'

/** Where a cookie is set and read, as the socket has it. */
export interface CookiePlace {
  readonly secure: boolean
  readonly listener: 'public' | 'owner' | 'administration'
}

/** `__Host-` names count under TLS only and plain names over HTTP only: decided by the socket, never by trying. */
export function sessionCookieName({ secure, listener }: CookiePlace): string {
  if (listener === 'administration') return ADMINISTRATION_COOKIE
  return secure ? SECURE_SESSION_COOKIE : SESSION_COOKIE
}
