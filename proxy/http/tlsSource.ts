import type { SecureContext } from 'node:tls'

/** The certificate of the gate, as its listeners need it; made in network/. */
export interface TlsSource {
  /** What a handshake that begins now is answered with; undefined: nothing is encrypted. */
  context(): SecureContext | undefined
  /** Whether browsers trust the certificate without having been told to: only then HSTS is sent. */
  readonly isPubliclyTrusted: boolean
  /** The certificate was exchanged, or encryption switched on or off. Open connections go on. */
  onChange(listener: () => void): () => void
}
