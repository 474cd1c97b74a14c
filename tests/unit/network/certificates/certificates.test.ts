import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { GateError } from '../../../../proxy/contract/errorCodes.ts'
import type { GateCertificates } from '../../../../proxy/network/certificates/certificates.ts'
import { cards, certificatesTest as it, FakeKeep } from '../../../support/certificatesFixture.ts'
import type { CertificatesWorld } from '../../../support/certificatesFixture.ts'

const DAY = 86_400_000

async function openLooked(world: CertificatesWorld): Promise<GateCertificates> {
  const certificates = world.open()
  await certificates.look()
  return certificates
}

const fingerprintsOf = (certificates: GateCertificates) => {
  const { authority, certificate } = certificates.describe()
  return { authority: authority?.fingerprint.hex, certificate: certificate?.fingerprint.hex }
}

const withoutKeychain = (): GateError => new GateError('SECRETS_UNAVAILABLE', 'The keychain does not answer.')

describe('with a keychain', () => {
  it('there is an authority of this computer, which signed for everything it is called', async ({ world }) => {
    const certificates = await openLooked(world)
    const state = certificates.describe()
    expect(state).toMatchObject({ mode: 'auto', kind: 'authority', publiclyTrusted: false, missing: [], problem: null })
    expect(state.notice).toBeNull()
    expect(state.authority?.name).toMatch(/^Gatehouse authority of Studio-PC [a-z0-9]{4}$/)
    expect(state.authority?.names).toEqual([
      ...['localhost', 'gatehouse.localhost', 'studio-pc', 'studio-pc.local', 'gatehouse.local'],
    ])
    expect(state.certificate?.addresses).toEqual(['127.0.0.1', '::1', '192.168.1.20'])
    expect(certificates.context()).toBeDefined()
    expect(world.changes.map(({ what, reason }) => `${what} ${reason}`)).toEqual([
      'authority first',
      'certificate first',
    ])
  })

  it('attack: who copies the data folder gets no key', async ({ world }) => {
    await openLooked(world)
    const folder = join(world.directory, 'tls')
    expect(readdirSync(folder).sort()).toEqual(['authority.pem', 'server.pem'])
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain('PRIVATE')
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('lasts 90 days, the authority two years; devices with a slow clock believe it', async ({ world }) => {
    const certificates = await openLooked(world)
    const { authority, certificate } = certificates.describe()
    const nowMs = world.clock.nowMs()
    expect(Date.parse(certificate?.endsAt ?? '')).toBe(nowMs + 90 * DAY)
    expect(Date.parse(authority?.endsAt ?? '')).toBe(nowMs + 730 * DAY)
    expect(Date.parse(authority?.madeAt ?? '')).toBe(nowMs - DAY)
  })

  it('is the same after a start anew', async ({ world }) => {
    const before = fingerprintsOf(await openLooked(world))
    expect(fingerprintsOf(await openLooked(world))).toEqual(before)
  })

  it('reads the key of the authority only to sign', async ({ world }) => {
    const certificates = await openLooked(world)
    world.keep.asked.length = 0
    await certificates.look()
    expect(world.keep.asked).toEqual([])
  })

  it('a changed address makes a new certificate, told to the listener, by the same authority', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    const contextBefore = certificates.context()
    let changes = 0
    certificates.onChange(() => (changes += 1))
    world.computer.interfaces = cards('192.168.1.77')
    await certificates.look()
    expect(certificates.describe().certificate?.addresses).toEqual(['127.0.0.1', '::1', '192.168.1.77'])
    expect(certificates.context()).not.toBe(contextBefore)
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    expect(changes).toBe(1)
    expect(world.changes.at(-1)).toMatchObject({ what: 'certificate', reason: 'names' })
  })

  it('an address that went away is no reason for a new one', async ({ world }) => {
    world.computer.interfaces = cards('192.168.1.20', '192.168.2.20')
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.computer.interfaces = cards('192.168.1.20')
    await certificates.look()
    expect(fingerprintsOf(certificates)).toEqual(before)
  })

  it('is renewed 30 days before its end, not earlier', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.clock.advance(59 * DAY)
    await certificates.look()
    expect(fingerprintsOf(certificates)).toEqual(before)
    world.clock.advance(2 * DAY)
    await certificates.look()
    expect(fingerprintsOf(certificates).certificate).not.toBe(before.certificate)
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    expect(world.changes.at(-1)).toMatchObject({ what: 'certificate', reason: 'time' })
  })

  it('says before the authority ends, makes a new one a month before, and says what that means', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.clock.advance(650 * DAY)
    await certificates.look()
    expect(certificates.describe().notice).toMatch(/The authority ends on .* told once more/)
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    world.clock.advance(51 * DAY)
    await certificates.look()
    expect(fingerprintsOf(certificates).authority).not.toBe(before.authority)
    expect(certificates.describe().notice).toContain('Devices that trusted the one before it warn')
    expect(certificates.describe().certificate).not.toBeNull()
    expect(certificates.authority?.checkPrivateKey(await keyOf(world))).toBe(true)
  })

  it('a certificate never outlives its authority', async ({ world }) => {
    const certificates = await openLooked(world)
    world.clock.advance(690 * DAY)
    await certificates.look()
    const { authority, certificate } = certificates.describe()
    expect(Date.parse(certificate?.endsAt ?? '')).toBe(Date.parse(authority?.endsAt ?? ''))
  })

  it('a clock that jumped far ahead or back throws away nothing that phones trust', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.clock.advance(12 * 365 * DAY)
    await certificates.look()
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    expect(certificates.describe().notice).toContain('Set the date of this computer right')
    world.clock.advance(-14 * 365 * DAY)
    await certificates.look()
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    world.clock.advance(2 * 365 * DAY)
    await certificates.look()
    expect(certificates.describe()).toMatchObject({ kind: 'authority', notice: null, problem: null })
  })

  it('no authority is made while the clock stands before this program was', async ({ world }) => {
    world.clock.advance(-20 * 365 * DAY)
    const certificates = await openLooked(world)
    expect(certificates.describe()).toMatchObject({ kind: 'selfSigned', authority: null })
    expect(certificates.describe().problem).toContain('clock of this computer is wrong')
    expect(world.keep.entries.has('authority-key')).toBe(false)
  })

  it('two that start at once make one authority', async ({ world }) => {
    const [one, two] = [world.open(), world.open()]
    await Promise.all([one.look(), two.look()])
    expect(fingerprintsOf(one).authority).toBe(fingerprintsOf(two).authority)
    expect(world.changes.filter(({ what }) => what === 'authority')).toHaveLength(1)
  })

  it('a new name waits for a new authority, which the owner makes', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.settings.set('sharing.name', 'atelier')
    await certificates.look()
    expect(certificates.describe()).toMatchObject({ missing: ['atelier.local'] })
    expect(certificates.describe().notice).toContain('atelier.local')
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    await certificates.renew('authority')
    expect(certificates.describe().missing).toEqual([])
    expect(certificates.describe().authority?.names).toContain('atelier.local')
    expect(certificates.describe().authority?.names).not.toContain('gatehouse.local')
    expect(world.changes.slice(-2).map(({ what, reason }) => `${what} ${reason}`)).toEqual([
      'authority owner',
      'certificate owner',
    ])
  })

  it('attack: somebody who may change host names does not make the authority vouch for another site', async ({
    world,
  }) => {
    const certificates = await openLooked(world)
    world.settings.set('sharing.hostNames', ['bank.example'])
    await certificates.look()
    expect(certificates.describe().certificate?.names).not.toContain('bank.example')
    expect(certificates.describe().missing).toEqual(['bank.example'])
  })

  it('an authority whose key left the keychain is replaced', async ({ world }) => {
    const before = fingerprintsOf(await openLooked(world))
    world.keep.entries.delete('authority-key')
    const again = await openLooked(world)
    expect(fingerprintsOf(again).authority).not.toBe(before.authority)
    expect(again.describe().notice).toContain('warn until they are told once more')
  })

  it('attack: certificates put in our place by another program are not served', async ({ world }) => {
    const before = fingerprintsOf(await openLooked(world))
    const folder = join(world.directory, 'tls')
    writeFileSync(join(folder, 'server.pem'), readFileSync(join(folder, 'authority.pem')))
    const again = await openLooked(world)
    expect(fingerprintsOf(again).authority).toBe(before.authority)
    expect(again.describe().certificate?.names).toContain('studio-pc')
  })

  it('the certificate alone is renewed on the owner’s word', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    await certificates.renew('certificate')
    expect(fingerprintsOf(certificates).authority).toBe(before.authority)
    expect(fingerprintsOf(certificates).certificate).not.toBe(before.certificate)
  })
})

