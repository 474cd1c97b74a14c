import type { X509Certificate } from 'node:crypto'
import { escapeHtml } from '../../http/escapeHtml.ts'

/** A file that a device downloads to trust this computer. It holds a certificate and never a key. */
export interface AuthorityFile {
  readonly body: Buffer
  readonly type: string
  readonly name: string
}

const nameFile = (computer: string, ending: string): string =>
  `gatehouse-${computer.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.${ending}`

/** DER, which every system takes; PEM where it is asked for (Linux). */
export function toCertificateFile(authority: X509Certificate, computer: string, isPem: boolean): AuthorityFile {
  return {
    body: isPem ? Buffer.from(authority.toString()) : authority.raw,
    type: isPem ? 'application/x-pem-file' : 'application/x-x509-ca-cert',
    name: nameFile(computer, 'crt'),
  }
}

/** A profile of Apple's systems with nothing in it but the certificate (payload `com.apple.security.root`). */
export function toProfile(authority: X509Certificate, computer: string): AuthorityFile {
  const [profile, payload] = [toUuid(authority, 0), toUuid(authority, 16)]
  const title = `Gatehouse on ${computer}`
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>PayloadContent</key>
	<array>
		<dict>
			<key>PayloadCertificateFileName</key>
			<string>${escapeHtml(nameFile(computer, 'crt'))}</string>
			<key>PayloadContent</key>
			<data>${authority.raw.toString('base64')}</data>
			<key>PayloadDisplayName</key>
			<string>${escapeHtml(title)}</string>
			<key>PayloadIdentifier</key>
			<string>gatehouse.authority.${payload}</string>
			<key>PayloadType</key>
			<string>com.apple.security.root</string>
			<key>PayloadUUID</key>
			<string>${payload}</string>
			<key>PayloadVersion</key>
			<integer>1</integer>
		</dict>
	</array>
	<key>PayloadDescription</key>
	<string>${escapeHtml(`Lets this device know ${computer} at home. It can vouch for no other site.`)}</string>
	<key>PayloadDisplayName</key>
	<string>${escapeHtml(title)}</string>
	<key>PayloadIdentifier</key>
	<string>gatehouse.${profile}</string>
	<key>PayloadRemovalDisallowed</key>
	<false/>
	<key>PayloadType</key>
	<string>Configuration</string>
	<key>PayloadUUID</key>
	<string>${profile}</string>
	<key>PayloadVersion</key>
	<integer>1</integer>
</dict>
</plist>
`
  return { body: Buffer.from(body), type: 'application/x-apple-aspen-config', name: nameFile(computer, 'mobileconfig') }
}

/** The same for the same authority, so that a profile that is loaded again replaces itself (RFC 9562, version 8). */
function toUuid(authority: X509Certificate, from: number): string {
  const bytes = Buffer.from(authority.fingerprint256.replaceAll(':', ''), 'hex').subarray(from, from + 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex').toUpperCase()
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
