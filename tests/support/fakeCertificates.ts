import type { X509Certificate } from 'node:crypto'
import type { CertificatesControl } from '../../proxy/api/dependencies.ts'
import type { Certificates, Renewed } from '../../proxy/contract/certificates.ts'

/** No certificate, unless a test sets one. */
export class FakeCertificates implements CertificatesControl {
  readonly computer = 'Studio-PC'
  authority: X509Certificate | undefined
  state: Certificates = {
    mode: 'off',
    kind: null,
    keptIn: 'keychain',
    publiclyTrusted: false,
    authority: null,
    certificate: null,
    missing: [],
    problem: null,
    notice: null,
  }
  readonly #calls: string[]
  readonly #listeners = new Set<() => void>()

  constructor(calls: string[] = []) {
    this.#calls = calls
  }

  describe(): Certificates {
    return this.state
  }

  renew(what: Renewed): Promise<void> {
    this.#calls.push(`renew ${what}`)
    for (const listener of this.#listeners) listener()
    return Promise.resolve()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
