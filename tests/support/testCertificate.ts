import { generateKeyPairSync, sign } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { createGateContext } from '../../proxy/http/secureContext.ts'
import type { CertificateAndKey } from '../../proxy/http/secureContext.ts'
import type { TlsSource } from '../../proxy/http/tlsSource.ts'

const DAY_MS = 86_400_000

/** As short as it goes: other ways to write a length are no DER, and BoringSSL refuses them. */
function lengthOf(bytes: number): number[] {
  if (bytes < 128) return [bytes]
  return bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 255]
}

/** One value of DER (ITU-T X.690): its tag, its length, what is in it. */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body])
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(6, Buffer.from(hex, 'hex'))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const nameOf = (commonName: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, commonName))))
const timeOf = (ms: number): Buffer => der(0x18, `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`)

/** A throw-away certificate for 127.0.0.1 and localhost, signed by itself (RFC 5280). `commonName` tells two apart. */
export function makeTestCertificate(commonName = 'gatehouse test'): CertificateAndKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = sequence(der(0x82, 'localhost'), der(0x87, Buffer.from([127, 0, 0, 1])))
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([1])),
    ecdsaWithSha256,
    nameOf(commonName),
    sequence(timeOf(Date.now() - DAY_MS), timeOf(Date.now() + DAY_MS)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid('551d11'), der(4, names)))),
  )
  const signature = der(3, Buffer.from([0]), sign('sha256', body, privateKey))
  const base64 = sequence(body, ecdsaWithSha256, signature).toString('base64').replace(/.{64}/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** A source of certificates that the test sets. */
export class FakeTls implements TlsSource {
  isPubliclyTrusted = false
  #context: SecureContext | undefined
  readonly #listeners = new Set<() => void>()

  constructor() {
    this.use(makeTestCertificate())
  }

  context(): SecureContext | undefined {
    return this.#context
  }

  /** undefined: encryption is switched off. */
  use(pair: CertificateAndKey | undefined): void {
    this.#context = pair === undefined ? undefined : createGateContext(pair)
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
