/**
 * The path to go on to after signing in, or `/`: only a path of this origin (open redirect). Browsers read `//host`,
 * `/\\host` and paths with tabs or line ends in them as other hosts.
 */
export function toOwnPath(next: string | null | undefined): string {
  if (next === null || next === undefined || !/^\/(?![/\\])[!-[\]-~]*$/.test(next)) return '/'
  const url = new URL(next, base)
  return url.origin === base && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}${url.hash}` : '/'
}

const base = 'http://gatehouse.invalid'
