import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { systemRandom } from '../../../../proxy/core/random.ts'
import { makeKey } from '../../../../proxy/network/certificates/certificateKeys.ts'
import { makeAuthority, makeServerCertificate } from '../../../../proxy/network/certificates/makeCertificate.ts'
import { endsAtKnownRoot } from '../../../../proxy/network/certificates/trustedRoots.ts'
import { certificatesTest as it } from '../../../support/certificatesFixture.ts'
import type { CertificatesWorld } from '../../../support/certificatesFixture.ts'

const DAY = 86_400_000

/** Files as an owner has them; `days`: until the certificate ends. */
function makeFiles(world: CertificatesWorld, days = 60) {
  const nowMs = world.clock.nowMs()
  const [above, key] = [makeKey(), makeKey()]
  const times = { notBeforeMs: nowMs - 10 * DAY, random: systemRandom }
  const authority = makeAuthority({
    ...times,
    ...{ key: above, commonName: 'A company', permittedNames: ['gate.example'], notAfterMs: nowMs + 900 * DAY },
  })
  const certificate = makeServerCertificate({
    ...times,
    ...{ key, commonName: 'gate.example', notAfterMs: nowMs + days * DAY },
    names: { names: ['gate.example'], addresses: [] },
    issuer: { certificate: authority, key: above },
  })
  return { certificate, authority, pem: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

interface Files {
  readonly certificateFile: string
  readonly keyFile: string
}

function place(
  world: CertificatesWorld,
  { certificate, pem }: Pick<ReturnType<typeof makeFiles>, 'certificate' | 'pem'>,
): Files {
  const files = { certificateFile: join(world.directory, 'own.pem'), keyFile: join(world.directory, 'own.key') }
  writeFileSync(files.certificateFile, certificate.toString())
  writeFileSync(files.keyFile, pem, { mode: 0o600 })
  return files
}

function choose(world: CertificatesWorld, { certificateFile, keyFile }: Files): void {
  world.settings.set('https.certificateFile', certificateFile)
  world.settings.set('https.keyFile', keyFile)
  world.settings.set('https.mode', 'own')
}

describe('an own certificate', () => {
  it('is used, and read again when the files change', async ({ world }) => {
    const first = makeFiles(world)
    choose(world, place(world, first))
    const certificates = world.open()
    await certificates.look()
    expect(certificates.describe()).toMatchObject({ mode: 'own', kind: 'own', problem: null, publiclyTrusted: false })
    expect(certificates.describe().certificate?.fingerprint.hex).toBe(first.certificate.fingerprint256)
    expect(certificates.describe().missing).toContain('192.168.1.20')
    const second = makeFiles(world)
    place(world, second)
    await certificates.look()
    expect(certificates.describe().certificate?.fingerprint.hex).toBe(second.certificate.fingerprint256)
  })

  it('that is half exchanged leaves the one from before, and says so', async ({ world }) => {
    const first = makeFiles(world)
    const files = place(world, first)
    choose(world, files)
    const certificates = world.open()
    await certificates.look()
    writeFileSync(files.certificateFile, makeFiles(world).certificate.toString())
    await certificates.look()
    expect(certificates.describe().certificate?.fingerprint.hex).toBe(first.certificate.fingerprint256)
    expect(certificates.describe().problem).toBe(
      'The key does not belong to this certificate. Choose the key that was made with it. Until then the one from before is used.',
    )
  })

  const wrong: [string, (world: CertificatesWorld, files: Files) => void, RegExp][] = [
    ['whose file is gone', (world) => world.settings.set('https.keyFile', '/nowhere/key.pem'), /is not there/],
    ['for which no file was chosen', (world) => world.settings.set('https.certificateFile', ''), /No file was chosen/],
    ['at half a path', (world) => world.settings.set('https.keyFile', 'key.pem'), /Give the whole path/],
    [
      'that is no certificate',
      (_, files) => writeFileSync(files.certificateFile, 'hello'),
      /holds no certificate in PEM/,
    ],
    [
      'that is damaged',
      (_, files) =>
        writeFileSync(files.certificateFile, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      /is damaged/,
    ],
    ['without a key', (_, files) => writeFileSync(files.keyFile, 'hello'), /holds no private key in PEM/],
    [
      'whose key is locked',
      (_, files) => writeFileSync(files.keyFile, '-----BEGIN ENCRYPTED PRIVATE KEY-----\n'),
      /locked with a password/,
    ],
    ['whose key others can read', (_, files) => chmodSync(files.keyFile, 0o644), /chmod 600/],
    ['that ended', (world, files) => void place(world, { ...makeFiles(world, -1), ...files }), /ended on/],
  ]
  it.for(wrong)(
    'attack and mistake: one %s is not used, and encryption goes on without it',
    async ([, spoil, words], { world }) => {
      const files = place(world, makeFiles(world))
      choose(world, files)
      spoil(world, files)
      const certificates = world.open()
      await certificates.look()
      expect(certificates.describe()).toMatchObject({ mode: 'own', kind: 'authority', publiclyTrusted: false })
      expect(certificates.describe().problem).toMatch(words)
      expect(certificates.describe().problem).toContain('one made here is used, and browsers warn')
      expect(certificates.context()).toBeDefined()
    },
  )

  it('counts as known only when a root of the world stands above it, with every link holding', ({ world }) => {
    const { certificate, authority } = makeFiles(world)
    const nowMs = world.clock.nowMs()
    const roots = () => [authority]
    expect(endsAtKnownRoot([certificate], nowMs, roots)).toBe(true)
    expect(endsAtKnownRoot([certificate, authority], nowMs)).toBe(false)
    expect(endsAtKnownRoot([certificate], nowMs + 61 * DAY, roots)).toBe(false)
    expect(endsAtKnownRoot([certificate], nowMs, () => [makeFiles(world).authority])).toBe(false)
    expect(endsAtKnownRoot([], nowMs, roots)).toBe(false)
  })
})
