import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Account } from '../../../proxy/accounts/account.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { RetentionSweep } from '../../../proxy/folders/retentionSweep.ts'
import { Outputs } from '../../../proxy/outputs/outputs.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { openTestFolders } from '../../support/foldersFixture.ts'
import type { TestFolders } from '../../support/foldersFixture.ts'
import { addOutput } from '../../support/outputRows.ts'
import { storesTest } from '../../support/storesFixture.ts'

const DAY_MS = 86_400_000

interface World extends TestFolders {
  readonly outputs: Outputs
  readonly sweep: RetentionSweep
  readonly mia: Account
  readonly old: string
  /** A recorded file that is so many days old. */
  readonly make: (name: string, days: number, more?: object) => Promise<void>
}

const it = storesTest.extend<{ world: World }>({
  world: async ({ stores, clock, logger, dataDirectory }, use) => {
    const opened = openTestFolders(stores, clock, logger, join(dirname(dataDirectory), 'outputs'))
    const { folders, userFolders } = opened
    const { kysely } = stores.database
    const jobs = { onChange: () => () => undefined }
    const outputs = new Outputs({ kysely, folders: userFolders, jobs, clock, random: systemRandom, logger })
    const sweep = new RetentionSweep({
      kysely,
      clock,
      logger,
      audit: stores.audit,
      rulesOf: (id) => folders.rulesOf(id),
      isMoving: (id) => folders.isMoving(id),
      expire: (id, beforeMs, atMost) => outputs.expire(id, beforeMs, atMost),
    })
    const mia = await addPerson(stores, 'Mia')
    const old = (await userFolders.ensure(mia.id)).outputDirectory ?? ''
    const make = async (name: string, days: number, more: object = {}): Promise<void> => {
      writeFileSync(join(old, name), name)
      const made_at_ms = clock.nowMs() - days * DAY_MS
      await addOutput(stores, mia.id, { name, bytes: name.length, made_at_ms, ...more })
    }
    await use({ ...opened, outputs, sweep, mia, old, make })
    await sweep.close()
    await outputs.close()
  },
})

const seen = (folder: string): string[] => readdirSync(folder).filter((name) => name !== '.gatehouse')

