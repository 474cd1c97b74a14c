import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { describe, expect } from 'vitest'
import type { Account } from '../../../proxy/accounts/account.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { outputDetailsSchema, outputSchema } from '../../../proxy/contract/outputs.ts'
import { addPerson, api, makeKey, openOwner } from '../../support/apiPeople.ts'
import { addEndedJob, makePicture, saveOutput, withTexts } from '../../support/outputsFixture.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { AskOptions, TestApplication } from '../../support/ownApplicationFixture.ts'
import { until } from '../../support/tabClient.ts'

interface Gallery {
  readonly application: TestApplication
  readonly stores: Stores
}

/** Files of one job, recorded. @returns their ids by name */
async function record({ application, stores }: Gallery, account: Account, files: Record<string, Buffer | string>) {
  for (const [name, bytes] of Object.entries(files)) await saveOutput(application.files, account.id, name, bytes)
  const named = Object.keys(files).map((path) => {
    const parts = path.split('/')
    return { filename: parts.pop() ?? '', subfolder: parts.join('/') }
  })
  await addEndedJob(stores, account.id, named)
  await application.files.outputs.recordNow()
  const rows = await application.files.outputs.store.list({ accountId: account.id, removed: false }, undefined, 1000)
  return (name: string): string => rows.find((row) => [row.subfolder, row.name].filter(Boolean).join('/') === name)!.id
}

const list = async (application: TestApplication, who: AskOptions, query = '') =>
  (await application.ask('GET', `${api}/outputs${query}`, who)).json

