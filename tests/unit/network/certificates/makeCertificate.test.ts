import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom as random } from '../../../../proxy/core/random.ts'
import { deriveKey, makeKey, readKey, toKeptBytes } from '../../../../proxy/network/certificates/certificateKeys.ts'
import { fingerprintOf } from '../../../../proxy/network/certificates/fingerprint.ts'
import { makeAuthority, makeServerCertificate } from '../../../../proxy/network/certificates/makeCertificate.ts'
import { readCertificate } from '../../../../proxy/network/certificates/readCertificate.ts'

const DAY = 86_400_000
const notBeforeMs = Date.now() - DAY
const key = makeKey()
const authority = {
  key,
  certificate: makeAuthority({
    key,
    commonName: 'Gatehouse authority of studio-pc',
    permittedNames: ['studio-pc', 'gatehouse.local', 'localhost'],
    notBeforeMs,
    notAfterMs: notBeforeMs + 730 * DAY,
    random,
  }),
}
const signFor = (names: string[], addresses: string[] = []) =>
  makeServerCertificate({
    key: makeKey(),
    commonName: names[0] ?? 'server',
    names: { names, addresses },
    issuer: authority,
    notBeforeMs,
    notAfterMs: notBeforeMs + 90 * DAY,
    random,
  })

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-openssl-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What OpenSSL says of a server's certificate when it trusts the authority. */
function verify(certificate: X509Certificate, ...more: string[]): string {
  const [ca, leaf] = ['ca.pem', 'leaf.pem'].map((name) => join(folder, name))
  writeFileSync(ca!, authority.certificate.toString())
  writeFileSync(leaf!, certificate.toString())
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca!, ...more, leaf!]
  const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return stdout + stderr
}

/** Made once: its words are fixed by its bytes. */
const known = `-----BEGIN CERTIFICATE-----
MIICxDCCAmmgAwIBAgIQTg0yofh3s5HaLiATi+fj6jAKBggqhkjOPQQDAjA/MRIw
EAYDVQQKDAlHYXRlaG91c2UxKTAnBgNVBAMMIEdhdGVob3VzZSBhdXRob3JpdHkg
b2Ygc3R1ZGlvLXBjMB4XDTI2MTEyMjIxMjEwNloXDTI4MTEyMjIxMjEwNlowPzES
MBAGA1UECgwJR2F0ZWhvdXNlMSkwJwYDVQQDDCBHYXRlaG91c2UgYXV0aG9yaXR5
IG9mIHN0dWRpby1wYzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOWo32C3qZzN
DduKSN/8XkFYrKghb/y4Ia1pbeKw23m61H6x4H1IDhABccd7XZwD0y/e4rXMuGgj
R/3mYc8dBdmjggFFMIIBQTASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQE
AwIBBjATBgNVHSUEDDAKBggrBgEFBQcDATCB5gYDVR0eAQH/BIHbMIHYoIHVMAuC
CXN0dWRpby1wYzARgg9nYXRlaG91c2UubG9jYWwwC4IJbG9jYWxob3N0MAqHCH8A
AAD/AAAAMAqHCAoAAAD/AAAAMAqHCKwQAAD/8AAAMAqHCMCoAAD//wAAMAqHCKn+
AAD//wAAMCKHIAAAAAAAAAAAAAAAAAAAAAH/////////////////////MCKHIPwA
AAAAAAAAAAAAAAAAAAD+AAAAAAAAAAAAAAAAAAAAMCKHIP6AAAAAAAAAAAAAAAAA
AAD/wAAAAAAAAAAAAAAAAAAAMB0GA1UdDgQWBBRvT96pA7HLQ8T/pdeIYZSVloJ+
6TAKBggqhkjOPQQDAgNJADBGAiEA83nJO56qw1DjvdElfVkju0eeoLvGcNO1b29p
jwUazZUCIQDXDmhnlcmEUozmDLzYQ+1rlKosxho9go7CG9o40Z2c1Q==
-----END CERTIFICATE-----`

