import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'

/**
 * Whether a chain ends at an authority that Node itself knows (Mozilla's list), every link holding now: then browsers
 * trust it without having been told to.
 */
export function endsAtKnownRoot(chain: readonly X509Certificate[], nowMs: number, roots = knownRoots): boolean {
  const [leaf, ...others] = chain
  let current = leaf
  for (let length = 0; current !== undefined && length <= others.length; length += 1) {
    const certificate: X509Certificate = current
    if (!holdsNow(certificate, nowMs)) return false
    if (roots().some((root) => isIssuedBy(certificate, root) && holdsNow(root, nowMs))) return true
    current = others.find((other) => other.ca && other !== certificate && isIssuedBy(certificate, other))
  }
  return false
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return (
    issuer.subject === certificate.issuer && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  )
}

const holdsNow = (certificate: X509Certificate, nowMs: number): boolean =>
  Date.parse(certificate.validFrom) <= nowMs && nowMs < Date.parse(certificate.validTo)

let parsed: readonly X509Certificate[] | undefined

/** Read once, when somebody first has a certificate of their own. */
function knownRoots(): readonly X509Certificate[] {
  parsed ??= rootCertificates.map((pem) => new X509Certificate(pem))
  return parsed
}
