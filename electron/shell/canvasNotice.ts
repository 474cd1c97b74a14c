import { escapeHtml } from '../../proxy/http/escapeHtml.ts'

/** What stands in ComfyUI's window instead of its page, and what can be done about it. */
export interface CanvasNotice {
  readonly title: string
  readonly text: string
  /** Where the rules are: only where one of them is the reason. */
  readonly leadsToNetwork: boolean
}

const prefix = 'data:text/html;charset=utf-8,'
/** Nobody's address: a page without scripts says by it which of its links was used, and it is never opened. */
const networkLink = 'https://gatehouse.invalid/network'

const style = `:root{color-scheme:light dark}body{margin:0;display:grid;place-items:center;min-height:100vh;
font:16px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}main{max-width:34rem;padding:2rem}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 .75rem}p{margin:0 0 1.5rem}nav{display:flex;gap:1.5rem}
a{color:LinkText;display:inline-block;padding:.6rem 0}`

/** Why ComfyUI's window shows no ComfyUI. @throws nothing; `block` is `Sharing.localBlock` */
export const describeCanvasFailure = (block: string | null): CanvasNotice =>
  block === null
    ? {
        title: 'ComfyUI’s page cannot be reached',
        text: 'Gatehouse did not answer here. If the port was changed, open ComfyUI again from the page Home.',
        leadsToNetwork: false,
      }
    : {
        title: 'An address rule keeps this computer out',
        text: `${block} ComfyUI’s window comes in the same way as everybody else, so it stays empty. Remove the rule or let this computer in (127.0.0.1), on the page Network.`,
        leadsToNetwork: true,
      }

/** The address of a page that says it; `url` is where "Try again" leads. It holds no script and loads nothing. */
export function toNoticePage({ title, text, leadsToNetwork }: CanvasNotice, url: string): string {
  const network = leadsToNetwork ? `<a href="${networkLink}">Show the page Network</a>` : ''
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ComfyUI</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${style}</style></head><body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>
<nav>${network}<a href="${escapeHtml(url)}">Try again</a></nav></main></body></html>`
  return prefix + encodeURIComponent(html)
}

/** Whether a window's address is that of such a page. */
export const isNoticePage = (url: string): boolean => url.startsWith(prefix)

/** Whether somebody used the link that leads to the page Network. Only such a page has it: no page of ComfyUI's may. */
export const asksForNetwork = (page: string, link: URL): boolean => isNoticePage(page) && link.href === networkLink
