import { createHash, sign, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import { homeNetworks } from '../../core/homeAddresses.ts'
import type { Random } from '../../core/random.ts'
import { toPublicBytes } from './certificateKeys.ts'
import type { CertificateNames } from './certificateNames.ts'

/*
 * X.509 certificates as RFC 5280 has them, encoded by the ASN.1 schema library and signed by Node (ECDSA with SHA-256).
 */

/** What every authority made here may vouch for. */
export const permittedNetworks = homeNetworks.map(({ cidr }) => cidr)

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const COMMON_NAME = '2.5.4.3'
const ORGANIZATION = '2.5.4.10'

interface CertificateParts {
  readonly subject: Name
  readonly issuer: Name
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly extensions: readonly Extension[]
  readonly random: Random
}

interface Asked {
  readonly key: KeyObject
  readonly commonName: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly random: Random
}

export interface Authority {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** An authority that signs certificates of servers with these names or addresses of the home, and nothing else. */
export function makeAuthority(asked: Asked & { readonly permittedNames: readonly string[] }): X509Certificate {
  const name = toName(asked.commonName)
  const permitted = [
    ...asked.permittedNames.map((dNSName) => new GeneralName({ dNSName })),
    ...permittedNetworks.map((iPAddress) => new GeneralName({ iPAddress })),
  ].map((base) => new GeneralSubtree({ base }))
  return issue({
    ...asked,
    subject: name,
    issuer: name,
    publicKey: asked.key,
    signingKey: asked.key,
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(
        id_ce_nameConstraints,
        new NameConstraints({ permittedSubtrees: new GeneralSubtrees(permitted) }),
        true,
      ),
      keyIdentifier(asked.key),
    ],
  })
}

/** A server's certificate; without an issuer it is signed by itself. */
export function makeServerCertificate(
  asked: Asked & { readonly names: CertificateNames; readonly issuer?: Authority },
): X509Certificate {
  const { names, issuer } = asked
  const subject = toName(asked.commonName)
  const alternatives = [
    ...names.names.map((dNSName) => new GeneralName({ dNSName })),
    ...names.addresses.map((iPAddress) => new GeneralName({ iPAddress })),
  ]
  const identifier = identify(issuer?.key ?? asked.key)
  return issue({
    ...asked,
    subject,
    issuer: issuer === undefined ? subject : parse(issuer.certificate).tbsCertificate.subject,
    publicKey: asked.key,
    signingKey: issuer?.key ?? asked.key,
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, new SubjectAlternativeName(alternatives)),
      keyIdentifier(asked.key),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(identifier) }),
      ),
    ],
  })
}

const parse = (certificate: X509Certificate): Certificate => AsnConvert.parse(certificate.raw, Certificate)

function issue(parts: CertificateParts): X509Certificate {
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 })
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: makeSerial(parts.random),
    signature: algorithm,
    issuer: parts.issuer,
    validity: new Validity({ notBefore: new Date(parts.notBeforeMs), notAfter: new Date(parts.notAfterMs) }),
    subject: parts.subject,
    subjectPublicKeyInfo: AsnConvert.parse(toPublicBytes(parts.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([...parts.extensions]),
  })
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), {
    key: parts.signingKey,
    dsaEncoding: 'der',
  })
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: toArrayBuffer(signature),
  })
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))
}

/** 127 random bits, positive and of one length (RFC 5280, 4.1.2.2). */
function makeSerial(random: Random): ArrayBuffer {
  const serial = random.bytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return toArrayBuffer(serial)
}

function toName(commonName: string): Name {
  const attribute = (type: string, text: string): RelativeDistinguishedName =>
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) }),
    ])
  // 64 signs is what a common name holds (RFC 5280, A.1: ub-common-name).
  return new Name([attribute(ORGANIZATION, 'Gatehouse'), attribute(COMMON_NAME, commonName.slice(0, 64))])
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
}

const keyIdentifier = (key: KeyObject): Extension =>
  extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(identify(key)))

/** RFC 7093, 2, method 1: the first 160 bits of the SHA-256 of the public key. */
function identify(key: KeyObject): ArrayBuffer {
  const { subjectPublicKey } = AsnConvert.parse(toPublicBytes(key), SubjectPublicKeyInfo)
  return toArrayBuffer(createHash('sha256').update(Buffer.from(subjectPublicKey)).digest().subarray(0, 20))
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return copy
}
