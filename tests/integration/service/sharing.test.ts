import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, vi } from 'vitest'
import { findLockHolder } from '../../../proxy/database/lockFile.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { openService } from '../../../service/gatehouseService.ts'
import type { GatehouseService } from '../../../service/serviceTypes.ts'
import { storesTest } from '../../support/storesFixture.ts'

/** Another loopback address stands for one in the LAN. */
const SHARED = '127.0.0.2'
const serviceOptions = {
  mode: 'desktop',
  platform: process.platform,
  nodeCommand: { file: process.execPath, args: [], env: {} },
  paths: {
    pagesDirectory: '/none',
    practiceEngine: '',
    companionDirectory: '',
    keychainWorker: '',
    pictureWorker: '',
    hashWorker: '',
  },
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  ownerName: 'Anna',
} as const

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const isOpen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host })
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

const it = storesTest.extend<{ port: number; open: () => Promise<GatehouseService> }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  port: async ({}, use) => use(await findFreePort()),
  open: async ({ openAgain, dataDirectory, port }, use) => {
    const services: GatehouseService[] = []
    await use(async () => {
      const stores = await openAgain()
      await stores.settings.setMany({ 'sharing.port': port, 'sharing.addresses': [SHARED] })
      await stores.close()
      const service = await openService({ ...serviceOptions, dataDirectory })
      services.push(service)
      await service.start()
      return service
    })
    for (const service of services) await service.stop()
  },
})

beforeEach(() => {
  vi.stubEnv('GATEHOUSE_SECRETS', 'file')
  return () => vi.unstubAllEnvs()
})

describe('sharing in the running app', () => {
  it('follows what another process writes: on, another port, off', async ({ open, openAgain, port, dataDirectory }) => {
    const service = await open()
    await service.openOwnerSession()
    const commandLine = await openAgain({ clock: systemClock })
    expect(await isOpen(port, SHARED)).toBe(false)

    await commandLine.settings.set('sharing.on', true)
    await vi.waitFor(async () => expect(await isOpen(port, SHARED)).toBe(true), { timeout: 5000 })
    expect(service.sharing.describe()).toMatchObject({ on: true, port, problem: null })

    const next = await findFreePort()
    await commandLine.settings.set('sharing.port', next)
    await vi.waitFor(async () => expect(await isOpen(next, SHARED)).toBe(true), { timeout: 5000 })
    expect(await isOpen(port, SHARED)).toBe(false)
    expect(await isOpen(port, '127.0.0.1')).toBe(false)
    expect(findLockHolder(dataDirectory)?.url).toBe(`http://127.0.0.1:${next}/`)
    expect((await service.openCanvasSession()).url).toBe(`http://127.0.0.1:${next}/`)

    await commandLine.settings.set('sharing.on', false)
    await vi.waitFor(async () => expect(await isOpen(next, SHARED)).toBe(false), { timeout: 5000 })
    expect(await isOpen(next, '127.0.0.1')).toBe(true)
  })

  it('stays where it is when the new port belongs to another program, and says so', async ({ open, port }) => {
    const service = await open()
    await service.sharing.set(true)
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port: taken } = other.address() as AddressInfo

    await service.settings.set('sharing.port', taken)

    await vi.waitFor(() => expect(service.sharing.describe().problem).toContain(String(taken)))
    expect(service.sharing.describe()).toMatchObject({ on: true, port })
    expect(await isOpen(port, SHARED)).toBe(true)
    await new Promise((resolve) => other.close(resolve))
  })

  it('is off again in settings and switch when another program holds the shared address', async ({ open, port }) => {
    const service = await open()
    const other = createServer().listen(port, SHARED)
    await new Promise((resolve) => other.once('listening', resolve))

    await service.settings.set('sharing.on', true)

    await vi.waitFor(() => expect(service.sharing.describe().problem).toContain(String(port)))
    expect(service.sharing.describe().on).toBe(false)
    expect(service.settings.get('sharing.on')).toBe(false)
    await new Promise((resolve) => other.close(resolve))
  })

  it('records who switched it in the tray', async ({ open, openAgain }) => {
    const service = await open()
    await service.sharing.set(true)
    await service.stop()
    const stores = await openAgain()
    const rows = await stores.database.kysely.selectFrom('audit').select(['event', 'details']).execute()
    expect(rows.find((row) => row.event === 'sharing.changed')?.details).toContain('true')
  })
})

describe('where the secrets are', () => {
  it('is said as it is: a file of our own, or one that was handed in', async ({ open, dataDirectory }) => {
    expect((await open()).secretsKind).toBe('file')
    const file = `${dataDirectory}-secret`
    writeFileSync(file, 'x'.repeat(64), { mode: 0o600 })
    vi.stubEnv('GATEHOUSE_SECRET_FILE', file)
    const service = await openService({ ...serviceOptions, dataDirectory: `${dataDirectory}-other` })
    expect(service.secretsKind).toBe('environment')
    await service.stop()
  })
})
