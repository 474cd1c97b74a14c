import { createHash } from 'node:crypto'

/** For every answer, ours and the engine's. */
export const everywhere: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'same-origin'],
]

/** For ComfyUI's page and files: no foreign site may frame them. ComfyUI's page needs its own scripts and styles. */
export const COMFYUI_CONTENT_POLICY = "frame-ancestors 'self'"

/** For what people upload and nodes write: even when opened as a page, nothing of it runs in our origin. */
export const SANDBOX_CONTENT_POLICY = "sandbox; default-src 'none'"

/** The Content-Security-Policy of a page of ours that has one inline style and nothing else. */
export function pagePolicy(style: string): string {
  const hash = createHash('sha256').update(style).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}