const keyOf = async (world: CertificatesWorld) => {
  const { readKey } = await import('../../../../proxy/network/certificates/certificateKeys.ts')
  return readKey(world.keep.entries.get('authority-key') ?? Buffer.alloc(0))
}

describe('a keychain that does not answer', () => {
  it('attack: does not end encryption: at the start a makeshift certificate stands in, and the right one comes back', async ({
    world,
  }) => {
    world.keep.fault = withoutKeychain()
    const certificates = await openLooked(world)
    expect(certificates.context()).toBeDefined()
    expect(certificates.describe()).toMatchObject({
      kind: 'selfSigned',
      authority: null,
      problem: 'The keychain does not answer.',
    })
    world.keep.fault = undefined
    await certificates.look()
    expect(certificates.describe()).toMatchObject({ kind: 'authority', problem: null })
  })

  it('while it runs leaves the certificate there was, and says so', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.keep.fault = withoutKeychain()
    world.computer.interfaces = cards('192.168.9.9')
    await certificates.look()
    expect(fingerprintsOf(certificates)).toEqual(before)
    expect(certificates.describe()).toMatchObject({
      missing: ['192.168.9.9'],
      problem: 'The keychain does not answer.',
    })
    expect(world.logger.lines.join()).toContain('could not be renewed')
  })
})

