/** The cookie that carries a session over plain HTTP. */
export const SESSION_COOKIE = 'gatehouse_session'

/** The only name under TLS: a `__Host-` cookie cannot be set over plain HTTP or by another host name (RFC 6265bis). */
export const SECURE_SESSION_COOKIE = '__Host-gatehouse_session'

/** The cookie of ComfyUI-Sentinel's clients; its name is theirs, so it has no `__Host-`. */
export const TOKEN_COOKIE = 'jwt_token'
