import type { X509Certificate } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { createGateContext } from '../../http/secureContext.ts'
import type { OwnCertificate } from './ownCertificate.ts'
import { readCertificate } from './readCertificate.ts'
import type { CertificateFacts } from './readCertificate.ts'
import type { KeyedCertificate } from './serverCertificate.ts'

/** What handshakes are answered with now. */
export interface Served {
  readonly kind: 'authority' | 'selfSigned' | 'own'
  readonly certificate: X509Certificate
  readonly facts: CertificateFacts
  readonly context: SecureContext
  readonly publiclyTrusted: boolean
}

export function serveKeyed({ certificate, key }: KeyedCertificate, kind: 'authority' | 'selfSigned'): Served {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const context = createGateContext({ certificate: certificate.toString(), key: pem })
  return { kind, certificate, facts: readCertificate(certificate), context, publiclyTrusted: false }
}

/** undefined: the files hold no certificate. */
export function serveOwn(own: OwnCertificate, publiclyTrusted: boolean): Served | undefined {
  const [certificate] = own.chain
  if (certificate === undefined) return undefined
  const context = createGateContext({ certificate: own.certificatePem, key: own.keyPem })
  return { kind: 'own', certificate, facts: readCertificate(certificate), context, publiclyTrusted }
}
