import { mkdtempSync, rmSync } from 'node:fs'
import type { NetworkInterfaceInfo } from 'node:os'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { systemRandom } from '../../proxy/core/random.ts'
import type {
  CertificateChange,
  CertificatesOptions,
  KeyKeep,
} from '../../proxy/network/certificates/certificateOptions.ts'
import { GateCertificates } from '../../proxy/network/certificates/certificates.ts'
import type { Interfaces } from '../../proxy/network/lanAddresses.ts'
import { FakeSettings } from './fakeSettings.ts'
import { createMovableClock, createRecordingLogger } from './storesFixture.ts'
import type { MovableClock, RecordingLogger } from './storesFixture.ts'

/** A keychain in memory; `fault` makes it fail. */
export class FakeKeep implements KeyKeep {
  readonly kind: KeyKeep['kind']
  readonly entries = new Map<string, Buffer>()
  fault: Error | undefined
  /** What was asked for, in order. */
  readonly asked: string[] = []

  constructor(kind: KeyKeep['kind'] = 'keychain') {
    this.kind = kind
    if (kind === 'environment') this.entries.set('leaf-key', Buffer.alloc(40, 7))
  }

  async get(name: 'authority-key' | 'leaf-key'): Promise<Buffer | undefined> {
    await Promise.resolve()
    this.asked.push(`get ${name}`)
    if (this.fault !== undefined) throw this.fault
    return this.entries.get(name)
  }

  async set(name: 'authority-key' | 'leaf-key', value: Buffer): Promise<void> {
    await Promise.resolve()
    this.asked.push(`set ${name}`)
    if (this.fault !== undefined) throw this.fault
    if (this.kind === 'environment') throw new TypeError('nothing can be kept')
    this.entries.set(name, value)
  }
}

const card = (address: string): NetworkInterfaceInfo => {
  const common = { mac: '3c:7c:3f:00:00:01', internal: false, cidr: null }
  return address.includes(':')
    ? { ...common, address, netmask: 'ffff:ffff:ffff:ffff::', family: 'IPv6', scopeid: 0 }
    : { ...common, address, netmask: '255.255.255.0', family: 'IPv4' }
}

export const cards = (...addresses: string[]): Interfaces => ({ eth0: addresses.map(card) })

export interface CertificatesWorld {
  readonly directory: string
  readonly clock: MovableClock
  readonly logger: RecordingLogger
  readonly settings: FakeSettings
  readonly changes: CertificateChange[]
  /** What the computer has and is called; a test changes it. */
  readonly computer: { hostName: string; interfaces: Interfaces }
  keep: FakeKeep
  /** Another one on the same folder, stopped at the end; nothing is looked at unless the test says so. */
  open(options?: Partial<CertificatesOptions>): GateCertificates
}

export const certificatesTest = test.extend<{ world: CertificatesWorld }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  world: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'))
    const opened: GateCertificates[] = []
    let turn: Promise<unknown> = Promise.resolve()
    const world: CertificatesWorld = {
      directory,
      clock: createMovableClock(),
      logger: createRecordingLogger(),
      settings: new FakeSettings(),
      changes: [],
      computer: { hostName: 'Studio-PC', interfaces: cards('192.168.1.20') },
      keep: new FakeKeep(),
      open: (options = {}) => {
        const certificates = new GateCertificates({
          directory: join(directory, 'tls'),
          clock: world.clock,
          random: systemRandom,
          logger: world.logger,
          keep: world.keep,
          settings: world.settings,
          hostName: () => world.computer.hostName,
          interfaces: () => world.computer.interfaces,
          exclusively: (run) => {
            const next = turn.then(run)
            turn = next.catch(() => undefined)
            return next
          },
          record: (change) => world.changes.push(change),
          pollMs: 3_600_000,
          ...options,
        })
        opened.push(certificates)
        return certificates
      },
    }
    await use(world)
    for (const certificates of opened) await certificates.stop()
    rmSync(directory, { recursive: true, force: true })
  },
})
