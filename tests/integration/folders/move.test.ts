import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect } from 'vitest'
import type { Account } from '../../../proxy/accounts/account.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { MoveJournals } from '../../../proxy/folders/moveJournal.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { openTestFolders } from '../../support/foldersFixture.ts'
import type { TestFolders } from '../../support/foldersFixture.ts'
import { addOutput } from '../../support/outputRows.ts'
import { storesTest } from '../../support/storesFixture.ts'

const GiB = 1024 ** 3

interface World extends TestFolders {
  readonly base: string
  readonly mia: Account
  /** Her folder as it was first made, with what is in it. */
  readonly old: string
  /** As after a restart of the program. `onStep`: called before each step of a move. */
  readonly open: (onStep?: (step: string) => Promise<void>) => TestFolders
}

const idle = { vacate: () => Promise.resolve() }

const it = storesTest.extend<{ world: World }>({
  world: async ({ stores, clock, logger, dataDirectory }, use) => {
    const base = dirname(dataDirectory)
    const open = (onStep?: (step: string) => Promise<void>): TestFolders => {
      const mover = { settleMs: 1, ...(onStep && { onStep }) }
      const opened = openTestFolders(stores, clock, logger, join(base, 'outputs'), { mover })
      opened.folders.attach(idle)
      return opened
    }
    const opened = open()
    const mia = await addPerson(stores, 'Mia')
    const old = (await opened.userFolders.ensure(mia.id)).outputDirectory ?? ''
    await use({ ...opened, base, mia, old, open })
  },
})

/** A file that a job made, on disk and in the records. */
async function make(stores: Stores, { mia, old }: World, path: string, content = path): Promise<void> {
  mkdirSync(dirname(join(old, path)), { recursive: true })
  writeFileSync(join(old, path), content)
  const [name = '', ...subfolder] = path.split('/').reverse()
  const subfolders = subfolder.reverse().join('/')
  await addOutput(stores, mia.id, { name, subfolder: subfolders, bytes: Buffer.byteLength(content) })
}

/** One that was removed and can come back. */
async function makeRemoved(stores: Stores, { mia, old }: World, content: string): Promise<string> {
  const id = await addOutput(stores, mia.id, { bytes: Buffer.byteLength(content), removed_at_ms: 1 })
  mkdirSync(join(old, '.gatehouse', 'removed'), { recursive: true })
  writeFileSync(join(old, '.gatehouse', 'removed', id), content)
  return id
}

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort()
    : []
const whereNow = async ({ userFolders, mia }: World): Promise<string | undefined> =>
  (await userFolders.recallOutput(mia.id)).path

