import { GateError } from '../contract/errorCodes.ts'
import { toCanonicalAddress } from './ipNetwork.ts'

/** What the headers of a proxy say, as they stood; several of one name joined by commas. */
export interface ForwardedHeaders {
  readonly forwardedFor: string | undefined
  readonly forwardedProto: string | undefined
  readonly forwardedHost: string | undefined
}

/** Who stands behind a trusted proxy, and how they reached it. */
export interface ForwardedClient {
  readonly address: string
  /** Whether the way to the proxy was encrypted; undefined when it does not say. */
  readonly secure: boolean | undefined
  /** How the client named this computer; undefined when the proxy does not say. */
  readonly host: string | undefined
}

/**
 * Forged addresses: each proxy adds at the right end whom it saw, and anybody may have written what stands further
 * left. So the client is the right-most one that is no trusted proxy itself; without such a one, the left-most.
 * Called only when the peer of the socket is a trusted proxy: nobody else is read at all. `Forwarded` (RFC 7239) is not.
 * @throws GateError BAD_REQUEST when the proxy names something that is no address
 */
export function readForwardedClient(
  peer: string,
  told: ForwardedHeaders,
  isTrusted: (address: string) => boolean,
): ForwardedClient {
  return {
    address: findClient(peer, told.forwardedFor, isTrusted),
    secure: readScheme(told.forwardedProto),
    host: readHost(told.forwardedHost),
  }
}

function findClient(peer: string, chain: string | undefined, isTrusted: (address: string) => boolean): string {
  let client = peer
  for (const hop of (chain ?? '').split(',').reverse()) {
    if (hop.trim() === '') continue
    client = parseHop(hop.trim())
    if (!isTrusted(client)) break
  }
  return client
}

/** Some proxies add the port: `192.0.2.7:5555`, `[2001:db8::1]:443`. */
function parseHop(hop: string): string {
  const bare =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(hop)?.[1] ?? hop
  const address = toCanonicalAddress(bare)
  if (address !== undefined) return address
  throw new GateError('BAD_REQUEST', 'The proxy in front of Gatehouse names a client by something that is no address.')
}

/** Encrypted only when every hop that says something says so. */
function readScheme(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  return text.split(',').every((scheme) => scheme.trim().toLowerCase() === 'https')
}

function readHost(text: string | undefined): string | undefined {
  if (text?.includes(',') === true) {
    throw new GateError('BAD_REQUEST', 'The proxy in front of Gatehouse names more than one host.')
  }
  return text?.trim()
}
