import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Account } from '../../proxy/accounts/account.ts'
import type { OutputRow } from '../../proxy/outputs/outputStore.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { addEndedJob, makePicture, saveOutput } from '../support/outputsFixture.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'

const DAY_MS = 86_400_000

interface Recorded {
  readonly row: OutputRow
  readonly path: string
  /** Where it lies when it was removed. */
  readonly bin: string
}

const it = applicationTest.extend<{ record: (account: Account, name: string) => Promise<Recorded> }>({
  record: async ({ stores, application }, use) => {
    await use(async (account, name) => {
      const { files } = application
      const path = await saveOutput(files, account.id, name, await makePicture())
      await addEndedJob(stores, account.id, [{ filename: name }])
      await files.outputs.recordNow()
      const rows = await files.outputs.store.list({ accountId: account.id, removed: false }, undefined, 200)
      const row = rows.find((one) => one.name === name)!
      return { row, path, bin: join(dirname(path), '.gatehouse', 'removed', row.id) }
    })
  },
})

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('removing one file twice at once', () => {
  it('deletes it for ever in no case (two tabs, the sweep beside the person)', async ({
    stores,
    application,
    record,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    for (let round = 0; round < 36; round += 1) {
      const { row, path, bin } = await record(mia, `x${round}.png`)
      const first = outputs.remove(row)
      await ticks(round % 12)
      const second = round % 3 === 0 ? outputs.expire(mia.id, Number.MAX_SAFE_INTEGER) : outputs.remove(row)
      const done = await Promise.all([first, second])
      expect([round, done.map(Number).reduce((sum, count) => sum + count, 0)]).toEqual([round, 1])
      expect([round, existsSync(path), existsSync(bin)]).toEqual([round, false, true])
      expect(await outputs.restore((await outputs.store.find(row.id))!)).toBe(true)
      await outputs.store.setKeep(row.id, true)
    }
  })

  it('moves no new file that has its name meanwhile', async ({ stores, application, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    const { row, path, bin } = await record(mia, 'x.png')
    await outputs.remove(row)
    writeFileSync(path, 'a new picture')
    expect(await outputs.remove(row)).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('a new picture')
    expect(readFileSync(bin)).toEqual(await makePicture())
  })

  it('never deletes what it finds in the place of the bin', async ({ stores, application, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { row, bin } = await record(mia, 'x.png')
    mkdirSync(dirname(bin), { recursive: true })
    writeFileSync(bin, 'another file')
    expect(await application.files.outputs.remove(row)).toBe(true)
    expect(readFileSync(bin)).toEqual(await makePicture())
    expect(readFileSync(`${bin}.earlier`, 'utf8')).toBe('another file')
  })
})

describe('bringing back', () => {
  it('while somebody looks by an older list forgets nothing', async ({ stores, application, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    const { row, path } = await record(mia, 'x.png')
    await outputs.remove(row)
    writeFileSync(path, 'a new picture')
    await outputs.restore((await outputs.store.find(row.id))!)
    rmSync(path)
    // The older list says that it has its first name.
    const opened = await outputs.open(row)
    await opened.handle.close()
    expect(opened.path).toBe(join(dirname(path), 'x (1).png'))
  })

  it('and deleting for good at once is one or the other', async ({ stores, application, clock, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    for (let round = 0; round < 12; round += 1) {
      const { row, path } = await record(mia, `x${round}.png`)
      await outputs.remove(row)
      const removed = (await outputs.store.find(row.id))!
      clock.advance(8 * DAY_MS)
      const purge = outputs.lookAfter()
      await ticks(round)
      const isBack = await outputs.restore(removed)
      await purge
      expect([round, existsSync(path), (await outputs.store.find(row.id)) !== undefined]).toEqual([
        round,
        isBack,
        isBack,
      ])
      await outputs.store.setKeep(row.id, true)
    }
  })
})

describe('a folder in the place where a removed file would lie', () => {
  it('hinders neither removing nor the sweep', async ({ stores, application, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    const [first, second] = [await record(mia, 'a.png'), await record(mia, 'b.png')]
    for (const { bin } of [first, second]) mkdirSync(join(bin, 'planted'), { recursive: true })
    const key = await makeKey(stores, mia, ['run', 'read'])
    expect((await application.ask('DELETE', `${api}/outputs/${first.row.id}`, { key })).status).toBe(204)
    expect(await outputs.expire(mia.id, Number.MAX_SAFE_INTEGER)).toBe(1)
    expect(readFileSync(second.bin)).toEqual(await makePicture())
  })

  it('twice is refused in words and ends nobody’s sweep', async ({ stores, application, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    const [first, second] = [await record(mia, 'a.png'), await record(mia, 'b.png')]
    for (const path of [first.bin, `${first.bin}.earlier`]) mkdirSync(join(path, 'planted'), { recursive: true })
    const key = await makeKey(stores, mia, ['run', 'read'])
    const answer = await application.ask('DELETE', `${api}/outputs/${first.row.id}`, { key })
    expect([answer.status, answer.json.code]).toEqual([503, 'FOLDER_REFUSED'])
    expect(await outputs.expire(mia.id, Number.MAX_SAFE_INTEGER)).toBe(1)
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([true, false])
  })
})

describe('emptying bins', () => {
  it('goes on past folders that are away, and past one that fails', async ({ stores, application, clock, record }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const { outputs } = application.files
    const away = await record(mia, 'x.png')
    await outputs.remove(away.row)
    const copy = (await outputs.store.find(away.row.id))!
    const rows = Array.from({ length: 250 }, (_, at) => ({
      ...copy,
      id: `aaaaaaaaaaaaa${String(at).padStart(3, '0')}`,
    }))
    for (const row of rows) await stores.database.kysely.insertInto('outputs').values(row).execute()
    const folder = dirname(away.path)
    renameSync(folder, `${folder} away`)
    clock.advance(1_000)
    const [hindered, his] = [await record(ben, 'a.png'), await record(ben, 'b.png')]
    for (const { row } of [hindered, his]) await outputs.remove(row)
    rmSync(hindered.bin)
    mkdirSync(hindered.bin)
    clock.advance(8 * DAY_MS)
    await outputs.lookAfter()
    expect([existsSync(his.bin), await outputs.store.find(his.row.id)]).toEqual([false, undefined])
    expect(await outputs.store.find(away.row.id)).toBeDefined()

    renameSync(`${folder} away`, folder)
    await outputs.lookAfter()
    expect([existsSync(away.bin), await outputs.store.find(away.row.id)]).toEqual([false, undefined])
  })
})

describe('the empty place of a drive that is away', () => {
  it('makes none of the owner’s entries go, whoever asks', async ({ stores, application, clock, record }) => {
    const mia = await addPerson(stores, 'Mia')
    const { outputs } = application.files
    const [kept, removed] = [await record(mia, 'a.png'), await record(mia, 'b.png')]
    const root = dirname(kept.path)
    await outputs.remove(removed.row)
    // As the owner's: in a folder that says nothing of whose it is.
    await stores.database.kysely.updateTable('outputs').set({ root, keep: 1 }).execute()
    renameSync(root, `${root} drive`)
    mkdirSync(root, { mode: 0o700 })
    const key = await makeKey(stores, mia, ['run', 'read'])
    const { id } = kept.row
    for (const [method, path] of [
      ['GET', `${id}/file`],
      ['GET', id],
      ['DELETE', id],
    ] as const) {
      expect([method, path, (await application.ask(method, `${api}/outputs/${path}`, { key })).status]).toEqual([
        method,
        path,
        503,
      ])
    }
    const restored = { key, body: { ids: [removed.row.id] } }
    await application.ask('POST', `${api}/outputs/restore`, restored)
    clock.advance(8 * DAY_MS)
    await outputs.lookAfter()
    expect(readdirSync(root)).toEqual([])

    rmSync(root, { recursive: true })
    renameSync(`${root} drive`, root)
    expect(await outputs.store.find(id)).toMatchObject({ keep: 1 })
    expect((await application.ask('GET', `${api}/outputs/${id}/file`, { key })).status).toBe(200)
    expect((await application.ask('POST', `${api}/outputs/restore`, restored)).json).toEqual({ done: 1 })
  })
})
