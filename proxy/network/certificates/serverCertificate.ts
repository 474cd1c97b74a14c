import type { KeyObject, X509Certificate } from 'node:crypto'
import type { CertificateFolder } from './certificateFolder.ts'
import { deriveKey, makeKey, readKey, toKeptBytes } from './certificateKeys.ts'
import { covers } from './certificateNames.ts'
import type { CertificateNames } from './certificateNames.ts'
import { BACKDATED_MS, nameComputer, RENEWED_BEFORE_MS, SERVER_LIFE_MS } from './certificateOptions.ts'
import type { CertificatesOptions } from './certificateOptions.ts'
import { makeServerCertificate } from './makeCertificate.ts'
import type { Authority } from './makeCertificate.ts'
import { readCertificate } from './readCertificate.ts'

/** A server's certificate with its key. */
export interface KeyedCertificate {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** Addresses that a self-signed certificate goes on naming, so that coming home again does not make phones warn anew. */
const MAX_FORMER = 16

/** Whether it stands for all of that and goes on for long enough. */
export function isFresh(certificate: X509Certificate, wanted: CertificateNames, nowMs: number): boolean {
  const facts = readCertificate(certificate)
  return covers(facts, wanted) && nowMs >= facts.notBeforeMs && nowMs < facts.notAfterMs - RENEWED_BEFORE_MS
}

/** The kept certificate with its key, if they belong together and the issuer signed it; undefined issuer: itself. */
export async function findKept(
  options: CertificatesOptions,
  folder: CertificateFolder,
  issuer: X509Certificate | undefined,
): Promise<KeyedCertificate | undefined> {
  const certificate = folder.read('server')
  if (certificate === undefined) return undefined
  const signer = issuer ?? certificate
  if (certificate.ca || certificate.issuer !== signer.subject || !certificate.verify(signer.publicKey)) return undefined
  const key = await readKept(options)
  return key !== undefined && certificate.checkPrivateKey(key) ? { certificate, key } : undefined
}

async function readKept({ keep }: CertificatesOptions): Promise<KeyObject | undefined> {
  const bytes = await keep.get('leaf-key')
  if (bytes === undefined) return undefined
  try {
    return keep.kind === 'environment' ? deriveKey(bytes) : readKey(bytes)
  } catch {
    return undefined // then there is no key, and a new one is made
  }
}

/** Makes one with a new key and keeps both; where nothing can be kept, the key is the one derived for this folder. */
export async function issueServerCertificate(
  options: CertificatesOptions,
  folder: CertificateFolder,
  asked: {
    readonly names: CertificateNames
    readonly issuer?: Authority
    readonly former?: X509Certificate | undefined
  },
): Promise<KeyedCertificate> {
  const { keep, logger } = options
  const derived = keep.kind === 'environment' ? await readKept(options) : undefined
  const key = derived ?? makeKey()
  const certificate = sign(options, key, asked)
  try {
    if (keep.kind !== 'environment') await keep.set('leaf-key', toKeptBytes(key))
    folder.write('server', certificate)
  } catch (error) {
    // It holds for this run; the next start makes another one.
    logger.warn({ err: error }, 'the new certificate could not be kept')
  }
  return { certificate, key }
}

/** One that is kept nowhere, for while the keychain does not answer: encryption does not end with a fault. */
export function makeMakeshift(options: CertificatesOptions, names: CertificateNames): KeyedCertificate {
  const key = makeKey()
  return { certificate: sign(options, key, { names }), key }
}

function sign(
  { clock, hostName, random }: CertificatesOptions,
  key: KeyObject,
  { names, issuer, former }: { names: CertificateNames; issuer?: Authority; former?: X509Certificate | undefined },
): X509Certificate {
  const nowMs = clock.nowMs()
  const issuerFacts = issuer === undefined ? undefined : readCertificate(issuer.certificate)
  return makeServerCertificate({
    key,
    commonName: `Gatehouse on ${nameComputer(hostName())}`,
    names: issuer === undefined ? withFormer(names, former) : names,
    notBeforeMs: Math.max(nowMs - BACKDATED_MS, issuerFacts?.notBeforeMs ?? 0),
    notAfterMs: Math.min(nowMs + SERVER_LIFE_MS, issuerFacts?.notAfterMs ?? Infinity),
    random,
    ...(issuer === undefined ? {} : { issuer }),
  })
}

function withFormer(names: CertificateNames, former: X509Certificate | undefined): CertificateNames {
  if (former === undefined) return names
  const before = readCertificate(former).addresses.filter((address) => !names.addresses.includes(address))
  return { names: names.names, addresses: [...names.addresses, ...before.slice(0, MAX_FORMER)] }
}
