import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { SecureContext } from 'node:tls'

/** Authenticated encryption with a key that is made for the connection (RFC 9325 section 4.2), and nothing else. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

/** A renegotiation costs us a handshake and the client nothing. BoringSSL knows none and has no such option. */
const NO_RENEGOTIATION: unknown = Reflect.get(constants, 'SSL_OP_NO_RENEGOTIATION')

/** PEM texts. `certificate` begins with the gate's own and goes on with those that signed it. */
export interface CertificateAndKey {
  readonly certificate: string
  readonly key: string
}

/** The one place where it is said how the gate encrypts. @throws Error of OpenSSL when the two do not belong together */
export function createGateContext({ certificate, key }: CertificateAndKey): SecureContext {
  return createSecureContext({
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    honorCipherOrder: true,
    secureOptions: typeof NO_RENEGOTIATION === 'number' ? NO_RENEGOTIATION : 0,
  })
}

/** Decrypts a connection whose first byte was looked at and put back. A handshake that takes longer is cut off. */
export function startTls(
  raw: Socket,
  secureContext: SecureContext,
  { handshakeMs, ready }: { readonly handshakeMs: number; readonly ready: (socket: TLSSocket) => void },
): TLSSocket {
  const socket = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] })
  const cut = (): void => {
    socket.destroy()
    raw.destroy()
  }
  const late = setTimeout(cut, handshakeMs)
  socket.once('close', () => clearTimeout(late))
  socket.on('error', cut)
  socket.once('secure', () => {
    clearTimeout(late)
    // From here on whoever reads requests answers what goes wrong.
    socket.off('error', cut)
    ready(socket)
  })
  return socket
}