describe('the authority', () => {
  it('is what RFC 5280 wants of one, for servers of the home only', () => {
    const path = join(folder, 'print.pem')
    writeFileSync(path, authority.certificate.toString())
    const { stdout } = spawnSync('openssl', ['x509', '-in', path, '-noout', '-text'], { encoding: 'utf8' })
    expect(stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/)
    expect(stdout).toMatch(/Key Usage: critical\s+Certificate Sign\n/)
    expect(stdout).toMatch(/Extended Key Usage: \s+TLS Web Server Authentication\n/)
    expect(stdout).toMatch(
      /Name Constraints: critical\s+Permitted:\s+DNS:studio-pc\s+DNS:gatehouse.local\s+DNS:localhost/,
    )
    for (const range of ['10.0.0.0/255.0.0.0', '172.16.0.0/255.240.0.0', '192.168.0.0/255.255.0.0', 'FC00:', 'FE80:']) {
      expect(stdout).toContain(`IP:${range}`)
    }
    expect(authority.certificate.ca).toBe(true)
    expect(readCertificate(authority.certificate).permittedNames).toEqual(['studio-pc', 'gatehouse.local', 'localhost'])
  })

  it('signs for names and addresses of the home', () => {
    const leaf = signFor(['studio-pc', 'gatehouse.local'], ['127.0.0.1', '::1', '192.168.1.7', 'fd12::7'])
    expect(verify(leaf, '-verify_hostname', 'studio-pc')).toContain(': OK')
    expect(verify(leaf, '-verify_ip', '192.168.1.7')).toContain(': OK')
    expect(verify(leaf, '-verify_ip', '192.168.1.8')).toContain('IP address mismatch')
    expect(leaf.subjectAltName).toContain('IP Address:192.168.1.7')
    expect(leaf.keyUsage).toContain('1.3.6.1.5.5.7.3.1')
    expect(leaf.ca).toBe(false)
    expect(leaf.verify(authority.certificate.publicKey)).toBe(true)
  })

  it.each([
    ['example.com', ['example.com'], []],
    ['a name of ours beside another', ['studio-pc', 'example.com'], []],
    ['a name that ends like ours', ['evilstudio-pc'], []],
    ['an address of the internet', [], ['203.0.113.9']],
    ['an address of the internet, IPv6', [], ['2001:db8::1']],
  ])('attack: a stolen authority key signs no other site: %s', (_, names, addresses) => {
    expect(verify(signFor(names, addresses))).toContain('permitted subtree violation')
  })

  it('attack: a stolen authority key makes no further authority', () => {
    const path = (name: string): string => join(folder, name)
    const openssl = (...args: string[]): string => {
      const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8', cwd: folder })
      return stdout + stderr
    }
    writeFileSync(path('ca.pem'), authority.certificate.toString())
    writeFileSync(path('ca.key'), key.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(path('below.cnf'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n')
    writeFileSync(path('leaf.cnf'), 'subjectAltName=DNS:studio-pc\nextendedKeyUsage=serverAuth\n')
    const makeRequest = (name: string): string =>
      openssl(...`req -new -newkey rsa:2048 -nodes -keyout ${name}.key -subj /CN=${name} -out ${name}.csr`.split(' '))
    const signRequest = (name: string, issuer: string): string =>
      openssl(
        ...`x509 -req -in ${name}.csr -CA ${issuer}.pem -CAkey ${issuer}.key -extfile ${name}.cnf -out ${name}.pem`.split(
          ' ',
        ),
      )
    makeRequest('below')
    makeRequest('leaf')
    signRequest('below', 'ca')
    signRequest('leaf', 'below')
    const answer = openssl('verify', '-CAfile', 'ca.pem', '-untrusted', 'below.pem', 'leaf.pem')
    expect(answer).toContain('path length constraint exceeded')
  })

  it('has another number each time', () => {
    expect(new Set(Array.from({ length: 5 }, () => signFor(['studio-pc']).serialNumber)).size).toBe(5)
  })
})

describe('a certificate signed by itself', () => {
  it('is no authority', () => {
    const own = makeKey()
    const leaf = makeServerCertificate({
      key: own,
      commonName: 'Gatehouse on studio-pc',
      names: { names: ['studio-pc'], addresses: ['10.0.0.2'] },
      notBeforeMs,
      notAfterMs: notBeforeMs + 90 * DAY,
      random,
    })
    expect(leaf.ca).toBe(false)
    expect(leaf.verify(leaf.publicKey)).toBe(true)
    expect(leaf.checkPrivateKey(own)).toBe(true)
    expect(readCertificate(leaf)).toMatchObject({ names: ['studio-pc'], addresses: ['10.0.0.2'] })
  })
})

describe('keys', () => {
  it('are read back', () => {
    expect(authority.certificate.checkPrivateKey(readKey(toKeptBytes(key)))).toBe(true)
  })

  it('that are derived are the same for the same seed only', () => {
    const derive = (fill: number) => toKeptBytes(deriveKey(Buffer.alloc(40, fill))).toString('hex')
    expect(derive(1)).toBe(derive(1))
    expect(derive(1)).not.toBe(derive(2))
  })
})

describe('a fingerprint', () => {
  it('is the one that systems show, and its beginning as words', () => {
    const { hex, words } = fingerprintOf(authority.certificate)
    expect(hex).toBe(authority.certificate.fingerprint256)
    expect(words).toHaveLength(4)
    expect(words.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true)
  })

  it('does not change with the program', () => {
    const pem = new X509Certificate(known)
    expect(pem.fingerprint256).toMatch(/^[0-9A-F:]{95}$/)
    expect(fingerprintOf(pem).words).toEqual(['gym', 'change', 'motion', 'lobster'])
  })
})