describe('moving a folder', () => {
  it('takes every file that a job made, and leaves and names the rest', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    await make(stores, world, 'deep/er/b.png')
    const removed = await makeRemoved(stores, world, 'gone')
    writeFileSync(join(world.old, 'family.mp4'), 'hers')
    const to = join(world.base, 'drive')
    const result = await world.folders.move(world.mia.id, to)
    expect(result).toEqual({ path: to, left: { path: world.old, names: ['family.mp4'] } })
    const bin = join('.gatehouse', 'removed', removed)
    expect(filesIn(to)).toEqual(['.gatehouse/account.json', bin, 'a.png', 'deep/er/b.png'])
    expect(readFileSync(join(to, 'deep/er/b.png'), 'utf8')).toBe('deep/er/b.png')
    expect(filesIn(world.old)).toEqual(['family.mp4'])
    expect(statSync(to).mode & 0o777).toBe(0o700)
    expect(await world.userFolders.ensure(world.mia.id)).toMatchObject({ outputDirectory: to })
    expect(await world.folders.get(world.mia.id)).toMatchObject({ state: 'ready', moving: null, files: 3 })
  })

  it('removes the old folder when nothing is left in it', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const { left } = await world.folders.move(world.mia.id, join(world.base, 'drive'))
    expect([left, existsSync(world.old)]).toEqual([undefined, false])
  })

  it('makes a folder of ours where the picked one holds something', async ({ stores, world }) => {
    const pictures = join(world.base, 'family')
    mkdirSync(join(pictures, 'gatehouse - mia'), { recursive: true })
    writeFileSync(join(pictures, 'wedding.jpg'), 'x')
    await make(stores, world, 'wedding.jpg', 'made by a job')
    const { path } = await world.folders.move(world.mia.id, pictures)
    expect(path).toBe(join(pictures, `Gatehouse - mia-${world.mia.id.slice(0, 4)}`))
    expect(readFileSync(join(pictures, 'wedding.jpg'), 'utf8')).toBe('x')
    expect(filesIn(path)).toEqual(['.gatehouse/account.json', 'wedding.jpg'])
  })

  it('works for somebody who has made nothing yet', async ({ stores, world }) => {
    const ben = await addPerson(stores, 'Ben')
    const to = join(world.base, 'drive')
    expect(await world.folders.move(ben.id, to)).toEqual({ path: to, left: undefined })
    expect(await world.userFolders.ensure(ben.id)).toMatchObject({ outputDirectory: to })
  })

  it('holds the person’s jobs, waits for them, and tells how far it is', async ({ stores, world }) => {
    await make(stores, world, 'a.png', 'x'.repeat(1000))
    const seen: unknown[] = []
    const { folders } = world
    folders.attach({
      vacate: async (accountId) => {
        seen.push(await folders.room.findHold(accountId, 0), (await folders.get(accountId)).moving)
        await expect(folders.move(accountId, '/x')).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
      },
    })
    await folders.move(world.mia.id, join(world.base, 'drive'))
    expect(seen).toEqual(['moving', { doneBytes: 0, allBytes: 0 }])
    expect(await world.folders.room.findHold(world.mia.id, 0)).toBeUndefined()
  })

  it('gives nobody a file while the place is being changed', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    let during: unknown
    const { folders, userFolders } = world.open(async (step) => {
      if (step === 'switch') during = await userFolders.findOutput(world.mia.id).catch((error: unknown) => error)
    })
    await folders.move(world.mia.id, join(world.base, 'drive'))
    expect(during).toMatchObject({ code: 'FOLDER_REFUSED', message: expect.stringContaining('being moved') })
    expect(await userFolders.findOutput(world.mia.id)).toMatchObject({ directory: join(world.base, 'drive') })
  })

  it('takes what changed while files were copied', async ({ stores, world }) => {
    await make(stores, world, 'a.png', 'first')
    await make(stores, world, 'b.png')
    const { kysely } = stores.database
    const { folders } = world.open(async (step) => {
      if (step !== 'copy b.png') return
      const row = await kysely.selectFrom('outputs').select('id').where('name', '=', 'a.png').executeTakeFirstOrThrow()
      mkdirSync(join(world.old, '.gatehouse', 'removed'), { recursive: true })
      renameSync(join(world.old, 'a.png'), join(world.old, '.gatehouse', 'removed', row.id))
      await kysely.updateTable('outputs').set({ removed_at_ms: 1 }).where('id', '=', row.id).execute()
      await make(stores, world, 'c.png')
    })
    const { path } = await folders.move(world.mia.id, join(world.base, 'drive'))
    const bin = filesIn(join(path, '.gatehouse', 'removed'))
    expect(bin).toHaveLength(1)
    expect(filesIn(path)).toEqual(expect.arrayContaining(['b.png', 'c.png']))
    expect(filesIn(path)).not.toContain('a.png')
  })

  it('is refused where there is too little room, and nothing is made', async ({ stores, world }) => {
    await addOutput(stores, world.mia.id, { bytes: 50 * GiB })
    world.disk.space = { freeBytes: 55 * GiB, totalBytes: 1000 * GiB }
    const to = join(world.base, 'drive')
    await expect(world.folders.move(world.mia.id, to)).rejects.toMatchObject({
      code: 'FOLDER_REFUSED',
      message: expect.stringContaining('50 GB are to be moved, 55 GB are free there'),
    })
    expect([existsSync(to), await whereNow(world)]).toEqual([false, world.old])
  })

  it('that fails on the way leaves everything where it was', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    await make(stores, world, 'b.png')
    const { folders } = world.open((step) => {
      if (step === 'copy b.png') throw new Error('the drive is gone')
      return Promise.resolve()
    })
    const to = join(world.base, 'drive')
    await expect(folders.move(world.mia.id, to)).rejects.toThrow('the drive is gone')
    expect([existsSync(to), await whereNow(world)]).toEqual([false, world.old])
    expect(filesIn(world.old)).toEqual(['.gatehouse/account.json', 'a.png', 'b.png'])
  })
})

