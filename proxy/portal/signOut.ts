import type { IncomingMessage } from 'node:http'

/**
 * Whether `GET /logout` may act at once (cross-site sign-out): with a same-origin Sec-Fetch-Site or Referer, or with
 * no header of a browser at all, which is a tool. Otherwise it shows a button.
 */
export function maySignOutByGet(headers: IncomingMessage['headers'], origin: string | undefined): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { referer, origin: sentOrigin } = headers
  if (referer !== undefined) return origin !== undefined && referer.startsWith(`${origin}/`)
  if (sentOrigin !== undefined) return sentOrigin === origin
  return headers['accept-language'] === undefined && headers['upgrade-insecure-requests'] === undefined
}