describe('without a keychain', () => {
  it('there is no authority: a certificate signed by itself, with its key in the file of secrets', async ({
    world,
  }) => {
    world.keep = new FakeKeep('file')
    const certificates = await openLooked(world)
    expect(certificates.describe()).toMatchObject({
      kind: 'selfSigned',
      keptIn: 'file',
      authority: null,
      problem: null,
    })
    expect([...world.keep.entries.keys()]).toEqual(['leaf-key'])
    expect(certificates.authority).toBeUndefined()
    expect(fingerprintsOf(await openLooked(world))).toEqual(fingerprintsOf(certificates))
    await expect(certificates.renew('authority')).rejects.toThrow('Without a keychain')
  })

  it('where secrets are handed in, the key is derived and nothing is kept', async ({ world }) => {
    world.keep = new FakeKeep('environment')
    const certificates = await openLooked(world)
    expect(certificates.describe()).toMatchObject({ kind: 'selfSigned', problem: null })
    expect(world.keep.asked).not.toContain('set leaf-key')
    expect(fingerprintsOf(await openLooked(world))).toEqual(fingerprintsOf(certificates))
  })

  it('coming home again does not make phones warn anew', async ({ world }) => {
    world.keep = new FakeKeep('file')
    const certificates = await openLooked(world)
    world.computer.interfaces = cards('10.0.0.5')
    await certificates.look()
    const away = fingerprintsOf(certificates)
    world.computer.interfaces = cards('192.168.1.20')
    await certificates.look()
    expect(fingerprintsOf(certificates)).toEqual(away)
  })

  it('a folder that cannot be written does not end encryption', async ({ world }) => {
    world.keep = new FakeKeep('file')
    mkdirSync(join(world.directory, 'tls', 'server.pem'), { recursive: true })
    const certificates = await openLooked(world)
    expect(certificates.context()).toBeDefined()
    rmSync(join(world.directory, 'tls'), { recursive: true })
  })
})

describe('switched off', () => {
  it('there is none, and switched on again the same as before', async ({ world }) => {
    const certificates = await openLooked(world)
    const before = fingerprintsOf(certificates)
    world.settings.set('https.mode', 'off')
    await certificates.look()
    expect(certificates.context()).toBeUndefined()
    expect(certificates.describe()).toMatchObject({ mode: 'off', kind: null, certificate: null, authority: null })
    await expect(certificates.renew('certificate')).rejects.toThrow('switched off')
    world.settings.set('https.mode', 'auto')
    await certificates.look()
    expect(fingerprintsOf(certificates)).toEqual(before)
  })
})

describe('by itself', () => {
  it('follows settings and the network while it runs', async ({ world }) => {
    const certificates = world.open({ pollMs: 5 })
    await certificates.start()
    const changed = () => new Promise<void>((resolve) => certificates.onChange(() => resolve()))
    let next = changed()
    world.computer.interfaces = cards('192.168.44.4')
    await next
    expect(certificates.describe().certificate?.addresses).toContain('192.168.44.4')
    next = changed()
    world.settings.set('https.mode', 'off')
    await next
    expect(certificates.context()).toBeUndefined()
  })
})
