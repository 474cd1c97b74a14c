import { escapeHtml } from './escapeHtml.ts'
import { pagePolicy } from './securityHeaders.ts'

const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:17px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{max-width:32rem;padding:2rem}
h1{font-size:1.5rem;margin:0 0 .5rem}
p{margin:.5rem 0}
a{color:LinkText}`

export const PROBLEM_PAGE_POLICY = pagePolicy(style)

interface ProblemPageOptions {
  /** After so long it asks again by itself. */
  readonly reloadSeconds?: number | undefined
  /** Where to go from there. */
  readonly link?: { readonly url: string; readonly words: string } | undefined
}

/** A small page that says what is the matter. It has no script. */
export function problemPage(title: string, message: string, options: ProblemPageOptions = {}): string {
  const { reloadSeconds, link: next } = options
  const refresh = reloadSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${reloadSeconds}">`
  const link = next === undefined ? '' : `<p><a href="${escapeHtml(next.url)}">${escapeHtml(next.words)}</a></p>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(message)}</p>${link}</main></body></html>
`
}
