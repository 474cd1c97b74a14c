import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Account } from '../../../proxy/accounts/account.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { holdWords } from '../../../proxy/contract/jobs.ts'
import { floorOf } from '../../../proxy/folders/folderRoom.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { openTestFolders } from '../../support/foldersFixture.ts'
import type { TestFolders } from '../../support/foldersFixture.ts'
import { openJobQueueFixture, runRights } from '../../support/jobQueueFixture.ts'
import type { JobQueueFixture } from '../../support/jobQueueFixture.ts'
import { addOutput } from '../../support/outputRows.ts'
import { ScriptedEngine } from '../../support/scriptedEngine.ts'
import { storesTest } from '../../support/storesFixture.ts'
import { until } from '../../support/tabClient.ts'

const MiB = 1024 ** 2
const GiB = 1024 ** 3

interface World extends TestFolders {
  readonly queue: JobQueueFixture
  readonly engine: ScriptedEngine
  readonly mia: Account
  readonly send: (account: Account) => Promise<string>
}

/** A queue over an engine that the test drives, with room that the test fills. */
const it = storesTest.extend<{ world: World }>({
  world: async ({ stores, clock, logger, dataDirectory }, use) => {
    const folders = openTestFolders(stores, clock, logger, join(dataDirectory, '..', 'outputs'))
    const mia = await addPerson(stores, 'Mia')
    const queue = await openJobQueueFixture({
      clock,
      settings: stores.settings,
      rights: {
        find: () => Promise.resolve(runRights('creator', true)),
        onChange: () => () => undefined,
      },
      room: folders.folders.room,
      timings: { compareMs: 20 },
    })
    const engine = new ScriptedEngine()
    engine.attachTo(queue.jobs)
    await queue.jobs.engineReady()
    const send = async ({ id: accountId }: Account): Promise<string> => {
      const rest = { clientId: undefined, extraData: new Map(), targets: undefined, outputs: '[]', wantedId: undefined }
      const place = { front: false, number: undefined }
      const nodes = new Map([['1', new Map([['class_type', 'A']])]])
      return (await queue.jobs.accept({ ...rest, accountId, role: 'creator', nodes, place })).id
    }
    await use({ ...folders, queue, engine, mia, send })
    await queue.close()
  },
})

const setQuota = ({ folders, mia }: World, quotaBytes: number) => folders.change(mia.id, { quotaBytes })
/** The queue has looked, and found what it found. */
const looked = ({ queue }: World) => queue.jobs.compare()

