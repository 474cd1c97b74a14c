import { findRoute } from '../comfyui/routeTable.ts'
import { parseRequestTarget } from '../http/requestTarget.ts'

/**
 * The path to go on to after signing in, or `/`: only a path of this origin (open redirect). Browsers read `//host`,
 * `/\\host` and paths with tabs or line ends in them as other hosts. And only one where looking changes nothing: who
 * is led on by a page of ours comes from this very origin, whoever made the link to that page (request forgery).
 */
export function toOwnPath(next: string | null | undefined): string {
  if (next === null || next === undefined || !/^\/(?![/\\])[!-[\]-~]*$/.test(next)) return '/'
  const url = new URL(next, base)
  if (url.origin !== base || url.pathname.startsWith('//') || !isHarmless(url)) return '/'
  return `${url.pathname}${url.search}${url.hash}`
}

const base = 'http://gatehouse.invalid'

function isHarmless({ pathname, search }: URL): boolean {
  if (pathname === '/logout') return false
  try {
    return !findRoute(parseRequestTarget(`${pathname}${search}`).segments, 'GET').unsafeGet
  } catch {
    // Refused by the gate anyway.
    return false
  }
}