describe('killed while a folder is moved', () => {
  it('at any step: one folder is complete and in use, and nothing else is touched', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    await make(stores, world, 'deep/b.png')
    const removed = await makeRemoved(stores, world, 'gone')
    writeFileSync(join(world.old, 'family.mp4'), 'hers')
    const whole = ['.gatehouse/account.json', `.gatehouse/removed/${removed}`, 'a.png', 'deep/b.png']
    const reached: string[] = []
    let place = world.old
    for (let kill = 0; ; kill += 1) {
      const to = join(world.base, `drive ${kill}`)
      const isPickedEmpty = kill % 2 === 1
      if (isPickedEmpty) mkdirSync(to)
      let step = 0
      const { folders } = world.open((name) => {
        if (step++ !== kill) return Promise.resolve()
        reached.push(name)
        // Never goes on, like a program that was ended there.
        return new Promise<void>(() => undefined)
      })
      const moving = folders.move(world.mia.id, to)
      const outcome = await Promise.race([moving.then(() => 'moved'), untilReached(reached, kill)])
      const fresh = world.open()
      await fresh.folders.resume()
      const now = (await fresh.userFolders.recallOutput(world.mia.id)).path ?? ''
      const others = now === place ? to : place
      const name = reached[kill] ?? 'the end'
      expect([name, filesIn(now).filter((file) => file !== 'family.mp4')]).toEqual([name, whole])
      expect([name, filesIn(others).filter((file) => file !== 'family.mp4')]).toEqual([name, []])
      expect([name, (await fresh.folders.get(world.mia.id)).state]).toEqual([name, 'ready'])
      // An empty folder of the owner's stays; one that was made for it goes.
      if (now === place) expect([name, existsSync(to)]).toEqual([name, isPickedEmpty])
      expect(readFileSync(join(now, 'deep/b.png'), 'utf8')).toBe('deep/b.png')
      expect(readFileSync(join(world.old, 'family.mp4'), 'utf8')).toBe('hers')
      place = now
      if (outcome === 'moved') break
    }
    expect(reached).toEqual(
      expect.arrayContaining(['journal', 'make', 'mark', 'plan to clear', 'switch', 'clear', 'clean', 'done']),
    )
    expect(reached.length).toBeGreaterThan(12)
  })

  it('does not lose what is only in the new place, whatever became of the old one', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const reached: string[] = []
    const { folders } = world.open((name) => {
      if (name !== 'switch') return Promise.resolve()
      reached.push(name)
      return new Promise<void>(() => undefined)
    })
    void folders.move(world.mia.id, join(world.base, 'drive'))
    await untilReached(reached, 0)
    rmSync(join(world.old, 'a.png'))
    await world.open().folders.resume()
    expect(readFileSync(join(world.old, 'a.png'), 'utf8')).toBe('a.png')
  })

  it('with the drive away: the next start leaves it alone, the one after sets it right', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const reached: string[] = []
    const to = join(world.base, 'drive')
    const { folders } = world.open((name) => {
      if (name !== 'clear a.png') return Promise.resolve()
      reached.push(name)
      return new Promise<void>(() => undefined)
    })
    void folders.move(world.mia.id, to)
    await untilReached(reached, 0)
    renameSync(to, `${to} away`)
    await world.open().folders.resume()
    expect(filesIn(world.old)).toContain('a.png')
    renameSync(`${to} away`, to)
    await world.open().folders.resume()
    expect([existsSync(world.old), filesIn(to)]).toEqual([false, ['.gatehouse/account.json', 'a.png']])
  })
})