describe('files that jobs made', () => {
  it('are one’s own for a person, and everybody’s for the owner', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const picture = await makePicture(64, 48)
    const ofMia = await record({ application, stores }, mia, { 'a/x.png': picture })
    const ofBen = await record({ application, stores }, ben, { 'y.png': picture })
    const owner = await openOwner(stores)

    const shown = await list(application, { key: await makeKey(stores, mia, ['read']) })
    expect(shown.items.map((item: unknown) => outputSchema.parse(item))).toMatchObject([
      {
        id: ofMia('a/x.png'),
        user: { id: mia.id, name: 'Mia' },
        name: 'x.png',
        subfolder: 'a',
        kind: 'image',
        mediaType: 'image/png',
        bytes: picture.length,
        width: 64,
        height: 48,
        keep: false,
        expiresAt: null,
      },
    ])
    expect((await list(application, owner)).items.map(({ id }: any) => id).sort()).toEqual(
      [ofMia('a/x.png'), ofBen('y.png')].sort(),
    )
    expect((await list(application, owner, `?user=${ben.id}`)).items).toHaveLength(1)
  })

  it('of one job are those alone, and never somebody else’s', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const picture = await makePicture(8, 8)
    for (const name of ['first.png', 'second.png']) await record({ application, stores }, mia, { [name]: picture })
    const key = await makeKey(stores, mia, ['read'])
    const job: string = (await list(application, { key })).items.find(({ name }: any) => name === 'first.png').jobId

    const ofJob = await list(application, { key }, `?job=${job}`)
    const asBen = await list(application, { key: await makeKey(stores, ben, ['read']) }, `?job=${job}`)

    expect(ofJob.items.map(({ name }: any) => name)).toEqual(['first.png'])
    expect(asBen.items).toEqual([])
  })

  it('come in pages, newest first, each once', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const picture = await makePicture(8, 8)
    const files = Object.fromEntries(Array.from({ length: 23 }, (_, at) => [`p${at}.png`, picture]))
    await record({ application, stores }, mia, files)

    const seen: any[] = []
    let cursor: string | null = null
    do {
      const page: any = await list(application, { key }, `?limit=5${cursor === null ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)

    expect(new Set(seen.map(({ id }) => id)).size).toBe(23)
    expect(seen).toHaveLength(23)
    const order = seen.map(({ madeAt, id }) => `${madeAt}${id}`)
    expect(order).toEqual([...order].sort().reverse())
  })

  it('are sent whole, in part, and not again', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const picture = await makePicture(64, 48)
    const id = (await record({ application, stores }, mia, { 'x.png': picture }))('x.png')
    const file = `${api}/outputs/${id}/file`

    const whole = await application.ask('GET', file, { key })
    expect(whole).toMatchObject({ status: 200, headers: { 'content-type': 'image/png', 'accept-ranges': 'bytes' } })
    expect(whole.bytes).toEqual(picture)
    expect(whole.headers['content-disposition']).toBeUndefined()
    expect(whole.headers['cache-control']).toBe('private, no-cache')

    const part = await application.ask('GET', file, { key, headers: { range: 'bytes=2-5' } })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 2-5/${picture.length}` } })
    expect(part.bytes).toEqual(picture.subarray(2, 6))

    const known = { 'if-none-match': whole.headers.etag! }
    expect(await application.ask('GET', file, { key, headers: known })).toMatchObject({ status: 304, text: '' })
    const head = await application.ask('HEAD', file, { key })
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': String(picture.length) } })
    const saved = await application.ask('GET', `${file}?download=true`, { key })
    expect(saved.headers['content-disposition']).toBe(`attachment; filename="x.png"; filename*=UTF-8''x.png`)
  })

  it('say how they were made, and give their workflow', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const prompt = JSON.stringify({
      3: { class_type: 'KSampler', inputs: { seed: 5, steps: 20, positive: ['6', 0], negative: ['7', 0] } },
      6: { class_type: 'CLIPTextEncode', inputs: { text: 'a red fox', clip: ['4', 1] }, is_changed: [0] },
      7: { class_type: 'CLIPTextEncode', inputs: { text: 'blur', clip: ['4', 1] } },
      4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd.safetensors' } },
    })
      .replace('"seed":5', '"seed":18446744073709551615')
      .replace('[0]}', '[NaN]}')
    const png = withTexts(await makePicture(), { prompt, workflow: '{"nodes":[]}' })
    const id = (await record({ application, stores }, mia, { 'x.png': png }))('x.png')

    const details = outputDetailsSchema.parse((await application.ask('GET', `${api}/outputs/${id}`, { key })).json)
    expect(details.hasWorkflow).toBe(true)
    expect(details.madeWith).toEqual([
      { label: 'Text', value: 'a red fox' },
      { label: 'Negative text', value: 'blur' },
      { label: 'Model', value: 'sd.safetensors' },
      { label: 'Seed', value: '18446744073709551615' },
      { label: 'Steps', value: '20' },
    ])
    const workflow = await application.ask('GET', `${api}/outputs/${id}/workflow`, { key })
    expect(workflow).toMatchObject({ status: 200, text: '{"nodes":[]}' })
    expect(workflow.headers['content-disposition']).toContain('x.json')
  })

  it('have previews, which are kept for nobody else and go with the file', async ({
    stores,
    application,
    dataDirectory,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read', 'run'])
    const id = (await record({ application, stores }, mia, { 'x.png': await makePicture(1024, 512) }))('x.png')

    const preview = await application.ask('GET', `${api}/outputs/${id}/thumbnail?size=256`, { key })
    expect(preview).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } })
    expect(await sharp(preview.bytes).metadata()).toMatchObject({ format: 'webp', width: 256, height: 128 })
    const folder = join(dataDirectory, 'thumbnails', mia.id)
    const [kept] = readdirSync(folder)
    expect(statSync(join(folder, kept!)).mode & 0o777).toBe(0o600)

    expect((await application.ask('DELETE', `${api}/outputs/${id}`, { key })).status).toBe(204)
    await until(() => readdirSync(folder).length === 0, 'the preview is gone')
    expect((await application.ask('GET', `${api}/outputs/${id}/thumbnail`, { key })).status).toBe(404)
  })

  it('can be shared without what they say about their making', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const png = withTexts(await makePicture(), { prompt: '{}', workflow: '{"secret":"garden"}' })
    const jpeg = await sharp(await makePicture())
      .jpeg()
      .withExif({ IFD0: { Copyright: 'garden' } })
      .toBuffer()
    const id = await record({ application, stores }, mia, { 'x.png': png, 'y.jpg': jpeg })

    for (const name of ['x.png', 'y.jpg']) {
      const clean = await application.ask('GET', `${api}/outputs/${id(name)}/file?metadata=none`, { key })
      expect(clean.status).toBe(200)
      expect(clean.text).not.toContain('garden')
      const { exif, width } = await sharp(clean.bytes).metadata()
      expect({ exif, width }).toEqual({ exif: undefined, width: 64 })
    }
  })

  it('are removed and come back', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])
    const path = await saveOutput(application.files, mia.id, 'x.png', await makePicture())
    const id = (await record({ application, stores }, mia, { 'x.png': await makePicture() }))('x.png')

    expect((await application.ask('DELETE', `${api}/outputs/${id}`, { key })).status).toBe(204)
    expect(existsSync(path)).toBe(false)
    expect((await list(application, { key })).items).toEqual([])
    expect((await list(application, { key }, '?removed=true')).items).toMatchObject([{ id }])

    // ComfyUI gives the freed name to the next picture.
    const next = (await record({ application, stores }, mia, { 'x.png': await makePicture(8, 8) }))('x.png')
    expect(next).not.toBe(id)
    const back = await application.ask('POST', `${api}/outputs/restore`, { key, body: { ids: [id] } })
    expect(back.json).toEqual({ done: 1 })
    expect((await list(application, { key })).items.map(({ name }: any) => name).sort()).toEqual(['x (1).png', 'x.png'])
    expect(readFileSync(join(dirname(path), 'x (1).png'))).toEqual(await makePicture())
  })

  it('are deleted for good a week after they were removed', async ({ stores, application, clock }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])
    const path = await saveOutput(application.files, mia.id, 'x.png', await makePicture())
    const id = (await record({ application, stores }, mia, { 'x.png': await makePicture() }))('x.png')
    await application.ask('DELETE', `${api}/outputs/${id}`, { key })
    const bin = join(dirname(path), '.gatehouse', 'removed')

    clock.advance(7 * 86_400_000 - 1)
    await application.files.outputs.lookAfter()
    expect(readdirSync(bin)).toEqual([id])
    clock.advance(2)
    await application.files.outputs.lookAfter()
    expect(readdirSync(bin)).toEqual([])
    expect((await list(application, { key }, '?removed=true')).items).toEqual([])
  })

  it('are deleted for good when they are removed already, and take no room then', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run', 'read'])
    const picture = await makePicture()
    const files = { 'x.png': picture, 'y.png': picture, 'z.png': picture }
    const id = await record({ application, stores }, mia, files)
    const bin = join(dirname(await saveOutput(application.files, mia.id, 'z.png', picture)), '.gatehouse', 'removed')
    const ids = [id('x.png'), id('y.png')]
    const own = async (): Promise<unknown> => (await application.ask('GET', `${api}/folders/mine`, { key })).json
    await application.ask('POST', `${api}/outputs/remove`, { key, body: { ids } })
    expect(await own()).toMatchObject({ files: 3, bytes: 3 * picture.length })

    expect((await application.ask('DELETE', `${api}/outputs/${ids[0]}`, { key })).status).toBe(204)
    expect(readdirSync(bin)).toEqual([ids[1]])
    const all = await application.ask('POST', `${api}/outputs/delete`, { key, body: { ids: [...ids, id('z.png')] } })
    expect(all.json).toEqual({ done: 1 })
    expect(readdirSync(bin)).toEqual([])
    expect((await list(application, { key }, '?removed=true')).items).toEqual([])
    expect((await list(application, { key })).items).toMatchObject([{ name: 'z.png' }])
    expect(await own()).toMatchObject({ files: 1, bytes: picture.length })
    expect((await application.ask('DELETE', `${api}/outputs/${ids[0]}`, { key })).status).toBe(404)
  })

  it('go into one’s own uploads under a free name', async ({ stores, application, dataDirectory }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])
    const picture = await makePicture()
    const id = (await record({ application, stores }, mia, { 'x.png': picture }))('x.png')
    const send = () => application.ask('POST', `${api}/outputs/${id}/input`, { key, body: {} })

    expect((await send()).json).toEqual({ name: 'x.png' })
    expect((await send()).json).toEqual({ name: 'x (1).png' })
    expect(readFileSync(join(dataDirectory, 'users', mia.id, 'input', 'x (1).png'))).toEqual(picture)
  })

  it('of the owner lie where ComfyUI puts them', async ({ stores, application, dataDirectory }) => {
    const owner = await openOwner(stores)
    const outputDirectory = join(dataDirectory, '..', 'comfyui', 'output')
    await addEndedJob(stores, owner.accountId, [{ filename: 'x.png' }])
    await application.files.outputs.recordNow()
    expect((await list(application, owner)).items).toEqual([])

    application.folders.comfyui.folders = { output: outputDirectory, own: [outputDirectory], program: undefined }
    await saveOutput(application.files, owner.accountId, 'x.png', await makePicture())
    await application.files.outputs.lookAfter()
    const { items } = await list(application, owner)
    expect(items).toMatchObject([{ name: 'x.png', user: { name: 'Anna' } }])
    expect((await application.ask('GET', `${api}/outputs/${items[0].id}/file`, owner)).status).toBe(200)
  })

  it('that somebody took away are forgotten when they are asked for', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const path = await saveOutput(application.files, mia.id, 'x.png', await makePicture())
    const id = (await record({ application, stores }, mia, { 'x.png': await makePicture() }))('x.png')
    rmSync(path)
    const answer = await application.ask('GET', `${api}/outputs/${id}/file`, { key })
    expect(answer).toMatchObject({ status: 404, json: { detail: 'This file is not there any more.' } })
    expect((await list(application, { key })).items).toEqual([])
  })

  it('are told of to their person', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const open = async (account: Account) =>
      application.openEvents({ key: await makeKey(stores, account, ['keys', 'read']) })
    const [toMia, toBen] = [await open(mia), await open(ben)]
    await record({ application, stores }, mia, { 'x.png': await makePicture() })
    await until(() => toMia.events.some(({ resource }) => resource === 'outputs'), 'Mia hears of it')
    expect(toBen.events.filter(({ resource }) => resource === 'outputs')).toEqual([])
    toMia.close()
    toBen.close()
  })

  it('that were written over are the same entry with another content', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const path = await saveOutput(application.files, mia.id, 'x.png', await makePicture())
    const id = (await record({ application, stores }, mia, { 'x.png': await makePicture() }))('x.png')
    writeFileSync(path, await makePicture(20, 10))
    await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await application.files.outputs.recordNow()
    expect((await list(application, { key })).items).toMatchObject([{ id, width: 20, height: 10 }])
  })
})
