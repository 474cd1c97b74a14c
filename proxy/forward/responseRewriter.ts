import { COMFYUI_CONTENT_POLICY, everywhere, SANDBOX_CONTENT_POLICY } from '../http/securityHeaders.ts'

/** Changes the headers of an answer in place. */
export type HeaderEdit = (headers: Map<string, string>, status: number) => void

/** Pictures, films and sounds that no browser runs as a page. */
const INERT = /^(?:image\/(?:png|jpeg|webp|gif|avif|bmp|x-icon)|video\/[\w.+-]+|audio\/[\w.+-]+)\b/i
const SCRIPT = /^(?:text|application)\/(?:x-)?(?:java|ecma)script\b/i

function common(headers: Map<string, string>): void {
  for (const [name, value] of everywhere) headers.set(name, value)
}

/** One person's answer at an address that is the same for everybody: no shared browser or proxy may keep it. */
function perUser(headers: Map<string, string>): void {
  headers.set('cache-control', 'private, no-cache')
  headers.set('vary', 'Cookie')
  headers.delete('expires')
}

export const editAnswer: HeaderEdit = (headers) => {
  common(headers)
  perUser(headers)
}

/** ComfyUI's page and the files beside it. */
export const editPage: HeaderEdit = (headers) => {
  common(headers)
  perUser(headers)
  headers.set('content-security-policy', COMFYUI_CONTENT_POLICY)
}

/** Files whose name carries a hash of their content: as ComfyUI has them. */
export const editHashedAsset: HeaderEdit = (headers, status) => {
  common(headers)
  if (status >= 400) perUser(headers)
}

/** What people upload and nodes write: stored script must not run in our origin (html, svg, xml, javascript). */
export const editUserContent: HeaderEdit = (headers) => {
  common(headers)
  perUser(headers)
  const type = headers.get('content-type') ?? 'application/octet-stream'
  if (INERT.test(type)) return
  if (SCRIPT.test(type)) headers.set('content-type', 'text/plain; charset=utf-8')
  headers.set('content-security-policy', SANDBOX_CONTENT_POLICY)
  const disposition = headers.get('content-disposition')
  if (disposition === undefined) headers.set('content-disposition', 'attachment')
  else if (!/^\s*attachment\b/i.test(disposition)) {
    headers.set('content-disposition', disposition.replace(/^[^;]*/, 'attachment'))
  }
}

/**
 * Beside `nosniff` a browser takes a stylesheet of any other type for an error, also one that is not there. ComfyUI's page
 * asks for two that hardly anybody has; without the header it lives with a 404.
 */
export const editStylesheet =
  (edit: HeaderEdit): HeaderEdit =>
  (headers, status) => {
    edit(headers, status)
    if (status === 404) headers.set('content-type', 'text/css; charset=utf-8')
  }