describe('a journal that a job planted in a folder that it may write', () => {
  const plant = (folder: string, journal: object): void => {
    mkdirSync(join(folder, '.gatehouse'), { recursive: true })
    writeFileSync(join(folder, '.gatehouse', 'moving.json'), JSON.stringify(journal))
  }

  it('makes the next start delete nothing of anybody', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const family = join(world.base, 'family')
    mkdirSync(family)
    writeFileSync(join(family, 'a.png'), 'a.png')
    plant(world.old, { step: 'clearing', account: world.mia.id, from: family, files: ['a.png'] })
    await world.open().folders.resume()
    expect([filesIn(family), filesIn(world.old).includes('a.png')]).toEqual([['a.png'], true])
  })

  it('makes the next start copy nothing out of other folders', async ({ stores, world }) => {
    const family = join(world.base, 'family')
    mkdirSync(family)
    writeFileSync(join(family, 'taxes.pdf'), 'secret')
    await addOutput(stores, world.mia.id, { name: 'taxes.pdf', subfolder: '', bytes: 6 })
    plant(world.old, { step: 'copying', account: world.mia.id, to: family, isNew: true })
    await world.open().folders.resume()
    expect([filesIn(family), filesIn(world.old).includes('taxes.pdf')]).toEqual([['taxes.pdf'], false])
  })

  it('in the middle of a real move does not say what is deleted', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const family = join(world.base, 'family')
    mkdirSync(family)
    writeFileSync(join(family, 'a.png'), 'a.png')
    const to = join(world.base, 'drive')
    const { folders } = world.open((step) => {
      if (step === 'clear') plant(to, { step: 'clearing', account: world.mia.id, from: family, files: ['a.png'] })
      return Promise.resolve()
    })
    await folders.move(world.mia.id, to)
    expect([filesIn(family), existsSync(world.old), filesIn(to).includes('a.png')]).toEqual([['a.png'], false, true])
  })
})

describe('the journal of a move', () => {
  it('about a folder that is not in use any more is given up, and nothing is touched', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const [from, to] = [join(world.base, 'family'), join(world.base, 'drive')]
    for (const folder of [from, to]) {
      mkdirSync(folder)
      writeFileSync(join(folder, 'a.png'), 'a.png')
    }
    const journals = new MoveJournals(stores.dataDirectory)
    await journals.write(world.mia.id, { from, to, isNew: true, files: ['a.png'] })
    await world.open().folders.resume()
    expect([filesIn(from), filesIn(to)]).toEqual([['a.png'], ['a.png']])
    expect(await journals.read(world.mia.id)).toBeUndefined()
  })

  it('that the last start could not follow is followed before the next move', async ({ stores, world }) => {
    await make(stores, world, 'a.png')
    const reached: string[] = []
    const { folders } = world.open((name) => {
      if (name !== 'clear') return Promise.resolve()
      reached.push(name)
      return new Promise<void>(() => undefined)
    })
    void folders.move(world.mia.id, join(world.base, 'drive'))
    await untilReached(reached, 0)
    await world.open().folders.move(world.mia.id, join(world.base, 'other'))
    expect([existsSync(world.old), existsSync(join(world.base, 'drive'))]).toEqual([false, false])
    expect(filesIn(join(world.base, 'other'))).toEqual(['.gatehouse/account.json', 'a.png'])
  })
})

