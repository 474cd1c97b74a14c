import type { X509Certificate } from 'node:crypto'
import type { Certificates } from '../../contract/certificates.ts'

/** What a device that does not know this computer yet is shown. Everything of it is public. */
export interface TrustSource {
  /** What this computer is called. */
  readonly computer: string
  describe(): Certificates
  /** What is to be trusted; undefined: nothing of that kind. */
  readonly authority: X509Certificate | undefined
}
