import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../proxy/core/clock.ts'
import { setMeta } from '../../../proxy/database/metaStore.ts'
import { migrate } from '../../../proxy/database/migrate.ts'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import type { Database } from '../../../proxy/database/openDatabase.ts'
import { UserFolders } from '../../../proxy/isolation/userFolders.ts'
import { createRecordingLogger } from '../../support/storesFixture.ts'
import type { RecordingLogger } from '../../support/storesFixture.ts'

const MIA = 'miaa000000000000'
const MIA_AGAIN = 'miaa111111111111'
const OWNER = 'ownr000000000000'

interface World {
  readonly base: string
  readonly outputs: string
  readonly database: Database
  readonly logger: RecordingLogger
  readonly folders: UserFolders
  /** Another process' view of the same data folder. */
  readonly openAgain: () => UserFolders
  readonly addAccount: (id: string, name: string) => Promise<void>
}

const it = test.extend<{ world: World }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
  world: async ({}, use) => {
    const base = mkdtempSync(join(tmpdir(), 'gatehouse-folders-'))
    const outputs = join(base, 'pictures', 'Gatehouse')
    const database = openDatabase(join(base, 'gatehouse.db'))
    await migrate(database, { clock: systemClock, backupsDirectory: join(base, 'backups') })
    const logger = createRecordingLogger()
    const { kysely } = database
    const openAgain = (): UserFolders =>
      new UserFolders({
        kysely,
        clock: systemClock,
        logger,
        dataDirectory: base,
        outputsRoot: outputs,
        platform: process.platform,
      })
    const addAccount = async (id: string, name: string): Promise<void> => {
      const rest = { role: 'user', disabled: 0, password_hash: null, created_at_ms: 0, last_seen_at_ms: null }
      await kysely
        .insertInto('accounts')
        .values({ id, name, name_key: `${name}${id}`, ...rest })
        .execute()
    }
    await addAccount(MIA, 'Mia')
    await addAccount(MIA_AGAIN, 'Mia')
    await addAccount(OWNER, 'Ada')
    await setMeta(kysely, 'ownerAccountId', OWNER)
    await use({ base, outputs, database, logger, folders: openAgain(), openAgain, addAccount })
    await database.close()
    rmSync(base, { recursive: true, force: true })
  },
})

const modeOf = (path: string): number => statSync(path).mode & 0o777
const outputOf = async (folders: UserFolders, id = MIA): Promise<string> =>
  (await folders.ensure(id)).outputDirectory ?? ''