describe('a folder that the owner picks is refused', () => {
  const refuses = async (world: World, picked: string, words: string): Promise<void> => {
    const before = filesIn(world.base)
    const refusal: unknown = await world.folders.move(world.mia.id, picked).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'FOLDER_REFUSED', message: expect.stringContaining(words) })
    expect([await whereNow(world), filesIn(world.base)]).toEqual([world.old, before])
  }

  it.for([
    ['', 'whole path'],
    ['pictures', 'whole path'],
    ['../../etc', 'whole path'],
    ['/tmp/a\0b', 'no path'],
    [`/tmp/${'a'.repeat(2000)}`, 'no path'],
    ['//server/share', 'other computers'],
    ['\\\\server\\share', 'other computers'],
    ['\\\\?\\C:\\x', 'other computers'],
    ['/', 'whole system disk'],
    ['/etc', 'belongs to the system'],
    ['/etc/gatehouse-pictures', 'belongs to the system'],
    ['/tmp/../etc/x', 'belongs to the system'],
    ['/nowhere/at/all', 'is not there'],
  ] as const)('%j', ([picked, words], { world }) => refuses(world, picked, words))

  it('when it is a file', async ({ world }) => {
    writeFileSync(join(world.base, 'file'), '')
    await refuses(world, join(world.base, 'file'), 'is no folder')
  })

  it('inside the data folder, around it, and over a link', async ({ stores, world }) => {
    const inside = join(stores.dataDirectory, 'pictures')
    mkdirSync(inside)
    await refuses(world, inside, 'the data folder of Gatehouse')
    symlinkSync(inside, join(world.base, 'link'))
    await refuses(world, join(world.base, 'link'), 'the data folder of Gatehouse')
    await refuses(world, join(world.base, 'link', 'new'), 'the data folder of Gatehouse')
    await refuses(world, `${world.base}/drive/../${basename(stores.dataDirectory)}/new`, 'the data folder of Gatehouse')
  })

  it('inside another person’s, her own, and over a link', async ({ stores, world }) => {
    const ben = await addPerson(stores, 'Ben')
    const ofBen = (await world.userFolders.ensure(ben.id)).outputDirectory ?? ''
    mkdirSync(join(ofBen, 'empty'))
    await refuses(world, join(ofBen, 'empty'), 'the folder of Ben')
    await refuses(world, ofBen, 'the folder of Ben')
    symlinkSync(ofBen, join(world.base, 'link'))
    await refuses(world, join(world.base, 'link', 'new'), 'the folder of Ben')
    await refuses(world, join(world.old, 'new'), 'the folder of Mia')
  })

  it('around another person’s whose drive is away, whatever its case', async ({ stores, world }) => {
    const ben = await addPerson(stores, 'Ben')
    const away = join(world.base, 'Drive', 'Ben')
    mkdirSync(join(world.base, 'Drive'))
    await world.folders.move(ben.id, away)
    rmSync(join(world.base, 'Drive'), { recursive: true })
    await refuses(world, join(world.base, 'drive'), 'the folder of Ben')
  })

  it('inside ComfyUI’s, around its program, and over a link', async ({ world }) => {
    const program = join(world.base, 'apps', 'ComfyUI')
    const models = join(program, 'models')
    mkdirSync(join(models, 'empty'), { recursive: true })
    world.comfyui.folders = { output: join(program, 'output'), own: [join(program, 'output'), models], program }
    await refuses(world, join(models, 'empty'), 'a folder of ComfyUI')
    await refuses(world, join(program, 'pictures'), 'a folder of ComfyUI')
    symlinkSync(models, join(world.base, 'link'))
    await refuses(world, join(world.base, 'link', 'new'), 'a folder of ComfyUI')
  })

  it('inheritance: inside what a removed person left', async ({ stores, world }) => {
    const ben = await addPerson(stores, 'Ben')
    const ofBen = (await world.userFolders.ensure(ben.id)).outputDirectory ?? ''
    await stores.accounts.remove(ben.id, { actor: { kind: 'system' } })
    await refuses(world, ofBen, 'somebody else, or was')
    await refuses(world, join(ofBen, 'new'), 'somebody else, or was')
  })

  it('when it cannot be written to', async ({ world }) => {
    if (process.getuid?.() === 0) return
    const locked = join(world.base, 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0o500)
    await refuses(world, join(locked, 'new'), 'may not write there')
    chmodSync(locked, 0o700)
  })

  it('when it was exchanged for a link since it was looked at', async ({ stores, world }) => {
    const ben = await addPerson(stores, 'Ben')
    const ofBen = (await world.userFolders.ensure(ben.id)).outputDirectory ?? ''
    const to = join(world.base, 'picked')
    mkdirSync(to)
    const { folders } = world.open((step) => {
      if (step === 'make') {
        rmSync(to, { recursive: true })
        symlinkSync(ofBen, to)
      }
      return Promise.resolve()
    })
    await expect(folders.move(world.mia.id, to)).rejects.toMatchObject({
      code: 'FOLDER_REFUSED',
      message: expect.stringContaining('exchanged'),
    })
    expect(filesIn(ofBen)).toEqual(['.gatehouse/account.json'])
    expect(await world.userFolders.ensure(ben.id)).toMatchObject({ outputDirectory: ofBen })
    expect(await whereNow(world)).toBe(world.old)
  })

  it('and others may open it: it is given to her alone', async ({ world }) => {
    const to = join(world.base, 'open')
    mkdirSync(to, { mode: 0o777 })
    chmodSync(to, 0o777)
    await world.folders.move(world.mia.id, to)
    expect(statSync(to).mode & 0o777).toBe(0o700)
  })

  it('for the owner, who works in ComfyUI’s own', async ({ stores, world }) => {
    const { accountId } = await stores.ownerSessions.openOwnerSession('Anna')
    await expect(world.folders.move(accountId, join(world.base, 'drive'))).rejects.toMatchObject({ code: 'OWNER_ONLY' })
  })
})

const untilReached = (reached: readonly string[], count: number): Promise<string> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (reached.length > count) resolve('killed')
      else setImmediate(look)
    }
    look()
  })
