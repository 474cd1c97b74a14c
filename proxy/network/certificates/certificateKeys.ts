import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/* Private keys of certificates: P-256, kept as PKCS#8 (DER). */

export const makeKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey

export const toKeptBytes = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' })

/** @throws Error when these bytes are no private key */
export const readKey = (kept: Buffer): KeyObject => createPrivateKey({ key: kept, type: 'pkcs8', format: 'der' })

/** Order of P-256 (NIST SP 800-186, 3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same key for the same seed, which has 64 bits more than the order (FIPS 186-5, A.2.1). */
export function deriveKey(seed: Buffer): KeyObject {
  const scalar = (BigInt(`0x${seed.toString('hex')}`) % (ORDER - 1n)) + 1n
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex')
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(d)
  // 04, x, y: the uncompressed form (SEC 1, 2.3.3).
  const point = curve.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const jwk = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '', d: d.toString('base64url') }
  return createPrivateKey({ key: jwk, format: 'jwk' })
}

export const toPublicBytes = (key: KeyObject): Buffer =>
  (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' })
