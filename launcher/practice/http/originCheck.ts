import type { IncomingMessage } from 'node:http'
import { isLoopbackHost } from '../../../proxy/core/addresses.ts'

/** ComfyUI's own protection: with a loopback Host an Origin of another host is refused. */
export function isForeignOrigin(message: IncomingMessage): boolean {
  const { host, origin } = message.headers
  if (host === undefined || origin === undefined) return false
  const from = parseUrl(origin)
  const to = parseUrl(`http://${host}`)
  if (!from || !to || !isLoopbackHost(to.hostname)) return false
  const hasPorts = from.port !== '' && to.port !== ''
  return from.hostname !== to.hostname || (hasPorts && from.port !== to.port)
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    // `Origin: null` and other things without a host pass, as they do there.
    return undefined
  }
}
