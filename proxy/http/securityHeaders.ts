import { createHash } from 'node:crypto'

/** For every answer, ours and the engine's. */
export const everywhere: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'same-origin'],
]

/**
 * For ComfyUI's page and files: no foreign site may frame them. ComfyUI's page needs its own scripts and styles.
 * Pictures and films come from here or over HTTPS: a cookie is sent to every port of its host (RFC 6265, 8.5), so a
 * picture in somebody's workflow could send a session to another program's server on this computer.
 */
export const COMFYUI_CONTENT_POLICY =
  "img-src 'self' data: blob: https:; media-src 'self' data: blob: https:; object-src 'none'; frame-ancestors 'self'"

/** For what people upload and nodes write: even when opened as a page, nothing of it runs in our origin. */
export const SANDBOX_CONTENT_POLICY = "sandbox; default-src 'none'"

/** The Content-Security-Policy of a page of ours that has one inline style and nothing else. */
export function pagePolicy(style: string): string {
  return `default-src 'none'; style-src '${styleHash(style)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** How a policy names an inline style by what stands in it. */
export const styleHash = (style: string): string => `sha256-${createHash('sha256').update(style).digest('base64')}`
