/**
 * Headers of our own pages. The origin also serves people's files and custom nodes' scripts, so `'self'` would be no
 * limit: scripts and styles come from /gatehouse/assets/ of this very origin and nowhere else, none inline.
 */
export function pageHeaders(origin: string | undefined): Record<string, string> {
  const below = (...paths: string[]): string => [...new Set(paths.map((path) => toSource(origin, path)))].join(' ')
  const assets = below('/gatehouse/assets/')
  const outputs = below('/gatehouse/api/v1/outputs/')
  const api = '/gatehouse/api/v1'
  const pictures = below('/gatehouse/assets/', `${api}/outputs/`, `${api}/shared/`, `${api}/jobs/`, `${api}/workflows/`)
  const policy = [
    "default-src 'none'",
    `script-src ${assets}`,
    `style-src ${assets}`,
    `font-src ${assets}`,
    origin === undefined ? "img-src 'none'" : `img-src ${pictures} data: blob:`,
    `media-src ${outputs}`,
    // The one thing of ComfyUI's own that our pages ask for: pictures to start from go where its nodes look for them.
    `connect-src ${below('/gatehouse/', '/upload/image')}`,
    `manifest-src ${assets}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()',
    'x-frame-options': 'DENY',
  }
}

/**
 * A policy cannot name a host by its IPv6 address (Content Security Policy Level 3, 2.3.1: host-char), and browsers then
 * let nothing load. There `'self'` must do: a page that can be read, without the second line of defence.
 */
export function toSource(origin: string | undefined, path: string): string {
  if (origin === undefined) return "'none'"
  return origin.includes('[') ? "'self'" : `${origin}${path}`
}

/**
 * The origin as the browser sees it, for the policy. The pipeline has checked the Host against its list; what could
 * still break out of the header gives no origin, and with it a page without scripts.
 */
export function toOrigin(host: string | undefined, secure: boolean): string | undefined {
  if (host === undefined || !/^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host)) return undefined
  return `${secure ? 'https' : 'http'}://${host.toLowerCase()}`
}
