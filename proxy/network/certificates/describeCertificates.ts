import type { X509Certificate } from 'node:crypto'
import type { Certificates } from '../../contract/certificates.ts'
import { DAY_MS } from '../../core/time.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { AuthorityAge } from './localAuthority.ts'
import { readCertificate } from './readCertificate.ts'
import type { Served } from './servedCertificate.ts'

/** So long before its end the owner reads of it, and so long after a new one was made. */
const ENDING_MS = 90 * DAY_MS
const NEW_MS = 60 * DAY_MS

export const toDay = (atMs: number): string =>
  new Date(atMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })

export function describeAuthority(certificate: X509Certificate): NonNullable<Certificates['authority']> {
  const { notBeforeMs, notAfterMs, permittedNames } = readCertificate(certificate)
  return {
    name: commonNameOf(certificate),
    fingerprint: toPlain(certificate),
    madeAt: new Date(notBeforeMs).toISOString(),
    endsAt: new Date(notAfterMs).toISOString(),
    names: [...permittedNames],
  }
}

export function describeServed({ certificate, facts }: Served): NonNullable<Certificates['certificate']> {
  return {
    fingerprint: toPlain(certificate),
    names: [...facts.names],
    addresses: [...facts.addresses],
    endsAt: new Date(facts.notAfterMs).toISOString(),
  }
}

export const commonNameOf = (certificate: X509Certificate): string =>
  /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? 'Gatehouse'

function toPlain(certificate: X509Certificate): { hex: string; words: string[] } {
  const { hex, words } = fingerprintOf(certificate)
  return { hex, words: [...words] }
}

/** What the owner should know of devices that trust already. */
export function describeNotice(
  authority: X509Certificate,
  about: { age: AuthorityAge; hadFormer: boolean; refused: readonly string[]; nowMs: number },
): string | null {
  const { age, hadFormer, refused, nowMs } = about
  const { notBeforeMs, notAfterMs } = readCertificate(authority)
  if (age === 'future' || age === 'past') {
    return (
      `This computer says that today is ${toDay(nowMs)}, and its authority holds from ${toDay(notBeforeMs)} to ` +
      `${toDay(notAfterMs)}. Set the date of this computer right. If it is right, make a new authority.`
    )
  }
  if (nowMs > notAfterMs - ENDING_MS) {
    return (
      `The authority ends on ${toDay(notAfterMs)}. A month before, a new one is made, and every device has to be told ` +
      'once more to trust this computer. You can do it now.'
    )
  }
  if (refused.length > 0) {
    return (
      `The authority was made before this computer was called ${refused.join(' and ')}, so it cannot vouch for that ` +
      'name. Make a new authority to add it; every device then has to be told once more to trust this computer.'
    )
  }
  if (hadFormer && nowMs - notBeforeMs < NEW_MS) {
    return 'The authority is new. Devices that trusted the one before it warn until they are told once more.'
  }
  return null
}
