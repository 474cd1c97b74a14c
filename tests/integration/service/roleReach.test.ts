import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { openStores } from '../../../proxy/accounts/openStores.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { probeResultSchema, rolePreviewSchema } from '../../../proxy/contract/reach.ts'
import { roles } from '../../../proxy/contract/roles.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { chooseSecrets } from '../../../proxy/secrets/chooseSecrets.ts'
import { openService } from '../../../service/gatehouseService.ts'
import type { GatehouseService } from '../../../service/serviceTypes.ts'
import { bundlePracticeEngine, findFreePort } from '../../support/engineUnderTest.ts'
import { ask } from '../../support/httpClient.ts'

/** The whole product over the practice engine, with a key that administers. */
let folder: string
let dataDirectory: string
let service: GatehouseService | undefined
let port: number
let key: string

const open = async (): Promise<Stores> =>
  openStores({
    dataDirectory,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    secrets: chooseSecrets(process.env, ''),
  })

const serviceOptions = (directory: string, practiceEngine: string) => ({
  dataDirectory: directory,
  mode: 'headless' as const,
  headless: { engine: { kind: 'practice' as const }, shareOn: [] },
  platform: process.platform,
  // The bundle lies outside of the project; sharp does not.
  nodeCommand: { file: process.execPath, args: [], env: { NODE_PATH: resolve('node_modules') } },
  paths: {
    pagesDirectory: folder,
    practiceEngine,
    companionDirectory: '',
    keychainWorker: '',
    pictureWorker: '',
    hashWorker: '',
  },
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  ownerName: 'Anna',
})

beforeAll(async () => {
  vi.stubEnv('GATEHOUSE_SECRETS', 'file')
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-reach-'))
  dataDirectory = join(folder, 'data')
  const practiceEngine = await bundlePracticeEngine(folder)
  port = await findFreePort()
  // Made by the service, so that its folder has the right rights.
  await (await openService(serviceOptions(dataDirectory, practiceEngine))).stop()
  const stores = await open()
  await stores.settings.setMany({ 'sharing.port': port })
  const ada = await stores.accounts.create({ name: 'Ada', role: 'administrator' }, commandLine)
  await stores.accounts.create({ name: 'Mia', role: 'creator' }, commandLine)
  key = (
    await stores.keys.create(
      { accountId: ada.id, name: 'tool', scopes: ['administer', 'run', 'read'], expiresAtMs: null },
      commandLine,
    )
  ).text
  await stores.close()
  service = await openService(serviceOptions(dataDirectory, practiceEngine))
  await service.start()
  await vi.waitFor(() => expect(service?.engine.state().kind).toBe('ready'), { timeout: 30_000 })
}, 60_000)

beforeEach(() => {
  vi.stubEnv('GATEHOUSE_SECRETS', 'file')
})

afterAll(async () => {
  await service?.stop()
  rmSync(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

const post = (path: string, body: unknown) =>
  ask(port, `/gatehouse/api/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const peopleNames = async (): Promise<string[]> => {
  const answer = await ask(port, '/gatehouse/api/v1/users', { headers: { authorization: `Bearer ${key}` } })
  const { items }: { items: { name: string }[] } = JSON.parse(answer.body.toString())
  return items.map(({ name }) => name)
}

describe('what roles reach on the practice engine', () => {
  it('is tried out without a single answer that was not decided, within ten seconds', async () => {
    for (const role of roles) {
      const answer = await post(`roles/${role}/probe`, {})
      expect(answer.status).toBe(200)
      const result = probeResultSchema.parse(JSON.parse(answer.body.toString()))
      expect({ role, mismatches: result.mismatches, wrongModels: result.wrongModels }).toEqual({
        role,
        mismatches: [],
        wrongModels: [],
      })
      expect(result.left).toBe(0)
      expect(result.tookMs).toBeLessThan(10_000)
      expect(result.refused).toBeGreaterThan(100)
    }
    expect(await peopleNames()).toEqual(['Ada', 'Mia'])
    expect(existsSync(join(dataDirectory, 'try-out'))).toBe(false)
  })

  it('keeps a draft to its models, in words and in what the engine shows', async () => {
    const models = { checkpoints: [] }
    const preview = await post('roles/preview', { role: 'creator', draft: { models } })
    const { reach, losses } = rolePreviewSchema.parse(JSON.parse(preview.body.toString()))
    const checkpoints = reach.models.find(({ folder: name }) => name === 'checkpoints')
    expect(checkpoints?.total).toBeGreaterThan(0)
    expect(checkpoints?.allowed).toEqual([])
    expect(losses.models.map(({ folder: name }) => name)).toEqual(['checkpoints'])
    expect(reach.nodes?.total).toBeGreaterThan(10)
    expect(reach.routes?.reached).toBeGreaterThan(10)

    const probe = await post('roles/creator/probe', { draft: { models } })
    expect(probeResultSchema.parse(JSON.parse(probe.body.toString())).wrongModels).toEqual([])
  })

  it('runs one try at a time', async () => {
    const [first, second] = await Promise.all([post('roles/user/probe', {}), post('roles/user/probe', {})])
    expect([first.status, second.status].sort()).toEqual([200, 409])
  })

  it('leaves nobody behind when the program is killed in the middle', async () => {
    const copy = join(folder, 'killed')
    const probe = post('roles/creator/probe', {})
    await vi.waitFor(() => expect(readdirSync(join(dataDirectory, 'try-out'))).toHaveLength(1), { interval: 5 })
    // What a killed program leaves: the files as they are now.
    cpSync(dataDirectory, copy, { recursive: true, filter: (from) => !from.endsWith('.lock') })
    expect((await probe).status).toBe(200)
    expect(existsSync(join(copy, 'try-out'))).toBe(true)

    const again = await openService(serviceOptions(copy, ''))
    const names = (await again.people()).map(({ name }) => name)
    await again.stop()
    expect(names).toEqual(['Ada', 'Mia'])
    expect(existsSync(join(copy, 'try-out'))).toBe(false)
  })
})