describe('clearing away old files', () => {
  it('takes what is older and not kept, and says how much', async ({ stores, world }) => {
    await world.make('old.png', 31)
    await world.make('kept.png', 400, { keep: 1 })
    await world.make('new.png', 29)
    await world.folders.change(world.mia.id, { retentionDays: 30 })
    await world.sweep.sweep()
    expect(seen(world.old)).toEqual(['kept.png', 'new.png'])
    // It can come back for a while, as if its person had removed it.
    expect(readdirSync(join(world.old, '.gatehouse', 'removed'))).toHaveLength(1)
    const audit = stores.database.kysely.selectFrom('audit').select('details').where('event', '=', 'folder.cleared')
    const details = async (): Promise<unknown[]> =>
      (await audit.execute()).map((row): unknown => JSON.parse(row.details))
    await expect.poll(details).toEqual([{ of: world.mia.id, files: 1, days: 30 }])
    await world.sweep.sweep()
    expect(await audit.execute()).toHaveLength(1)
  })

  it('leaves what its person brought back as long as a new file', async ({ clock, world }) => {
    await world.make('old.png', 31)
    await world.folders.change(world.mia.id, { retentionDays: 30 })
    await world.sweep.sweep()
    const [row] = await world.outputs.store.list({ accountId: world.mia.id, removed: true }, undefined, 1)
    expect(await world.outputs.restore(row!)).toBe(true)

    await world.sweep.sweep()
    clock.advance(29 * DAY_MS)
    await world.sweep.sweep()
    expect(seen(world.old)).toEqual(['old.png'])
    // In the gallery it stands where it was.
    const [back] = await world.outputs.store.list({ accountId: world.mia.id, removed: false }, undefined, 1)
    expect(back).toMatchObject({ made_at_ms: row!.made_at_ms })

    clock.advance(2 * DAY_MS)
    await world.sweep.sweep()
    expect(seen(world.old)).toEqual([])
  })

  it('of a file that no job made, however old: it stays', async ({ world }) => {
    writeFileSync(join(world.old, 'family.mp4'), 'hers')
    mkdirSync(join(world.old, 'holiday'))
    writeFileSync(join(world.old, 'holiday', 'sea.jpg'), 'hers')
    await world.make('old.png', 900)
    await world.folders.change(world.mia.id, { retentionDays: 1 })
    await world.sweep.sweep()
    expect(seen(world.old)).toEqual(['family.mp4', 'holiday'])
    expect(existsSync(join(world.old, 'holiday', 'sea.jpg'))).toBe(true)
  })

  it('over a link that stands in place of a recorded file: nothing behind it goes', async ({
    stores,
    clock,
    world,
  }) => {
    const outside = join(world.old, '..', 'family')
    mkdirSync(outside)
    writeFileSync(join(outside, 'sea.jpg'), 'hers')
    symlinkSync(join(outside, 'sea.jpg'), join(world.old, 'a.png'))
    symlinkSync(outside, join(world.old, 'sub'))
    const made_at_ms = clock.nowMs() - 90 * DAY_MS
    await addOutput(stores, world.mia.id, { name: 'a.png', made_at_ms })
    await addOutput(stores, world.mia.id, { name: 'sea.jpg', subfolder: 'sub', made_at_ms })
    await world.folders.change(world.mia.id, { retentionDays: 1 })
    await world.sweep.sweep()
    expect(readdirSync(outside)).toEqual(['sea.jpg'])
  })

  it('never happens unless it is set, and for everybody not to the owner', async ({ stores, clock, world }) => {
    await world.make('old.png', 900)
    await world.sweep.sweep()
    expect(seen(world.old)).toEqual(['old.png'])
    const { accountId } = await stores.ownerSessions.openOwnerSession('Anna')
    const made_at_ms = clock.nowMs() - 900 * DAY_MS
    const id = await addOutput(stores, accountId, { root: world.old, name: 'x.png', made_at_ms })
    await stores.settings.set('folders.retentionDays', 30)
    await world.sweep.sweep()
    expect(seen(world.old)).toEqual([])
    const row = stores.database.kysely.selectFrom('outputs').select('removed_at_ms').where('id', '=', id)
    expect(await row.executeTakeFirst()).toEqual({ removed_at_ms: null })
  })

  it('while the drive is away: nothing is forgotten, and others are cleared', async ({ stores, clock, world }) => {
    await world.make('old.png', 900)
    const ben = await addPerson(stores, 'Ben')
    const ofBen = (await world.userFolders.ensure(ben.id)).outputDirectory ?? ''
    writeFileSync(join(ofBen, 'b.png'), 'b')
    await addOutput(stores, ben.id, { name: 'b.png', made_at_ms: clock.nowMs() - 900 * DAY_MS })
    await stores.settings.set('folders.retentionDays', 30)
    renameSync(world.old, `${world.old} away`)
    await world.sweep.sweep()
    expect(seen(ofBen)).toEqual([])
    const rows = stores.database.kysely.selectFrom('outputs').select('name').where('account_id', '=', world.mia.id)
    expect(await rows.execute()).toEqual([{ name: 'old.png' }])
  })

  it('waits while a folder is moved', async ({ world }) => {
    await world.make('old.png', 900)
    await world.folders.change(world.mia.id, { retentionDays: 30 })
    world.folders.attach({
      vacate: async () => {
        await world.sweep.sweep()
        expect(seen(world.old)).toEqual(['old.png'])
      },
    })
    const { path } = await world.folders.move(world.mia.id, join(world.old, '..', 'drive'))
    expect(seen(path)).toEqual(['old.png'])
  })
})