describe('the quota', () => {
  it('case 50: refuses a prompt in words, with what to do, and keeps nothing of it', async ({ stores, world }) => {
    await setQuota(world, 20 * GiB)
    await addOutput(stores, world.mia.id, { bytes: Math.round(20.1 * GiB) })
    await expect(world.send(world.mia)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      status: 429,
      message:
        'Your 20 GB are full: 20.1 GB used. Remove pictures you do not need and delete them for good under Removed, or ask the owner for more room.',
    })
    expect(world.queue.jobs.list()).toEqual([])
  })

  it('counts what was removed and can come back, and uploads', async ({ stores, world }) => {
    await setQuota(world, 10 * MiB)
    await addOutput(stores, world.mia.id, { bytes: 6 * MiB, removed_at_ms: 1 })
    await world.send(world.mia)
    const { inputDirectory } = await world.userFolders.ensure(world.mia.id)
    writeFileSync(join(inputDirectory ?? '', 'big.png'), Buffer.alloc(5 * MiB))
    const fresh = openFreshly(stores, world)
    await expect(fresh.folders.room.checkPrompt(world.mia.id)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  })

  it('dodged by files that no history names (models, names that are not recorded): what lies there counts', async ({
    stores,
    world,
  }) => {
    await setQuota(world, 10 * MiB)
    const { outputDirectory } = await world.userFolders.ensure(world.mia.id)
    await addOutput(stores, world.mia.id, { bytes: 2 * MiB })
    const held = () => world.folders.room.findHold(world.mia.id, 0)
    expect(await held()).toBeUndefined()
    const folder = join(outputDirectory ?? '', 'checkpoints')
    mkdirSync(folder)
    writeFileSync(join(folder, 'x.safetensors'), Buffer.alloc(6 * MiB))
    expect(await held()).toBeUndefined()
    const hidden = join(outputDirectory ?? '', '.gatehouse', 'q')
    mkdirSync(hidden, { recursive: true })
    writeFileSync(join(hidden, 'x_00001_.png'), Buffer.alloc(5 * MiB))
    expect(await held()).toBe('room')
    const fresh = openFreshly(stores, world)
    await expect(fresh.folders.room.checkPrompt(world.mia.id)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    // Listed is still only what jobs said that they made.
    expect(await fresh.folders.get(world.mia.id)).toMatchObject({ files: 1, bytes: 11 * MiB })
  })

  it('is not charged with the note of whose folder it is', async ({ stores, world }) => {
    await world.userFolders.ensure(world.mia.id)
    expect(await openFreshly(stores, world).folders.get(world.mia.id)).toMatchObject({ files: 0, bytes: 0 })
  })

  it('case 50: dodged by prompts that were sent at once: the second waits until the first is counted', async ({
    stores,
    world,
  }) => {
    await setQuota(world, 100 * MiB)
    await addOutput(stores, world.mia.id, { bytes: 90 * MiB, job_id: 'earlier' })
    const ids = await Promise.all([world.send(world.mia), world.send(world.mia), world.send(world.mia)])
    await until(() => world.queue.jobs.roomHoldOf(world.mia.id) === 'room', 'the others wait')
    expect(world.engine.submitted).toEqual([ids[0]])
    world.engine.begin()
    await addOutput(stores, world.mia.id, { bytes: 20 * MiB, job_id: ids[0] })
    world.engine.end()
    await until(() => world.queue.jobs.list().length === 2, 'the first is over')
    await looked(world)
    expect(world.engine.submitted).toEqual([ids[0]])
    expect(world.queue.jobs.roomHoldOf(world.mia.id)).toBe('room')
  })

  it('case 50: lets others go on, and the person again when there is room', async ({ stores, world }) => {
    const ben = await addPerson(stores, 'Ben')
    await world.engine.die()
    const ofMia = await world.send(world.mia)
    const ofBen = await world.send(ben)
    await setQuota(world, 10 * MiB)
    const file = await addOutput(stores, world.mia.id, { bytes: 11 * MiB })
    await world.engine.start('boot-2')
    await until(() => world.engine.submitted.length === 1, 'a job at the engine')
    await until(() => world.queue.jobs.roomHoldOf(world.mia.id) === 'room', 'hers waits')
    expect(world.engine.submitted).toEqual([ofBen])
    await stores.database.kysely.deleteFrom('outputs').where('id', '=', file).execute()
    await until(() => world.engine.submitted.includes(ofMia), 'hers goes on by itself')
    expect(world.queue.jobs.roomHoldOf(world.mia.id)).toBeUndefined()
  })

  it('case 50: dodged by jobs whose files are not counted yet', async ({ stores, clock, world }) => {
    await setQuota(world, 100 * MiB)
    await addOutput(stores, world.mia.id, { bytes: 90 * MiB, job_id: 'earlier' })
    const held = () => world.folders.room.findHold(world.mia.id, 0)
    expect(await held()).toBeUndefined()
    await addEndedJob(stores, world.mia, clock.nowMs())
    expect(await held()).toBe('room')
    await stores.database.kysely.updateTable('jobs').set({ files_recorded: 1 }).execute()
    expect(await held()).toBeUndefined()
  })

  it('case 52: dodged by uploads at once: each counts from when it is let in', async ({ stores, world }) => {
    await setQuota(world, 100 * MiB)
    const { room } = world.folders
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => room.checkInput(world.mia.id, 30 * MiB, true)),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    await expect(room.checkInput(world.mia.id, 20 * MiB, true)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    // Who is just full can still save the workflow.
    await room.checkInput(world.mia.id, 20 * MiB, false)
    await addOutput(stores, world.mia.id, { bytes: 80 * MiB })
    await expect(room.checkInput(world.mia.id, 1, false)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  })

  it('is none for the owner', async ({ stores, world }) => {
    const { accountId } = await stores.ownerSessions.openOwnerSession('Anna')
    await addOutput(stores, accountId, { bytes: 900 * GiB })
    await world.folders.room.checkPrompt(accountId)
    expect(await world.folders.room.findHold(accountId, 5)).toBeUndefined()
  })
})

describe('the disk floor', () => {
  it('case 50: keeps every job from beginning, says why, and lets them go on by itself', async ({
    clock,
    stores,
    world,
  }) => {
    world.disk.space = { freeBytes: 9 * GiB, totalBytes: 1000 * GiB }
    const id = await world.send(world.mia)
    await until(() => world.queue.jobs.isStopped, 'the queue has stopped')
    expect(await world.queue.jobs.findStop()).toContain('9 GB left, 10 GB are kept free')
    expect(world.engine.submitted).toEqual([])
    expect(world.queue.jobs.find(id)?.status).toMatchObject({ state: 'waiting', heldBecause: null })
    await stores.settings.set('jobs.diskFloorBytes', 8 * GiB)
    await until(() => world.engine.submitted.includes(id), 'the job goes on by itself')
    world.disk.space = { freeBytes: 7 * GiB, totalBytes: 1000 * GiB }
    clock.advance(5_000)
    expect(await world.queue.jobs.findStop()).toContain('7 GB left')
  })

  it('dodged by an upload: it must not go below either', async ({ world }) => {
    const { room } = world.folders
    world.disk.space = { freeBytes: 10 * GiB + 80 * MiB, totalBytes: 1000 * GiB }
    await room.checkInput(world.mia.id, 70 * MiB, true)
    const tooLarge = room.checkInput(world.mia.id, 90 * MiB, true)
    await expect(tooLarge).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('almost full'),
    })
    // Who has no room can still save the workflow.
    await room.checkInput(world.mia.id, MiB, false)
  })

  it('case 50: of a person’s own drive holds that person alone', async ({ stores, clock, logger, dataDirectory }) => {
    const outputsRoot = join(dataDirectory, '..', 'drive')
    mkdirSync(outputsRoot)
    const byPath = (path: string) => ({ freeBytes: path.includes('drive') ? GiB : 500 * GiB, totalBytes: 1000 * GiB })
    const { folders } = openTestFolders(stores, clock, logger, outputsRoot, {
      readSpace: (path) => Promise.resolve(byPath(path)),
    })
    const mia = await addPerson(stores, 'Mia')
    expect(await folders.room.findHold(mia.id, 0)).toBe('disk')
    expect(await folders.room.findStop()).toBeUndefined()
    expect(holdWords.disk).toContain('by itself')
  })

  it('that cannot be found out stops nobody, and the log says so once', async ({
    stores,
    clock,
    logger,
    dataDirectory,
  }) => {
    const fail = () => Promise.reject(new Error('no such call'))
    const { folders } = openTestFolders(stores, clock, logger, dataDirectory, { readSpace: fail })
    const mia = await addPerson(stores, 'Mia')
    expect(await folders.room.findStop()).toBeUndefined()
    expect(await folders.room.findHold(mia.id, 0)).toBeUndefined()
    expect(logger.lines.filter((line) => line.includes('cannot be found out'))).toHaveLength(1)
    expect(await folders.getOwn(mia.id)).toMatchObject({ freeBytes: null, quotaBytes: 20 * GiB })
  })

  it('is a twentieth of a small disk unless the owner chose one', () => {
    const disk = { freeBytes: 0, totalBytes: 60 * GiB }
    expect(floorOf(null, disk)).toBe(3 * GiB)
    expect(floorOf(10 * GiB, disk)).toBe(10 * GiB)
    expect(floorOf(null, { ...disk, totalBytes: 4000 * GiB })).toBe(10 * GiB)
    expect(floorOf(40 * GiB, disk)).toBe(40 * GiB)
    expect(floorOf(0, disk)).toBe(0)
  })
})

/** As after a restart: nothing was looked at yet. */
const openFreshly = (stores: Stores, { queue }: World): TestFolders =>
  openTestFolders(stores, { nowMs: () => Date.parse('2027-01-01') }, { ...console }, queue.database.file)

async function addEndedJob({ database }: Stores, { id }: Account, endedAtMs: number): Promise<void> {
  const texts = { prompt: '{}', extra_data: '{}', targets: null, outputs: '[]', shape: 'a', nodes: 1 }
  const none = { client_id: null, held_because: null, boot_id: null, started_at_ms: null, run_ms: null }
  const rest = { result: null, summary: null, failure: null, in_history: 1, has_secrets: 0, attempts: 0, number: 0 }
  const times = { created_at_ms: endedAtMs, ended_at_ms: endedAtMs }
  const state = { id: '0'.repeat(36), account_id: id, state: 'succeeded', outcome: 'succeeded' }
  await database.kysely
    .insertInto('jobs')
    .values({ ...texts, ...none, ...rest, ...times, ...state })
    .execute()
}
