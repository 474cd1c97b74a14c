import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { folderSchema } from '../../../proxy/contract/folders.ts'
import type { Folder } from '../../../proxy/contract/folders.ts'
import { addPerson, api, makeKey, openOwner } from '../../support/apiPeople.ts'
import { addOutput } from '../../support/outputRows.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { AskOptions, TestApplication } from '../../support/ownApplicationFixture.ts'

const GiB = 1024 ** 3

const list = async (application: TestApplication, who: AskOptions): Promise<Folder[]> =>
  (await application.ask('GET', `${api}/folders`, who)).json.items.map((folder: unknown) => folderSchema.parse(folder))
const mine = async (application: TestApplication, key: string): Promise<Folder> =>
  folderSchema.parse((await application.ask('GET', `${api}/folders/mine`, { key })).json)

describe('folders', () => {
  it('tell the owner where everybody’s results lie and what they take', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    clock.advance(1)
    const mia = await addPerson(stores, 'Mia')
    const { outputDirectory } = await application.folders.userFolders.ensure(mia.id)
    await addOutput(stores, mia.id, { bytes: 3000 })
    await addOutput(stores, mia.id, { bytes: 2000, removed_at_ms: 1 })
    writeFileSync(join(stores.dataDirectory, 'users', mia.id, 'input', 'cat.png'), 'x'.repeat(500))
    const rules = { hasOwnQuota: false, retentionDays: null, hasOwnRetention: false, freeBytes: 500 * GiB }
    const nothing = { problem: null, warning: null, moving: null }
    expect(await list(application, owner)).toEqual([
      expect.objectContaining({
        ...{ ...rules, ...nothing, path: null, isComfyuisOwn: true, state: 'notMadeYet' },
        ...{ files: 0, bytes: 0, inputBytes: 0, quotaBytes: null },
      }),
      {
        ...{ ...rules, ...nothing, path: outputDirectory, isComfyuisOwn: false, state: 'ready' },
        ...{ files: 2, bytes: 5000, inputBytes: 500, quotaBytes: 20 * GiB },
        user: { id: mia.id, name: 'Mia' },
      },
    ])
  })

  it('are told page by page', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    for (const name of ['Mia', 'Ben', 'Leo']) {
      clock.advance(1)
      await addPerson(stores, name)
    }
    const first = (await application.ask('GET', `${api}/folders?limit=3`, owner)).json
    const rest = (await application.ask('GET', `${api}/folders?limit=3&cursor=${first.nextCursor}`, owner)).json
    const names = (page: { items: Folder[] }): string[] => page.items.map(({ user }) => user.name)
    expect([...names(first), '|', ...names(rest), rest.nextCursor]).toEqual(['Anna', 'Mia', 'Ben', '|', 'Leo', null])
  })

  it('show each person their own and no path', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    expect(await mine(application, key)).toMatchObject({ user: { name: 'Mia' }, path: null, state: 'notMadeYet' })
    const { outputDirectory } = await application.folders.userFolders.ensure(mia.id)
    rmSync(outputDirectory ?? '', { recursive: true })
    const folder = await mine(application, key)
    expect(folder).toMatchObject({ path: null, state: 'missing' })
    expect(folder.problem).toContain('Ask the owner')
    expect(JSON.stringify(folder)).not.toContain(stores.dataDirectory.split('/')[2])
    expect(await list(application, await openOwner(stores))).toContainEqual(
      expect.objectContaining({ state: 'missing', problem: expect.stringContaining(outputDirectory ?? '') }),
    )
  })

  it('inside ComfyUI’s own folders are refused, in words', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const { userFolders, comfyui } = application.folders
    const { outputDirectory } = await userFolders.ensure(mia.id)
    const outputsRoot = join(outputDirectory ?? '', '..')
    comfyui.folders = { output: outputsRoot, own: [outputsRoot], program: undefined }
    const problem: unknown = expect.stringContaining('ComfyUI uses itself')
    expect(await list(application, await openOwner(stores))).toContainEqual(
      expect.objectContaining({ state: 'refused', problem, path: outputDirectory }),
    )
    await expect(userFolders.ensure(mia.id)).rejects.toMatchObject({ code: 'FOLDER_REFUSED' })
    const ben = await addPerson(stores, 'Ben')
    await expect(userFolders.ensure(ben.id)).rejects.toMatchObject({ code: 'FOLDER_REFUSED' })
  })

  it('of the owner are ComfyUI’s own', async ({ stores, application }) => {
    const output = join(stores.dataDirectory, 'comfy', 'output')
    application.folders.comfyui.folders = { output, own: [output], program: undefined }
    const owner = await openOwner(stores)
    expect(await list(application, owner)).toMatchObject([{ path: output, isComfyuisOwn: true, state: 'missing' }])
    mkdirSync(output, { recursive: true })
    expect(await list(application, owner)).toMatchObject([{ path: output, state: 'ready', problem: null }])
  })

  it('take quota and retention, and go back to what holds for everybody', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const owner = await openOwner(stores)
    await addOutput(stores, mia.id, { bytes: 9 * GiB })
    const patch = (body: object) => application.ask('PATCH', `${api}/folders/${mia.id}`, { ...owner, body })
    expect((await patch({ quotaBytes: 10 * GiB, retentionDays: 30 })).json).toMatchObject({
      ...{ quotaBytes: 10 * GiB, hasOwnQuota: true, retentionDays: 30, hasOwnRetention: true },
      warning: 'Nearly full: 9 GB of 10 GB',
    })
    expect((await patch({ quotaBytes: null })).json).toMatchObject({
      quotaBytes: null,
      retentionDays: 30,
      warning: null,
    })
    await stores.settings.set('folders.retentionDays', 7)
    await stores.settings.set('folders.quotaBytes', 8 * GiB)
    expect((await patch({ quotaBytes: 'default', retentionDays: 'default' })).json).toMatchObject({
      ...{ quotaBytes: 8 * GiB, hasOwnQuota: false, retentionDays: 7, hasOwnRetention: false },
      warning: 'Full: 9 GB of 8 GB',
    })
    expect((await application.ask('PATCH', `${api}/folders/${'0'.repeat(16)}`, { ...owner, body: {} })).status).toBe(
      404,
    )
  })

  it('what holds for everybody does not hold for the owner’s own pictures', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await stores.settings.setMany({ 'folders.retentionDays': 7, 'folders.quotaBytes': 8 * GiB })
    expect(await list(application, owner)).toMatchObject([{ quotaBytes: null, retentionDays: null }])
  })

  it.for([{ path: '/etc' }, { quotaBytes: null, outputDirectory: '/home' }, { moving: null }])(
    'a stolen key that picks a folder is refused, and nothing changes: %j',
    async (body, { stores, application }) => {
      const mia = await addPerson(stores, 'Mia')
      const admin = await addPerson(stores, 'Ada', 'administrator')
      const key = await makeKey(stores, admin, ['administer'])
      const answer = await application.ask('PATCH', `${api}/folders/${mia.id}`, { key, body })
      expect([answer.status, answer.json.code]).toEqual([403, 'OWNER_ONLY'])
      expect(await mine(application, await makeKey(stores, mia, ['read']))).toMatchObject({ hasOwnQuota: false })
    },
  )

  it('of others are nobody’s to see or change', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const key = await makeKey(stores, ben, ['run', 'read', 'keys'])
    expect((await application.ask('GET', `${api}/folders`, { key })).status).toBe(403)
    const change = { key, body: { quotaBytes: null } }
    for (const id of [mia.id, ben.id]) {
      expect((await application.ask('PATCH', `${api}/folders/${id}`, change)).status).toBe(403)
    }
    expect(await mine(application, await makeKey(stores, mia, ['read']))).toMatchObject({ quotaBytes: 20 * GiB })
    expect((await application.ask('GET', `${api}/folders/mine`, {})).status).toBe(401)
  })

  it('tell their person and the owner when they change, and nobody else', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const owner = await openOwner(stores)
    const streams = await Promise.all(
      [{ key: await makeKey(stores, mia, ['keys']) }, { key: await makeKey(stores, ben, ['keys']) }, owner].map((who) =>
        application.openEvents(who),
      ),
    )
    await application.ask('PATCH', `${api}/folders/${mia.id}`, { ...owner, body: { quotaBytes: 5 * GiB } })
    const heard = (): boolean[] => streams.map(({ events }) => events.some((event) => event.resource === 'folders'))
    await expect.poll(heard).toEqual([true, false, true])
    for (const stream of streams) stream.close()
  })
})