describe('folders of a user', () => {
  it('are made on first use, for nobody else to open, and are the same ever after', async ({ world }) => {
    const set = await world.folders.ensure(MIA)
    expect(set).toEqual({
      inputDirectory: join(world.base, 'users', MIA, 'input'),
      outputDirectory: join(world.outputs, 'mia-miaa'),
      tempDirectory: join(world.base, 'users', MIA, 'temp'),
      userdataDirectory: join(world.base, 'users', MIA, 'userdata'),
    })
    for (const path of [set.inputDirectory, set.outputDirectory, set.userdataDirectory]) {
      expect(modeOf(path ?? '')).toBe(0o700)
    }
    expect(await world.openAgain().ensure(MIA)).toEqual(set)
    expect(readdirSync(world.outputs)).toEqual(['mia-miaa'])
  })

  it('are ComfyUI’s own for the owner, and nothing is made', async ({ world }) => {
    const own = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
    expect(await world.folders.ensure(OWNER)).toEqual(own)
    expect([existsSync(join(world.base, 'users')), existsSync(world.outputs)]).toEqual([false, false])
  })

  it('are made once when asked for many times at once', async ({ world }) => {
    const sets = await Promise.all(Array.from({ length: 20 }, () => world.folders.ensure(MIA)))
    expect(new Set(sets.map(({ outputDirectory }) => outputDirectory)).size).toBe(1)
    expect(readdirSync(world.outputs)).toEqual(['mia-miaa'])
  })

  it('of two people with one name are two', async ({ world }) => {
    expect(await outputOf(world.folders)).not.toBe(await outputOf(world.folders, MIA_AGAIN))
  })

  it.for(['mia-miaa', 'MIA-MIAA'])(
    'inheritance: a folder %s that is there already is not taken',
    async (name, { world }) => {
      mkdirSync(join(world.outputs, name), { recursive: true })
      writeFileSync(join(world.outputs, name, 'family.png'), 'private')
      const output = await outputOf(world.folders)
      expect(output).toBe(join(world.outputs, 'mia-miaa0'))
      expect(readdirSync(output)).toEqual(['.gatehouse'])
      expect(readdirSync(join(world.outputs, name))).toEqual(['family.png'])
    },
  )

  it('inheritance: a new account of the same name gets nothing of the removed one', async ({ world }) => {
    const before = await outputOf(world.folders)
    writeFileSync(join(before, 'x.png'), 'hers')
    await world.database.kysely.deleteFrom('accounts').where('id', '=', MIA).execute()
    await world.addAccount('miaa222222222222', 'Mia')
    const after = await outputOf(world.folders, 'miaa222222222222')
    expect(after).not.toBe(before)
    expect(readdirSync(after)).toEqual(['.gatehouse'])
    expect(readFileSync(join(before, 'x.png'), 'utf8')).toBe('hers')
  })

  it('are not made for an account that is not there', async ({ world }) => {
    await expect(world.folders.ensure('nobody0000000000')).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    expect([existsSync(world.outputs), existsSync(join(world.base, 'users'))]).toEqual([false, false])
  })

  it.for(['../../etc', 'MIA', '', 'a/b', '..'])('path traversal: the id %j makes nothing', async (id, { world }) => {
    await expect(world.folders.ensure(id)).rejects.toThrow(TypeError)
    expect(existsSync(join(world.base, 'users'))).toBe(false)
  })

  describe('are refused and not made again', () => {
    const refuses = async (world: World, path: string): Promise<void> => {
      const refusal: unknown = await world
        .openAgain()
        .ensure(MIA)
        .catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'FOLDER_REFUSED', status: 503 })
      // The person is told no path; the owner's log has it.
      expect(refusal instanceof Error && refusal.message).not.toContain(world.base)
      expect(world.logger.lines.join('\n')).toContain(path)
    }

    it('when the output folder is gone, as with a drive', async ({ world }) => {
      const output = await outputOf(world.folders)
      rmSync(output, { recursive: true })
      await refuses(world, output)
      expect(existsSync(output)).toBe(false)
    })

    it('when the marker is gone', async ({ world }) => {
      const output = await outputOf(world.folders)
      rmSync(join(output, '.gatehouse'), { recursive: true })
      await refuses(world, output)
      expect(readdirSync(output)).toEqual([])
    })

    it.for(['{"account":"ownr000000000000"}', '{"account":5}', 'no JSON', ''])(
      'when the marker says %j',
      async (content, { world }) => {
        const output = await outputOf(world.folders)
        writeFileSync(join(output, '.gatehouse', 'account.json'), content)
        await refuses(world, output)
      },
    )

    it('when it is the folder of somebody else', async ({ world }) => {
      const output = await outputOf(world.folders)
      const others = await outputOf(world.folders, MIA_AGAIN)
      rmSync(output, { recursive: true })
      renameSync(others, output)
      await refuses(world, output)
    })

    it.skipIf(process.platform === 'win32')('when a link stands in its place', async ({ world }) => {
      const output = await outputOf(world.folders)
      renameSync(output, `${output}-elsewhere`)
      symlinkSync(`${output}-elsewhere`, output)
      await refuses(world, output)
    })

    it.skipIf(process.platform === 'win32')('when others may open it', async ({ world }) => {
      const output = await outputOf(world.folders)
      chmodSync(output, 0o755)
      await refuses(world, output)
      chmodSync(output, 0o700)
      chmodSync(join(world.base, 'users', MIA, 'input'), 0o777)
      await refuses(world, join('users', MIA, 'input'))
    })

    it('when a file stands in its place', async ({ world }) => {
      await world.folders.ensure(MIA)
      rmSync(join(world.base, 'users', MIA, 'userdata'), { recursive: true })
      writeFileSync(join(world.base, 'users', MIA, 'userdata'), '')
      await refuses(world, 'userdata')
    })
  })

  it('what was temporary is removed, and only that', async ({ world }) => {
    const { inputDirectory, tempDirectory } = await world.folders.ensure(MIA)
    mkdirSync(join(tempDirectory ?? '', 'deep'), { recursive: true })
    writeFileSync(join(inputDirectory ?? '', 'kept.png'), 'x')
    await world.folders.clearTemp(MIA)
    expect(existsSync(tempDirectory ?? '')).toBe(false)
    expect(readdirSync(inputDirectory ?? '')).toEqual(['kept.png'])
  })
})
