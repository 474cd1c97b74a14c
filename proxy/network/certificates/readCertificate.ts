import type { X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  Certificate,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  NameConstraints,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import type { GeneralSubtree } from '@peculiar/asn1-x509'
import type { CertificateNames } from './certificateNames.ts'

/** What stands in a certificate. */
export interface CertificateFacts extends CertificateNames {
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Names below which an authority may sign; empty in any other certificate. */
  readonly permittedNames: readonly string[]
}

/** @throws Error when a part of it is not as RFC 5280 says */
export function readCertificate(certificate: X509Certificate): CertificateFacts {
  const { tbsCertificate } = AsnConvert.parse(certificate.raw, Certificate)
  const find = (id: string): ArrayBuffer | undefined =>
    tbsCertificate.extensions?.find(({ extnID }) => extnID === id)?.extnValue.buffer
  const alternatives = find(id_ce_subjectAltName)
  const constraints = find(id_ce_nameConstraints)
  const general = alternatives === undefined ? [] : [...AsnConvert.parse(alternatives, SubjectAlternativeName)]
  const subtrees =
    constraints === undefined ? undefined : AsnConvert.parse(constraints, NameConstraints).permittedSubtrees
  const permitted: readonly GeneralSubtree[] = subtrees === undefined ? [] : Array.from(subtrees)
  return {
    notBeforeMs: tbsCertificate.validity.notBefore.getTime().getTime(),
    notAfterMs: tbsCertificate.validity.notAfter.getTime().getTime(),
    names: general.flatMap(({ dNSName }) => dNSName?.toLowerCase() ?? []),
    addresses: general.flatMap(({ iPAddress }) => iPAddress ?? []),
    permittedNames: permitted.flatMap(({ base }) => base.dNSName?.toLowerCase() ?? []),
  }
}
