import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import type { Account } from '../../proxy/accounts/account.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { addPerson, api, makeKey, openOwner } from '../support/apiPeople.ts'
import { addEndedJob, makePicture, pngChunk, saveOutput, withTexts } from '../support/outputsFixture.ts'
import type { NamedOutput } from '../support/outputsFixture.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'

const SECRET = 'what nobody may read'

async function recordNamed(
  { application, stores }: { application: TestApplication; stores: Stores },
  account: Account,
  files: readonly NamedOutput[],
) {
  await addEndedJob(stores, account.id, files)
  await application.files.outputs.recordNow()
  return application.files.outputs.store.list({ accountId: account.id, removed: false }, undefined, 100)
}

/** One recorded file of the account. */
async function recordOne(
  { application, stores }: { application: TestApplication; stores: Stores },
  account: Account,
  name: string,
  bytes: Buffer | string,
): Promise<{ id: string; path: string }> {
  const path = await saveOutput(application.files, account.id, name, bytes)
  const rows = await recordNamed({ application, stores }, account, [{ filename: name }])
  return { id: rows.find((row) => row.name === name)!.id, path }
}

/** Every way to touch one file. */
const everyMethod = (id: string): readonly (readonly [method: string, path: string, body?: unknown])[] => [
  ['GET', `/outputs/${id}`],
  ['GET', `/outputs/${id}/file`],
  ['HEAD', `/outputs/${id}/file`],
  ['GET', `/outputs/${id}/file?metadata=none`],
  ['GET', `/outputs/${id}/thumbnail`],
  ['GET', `/outputs/${id}/workflow`],
  ['PATCH', `/outputs/${id}`, { keep: true }],
  ['DELETE', `/outputs/${id}`],
  ['POST', `/outputs/${id}/input`, {}],
]

describe('somebody else’s files', () => {
  it('are not there, whatever is asked for by their id', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const png = withTexts(await makePicture(), { workflow: '{}' })
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', png)
    const key = await makeKey(stores, ben, ['run', 'read', 'keys'])

    const answers = new Set<string>()
    for (const [method, where, body] of everyMethod(id)) {
      const answer = await application.ask(method, `${api}${where}`, { key, body })
      expect([method, where, answer.status]).toEqual([method, where, 404])
      const nowhere = await application.ask(method, `${api}${where.replace(id, 'aaaaaaaaaaaaaaaa')}`, { key, body })
      expect(nowhere.json?.detail).toBe(answer.json?.detail)
      answers.add(answer.text.replaceAll(id, ''))
    }
    for (const command of ['remove', 'restore', 'delete']) {
      const answer = await application.ask('POST', `${api}/outputs/${command}`, { key, body: { ids: [id] } })
      expect(answer.json).toEqual({ done: 0 })
    }
    expect((await application.ask('GET', `${api}/outputs?user=${mia.id}`, { key })).status).toBe(403)
    expect((await application.ask('GET', `${api}/outputs`, { key })).json.items).toEqual([])
    expect([...answers].join()).not.toContain('x.png')
    expect(readFileSync(path)).toEqual(png)
    expect(await application.files.outputs.store.find(id)).toMatchObject({ keep: 0, removed_at_ms: null })
  })

  it('are removed by who administers, and that is kept', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const { id } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    const owner = await openOwner(stores)

    expect((await application.ask('PATCH', `${api}/outputs/${id}`, { ...owner, body: { keep: true } })).status).toBe(
      200,
    )
    expect((await application.ask('DELETE', `${api}/outputs/${id}`, owner)).status).toBe(204)
    const back = await application.ask('POST', `${api}/outputs/restore`, { ...owner, body: { ids: [id] } })
    expect(back.json).toEqual({ done: 1 })
    await stores.audit.close()
    const events = await stores.database.kysely.selectFrom('audit').select(['event', 'details']).execute()
    for (const event of ['output.changed', 'outputs.removed', 'outputs.restored']) {
      const details = { of: mia.id, files: 1, bySession: expect.any(String) }
      expect(events.filter((one) => one.event === event).map((one) => JSON.parse(one.details))).toEqual([details])
    }
  })
})

describe('deleting for good', () => {
  const binOf = (path: string, id: string): string => join(dirname(path), '.gatehouse', 'removed', id)

  it('does not reach what somebody else removed', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    await application.ask('DELETE', `${api}/outputs/${id}`, { key: await makeKey(stores, mia, ['run']) })
    const key = await makeKey(stores, ben, ['run'])

    expect((await application.ask('DELETE', `${api}/outputs/${id}`, { key })).status).toBe(404)
    const many = await application.ask('POST', `${api}/outputs/delete`, { key, body: { ids: [id] } })
    expect(many).toMatchObject({ status: 200, json: { done: 0 } })
    expect(readFileSync(binOf(path, id))).toEqual(await makePicture())
    expect(await application.files.outputs.store.find(id)).toBeDefined()
  })

  it('is nothing for a key with scope read', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    await application.ask('DELETE', `${api}/outputs/${id}`, { key: await makeKey(stores, mia, ['run']) })
    const key = await makeKey(stores, mia, ['read'])

    for (const [method, where, body] of [
      ['DELETE', `/outputs/${id}`],
      ['POST', '/outputs/delete', { ids: [id] }],
    ] as const) {
      expect((await application.ask(method, `${api}${where}`, { key, body })).json?.code).toBe('PERMISSION_DENIED')
    }
    expect(existsSync(binOf(path, id))).toBe(true)
  })

  it('leaves what is not removed, though it is named (a list from before it was brought back)', async ({
    stores,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    const key = await makeKey(stores, mia, ['run'])
    const { outputs } = application.files
    const ask = () => application.ask('POST', `${api}/outputs/delete`, { key, body: { ids: [id] } })

    expect((await ask()).json).toEqual({ done: 0 })
    await outputs.remove((await outputs.store.find(id))!)
    const listed = (await outputs.store.find(id))!
    await outputs.restore(listed)
    expect(await outputs.deleteRemoved(listed)).toBe(false)
    expect((await ask()).json).toEqual({ done: 0 })
    expect(readFileSync(path)).toEqual(await makePicture())
  })

  it('of others’ files by who administers is kept, and of one’s own is not', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])
    const owner = await openOwner(stores)
    const made = []
    for (const name of ['x.png', 'y.png', 'z.png']) {
      const one = await recordOne({ application, stores }, mia, name, await makePicture())
      await application.ask('DELETE', `${api}/outputs/${one.id}`, { key })
      made.push(one)
    }
    const [first, second, third] = made.map(({ id }) => id)
    expect((await application.ask('DELETE', `${api}/outputs/${first}`, owner)).status).toBe(204)
    const many = await application.ask('POST', `${api}/outputs/delete`, { ...owner, body: { ids: [second, second] } })
    expect(many.json).toEqual({ done: 1 })
    expect((await application.ask('DELETE', `${api}/outputs/${third}`, { key })).status).toBe(204)

    expect(made.map(({ id, path }) => existsSync(binOf(path, id)))).toEqual([false, false, false])
    await stores.audit.close()
    const events = await stores.database.kysely.selectFrom('audit').select(['event', 'details']).execute()
    const kept = events.filter(({ event }) => event === 'outputs.deleted').map(({ details }) => JSON.parse(details))
    expect(kept).toEqual([
      { of: mia.id, files: 1, bySession: expect.any(String) },
      { of: mia.id, files: 1, bySession: expect.any(String) },
    ])
  })
})

describe('a key with scope read', () => {
  it('changes nothing', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    const key = await makeKey(stores, mia, ['read'])
    const changes = [
      ...everyMethod(id).filter(([method]) => method !== 'GET' && method !== 'HEAD'),
      ['POST', '/outputs/remove', { ids: [id] }],
      ['POST', '/outputs/restore', { ids: [id] }],
      ['POST', '/outputs/delete', { ids: [id] }],
    ] as const
    for (const [method, where, body] of changes) {
      const answer = await application.ask(method, `${api}${where}`, { key, body })
      expect([where, answer.status, answer.json?.code]).toEqual([where, 403, 'PERMISSION_DENIED'])
    }
    expect(existsSync(path)).toBe(true)
    expect((await application.ask('GET', `${api}/outputs/${id}/file`, { key })).status).toBe(200)
  })
})

describe('a name that a node says it saved', () => {
  it('leads nowhere else (path traversal)', async ({ stores, application, dataDirectory }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const ofBen = await saveOutput(application.files, ben.id, 'x.png', await makePicture())
    const own = dirname(await saveOutput(application.files, mia.id, 'own.png', await makePicture()))
    const outside = join(dataDirectory, '..', 'secret.txt')
    writeFileSync(outside, SECRET)
    const folderOfBen = dirname(ofBen).split('/').pop()!
    const rows = await recordNamed({ application, stores }, mia, [
      { filename: `../${folderOfBen}/x.png` },
      { filename: 'x.png', subfolder: `../${folderOfBen}` },
      { filename: 'x.png', subfolder: `a/../../${folderOfBen}` },
      { filename: `..\\${folderOfBen}\\x.png` },
      { filename: ofBen },
      { filename: 'x.png', subfolder: dirname(ofBen) },
      { filename: '../../secret.txt' },
      { filename: 'account.json', subfolder: '.gatehouse' },
      { filename: 'account.json', subfolder: './.gatehouse' },
      { filename: 'account.json', subfolder: '.GATEHOUSE' },
      { filename: '.' },
      { filename: '' },
      { filename: 'own.png\0.txt' },
      { filename: 'own.png', type: 'temp' },
      { filename: 'own.png', type: 'input' },
    ])
    expect(rows).toEqual([])
    expect(existsSync(join(own, 'own.png'))).toBe(true)
  })

  it('is no link, pipe or folder, when the job ends', async ({ stores, application, dataDirectory }) => {
    const mia = await addPerson(stores, 'Mia')
    const folder = dirname(await saveOutput(application.files, mia.id, 'own.png', await makePicture()))
    const outside = join(dataDirectory, '..', 'secrets')
    mkdirSync(outside)
    writeFileSync(join(outside, 'x.png'), SECRET)
    symlinkSync(join(outside, 'x.png'), join(folder, 'link.png'))
    symlinkSync(join(folder, 'own.png'), join(folder, 'alias.png'))
    symlinkSync(outside, join(folder, 'elsewhere'))
    execFileSync('mkfifo', [join(folder, 'pipe.png')])
    mkdirSync(join(folder, 'folder.png'))
    const rows = await recordNamed({ application, stores }, mia, [
      { filename: 'link.png' },
      { filename: 'alias.png' },
      { filename: 'x.png', subfolder: 'elsewhere' },
      { filename: 'pipe.png' },
      { filename: 'folder.png' },
    ])
    expect(rows).toEqual([])
  })
})

describe('a link that takes the place of a recorded file', () => {
  it.for(['file', 'folder'] as const)('is not followed: %s', async (what, { stores, application, dataDirectory }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read', 'run'])
    const path = await saveOutput(application.files, mia.id, 'sub/x.png', await makePicture())
    const [row] = await recordNamed({ application, stores }, mia, [{ filename: 'x.png', subfolder: 'sub' }])
    const outside = join(dataDirectory, '..', 'secrets')
    mkdirSync(outside)
    writeFileSync(join(outside, 'x.png'), SECRET)
    if (what === 'file') {
      unlinkSync(path)
      symlinkSync(join(outside, 'x.png'), path)
    } else {
      rmSync(dirname(path), { recursive: true })
      symlinkSync(outside, dirname(path))
    }
    const answer = await application.ask('GET', `${api}/outputs/${row!.id}/file`, { key })
    expect(answer.status).toBe(404)
    expect(answer.text).not.toContain(SECRET)
    expect(readFileSync(join(outside, 'x.png'), 'utf8')).toBe(SECRET)
  })

  it('carries nothing out of the folder when a file is removed', async ({ stores, application, dataDirectory }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    const outside = join(dataDirectory, '..', 'elsewhere')
    mkdirSync(outside)
    symlinkSync(outside, join(dirname(path), '.gatehouse', 'removed'))
    const answer = await application.ask('DELETE', `${api}/outputs/${id}`, { key })
    expect(answer).toMatchObject({ status: 503, json: { code: 'FOLDER_REFUSED' } })
    expect(existsSync(path)).toBe(true)
    expect(existsSync(join(outside, id))).toBe(false)
  })
})

describe('a folder that is not there', () => {
  it('makes nobody’s files vanish from the list', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    renameSync(dirname(path), `${dirname(path)}-away`)
    expect((await application.ask('GET', `${api}/outputs/${id}/file`, { key })).status).toBe(503)
    renameSync(`${dirname(path)}-away`, dirname(path))
    expect((await application.ask('GET', `${api}/outputs/${id}/file`, { key })).status).toBe(200)
  })
})

describe('a page that calls itself a picture', () => {
  it.for([
    ['page.png', '<!doctype html><script>alert(1)</script>'],
    ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['drawing.png', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['page.html', '<!doctype html><script>alert(1)</script>'],
    ['script.js', 'alert(1)'],
  ] as const)('is downloaded and never shown or decoded: %s', async ([name, text], { stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { id } = await recordOne({ application, stores }, mia, name, text)
    const answer = await application.ask('GET', `${api}/outputs/${id}/file`, { key })
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
      },
    })
    expect(answer.headers['content-disposition']).toMatch(/^attachment; /)
    expect((await application.ask('GET', `${api}/outputs/${id}/thumbnail`, { key })).status).toBe(415)
    expect((await application.ask('GET', `${api}/outputs/${id}/file?metadata=none`, { key })).status).toBe(415)
  })

  it('is sandboxed when it takes the place of a picture later', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    writeFileSync(path, '<script>alert(1)</script>')
    const { headers } = await application.ask('GET', `${api}/outputs/${id}/file`, { key })
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    })
  })

  it('puts nothing into a header by its name', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const name = `a"; filename*=UTF-8''evil.html; x="é😀%41.bin`
    const { id } = await recordOne({ application, stores }, mia, name, 'bytes')
    const disposition = (await application.ask('GET', `${api}/outputs/${id}/file`, { key })).headers[
      'content-disposition'
    ]!
    const [, plain, encoded] = /^attachment; filename="([^"]*)"; filename\*=UTF-8''([\w%!#$&+.^`|~-]*)$/.exec(
      disposition,
    )!
    expect(plain).not.toMatch(/["\\%]/)
    expect(decodeURIComponent(encoded!)).toBe(name)
  })
})

describe('a hostile picture', () => {
  /** A PNG of any size, all of one colour, in a few bytes. */
  const bomb = (width: number, height: number): Buffer => {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(width, 0)
    header.writeUInt32BE(height, 4)
    header.set([1, 0, 0, 0, 0], 8)
    const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * Math.min(height, 4096)))
    const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', rows), pngChunk('IEND', Buffer.alloc(0))]
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks])
  }

  it('of a billion pixels is not decoded (decompression bomb)', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { id } = await recordOne({ application, stores }, mia, 'bomb.png', bomb(50_000, 50_000))
    const { id: fine } = await recordOne({ application, stores }, mia, 'fine.png', await makePicture())
    const answer = await application.ask('GET', `${api}/outputs/${id}/thumbnail`, { key })
    expect(answer).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
    expect((await application.ask('GET', `${api}/outputs/${fine}/thumbnail`, { key })).status).toBe(200)
  })

  it('with endless, deep or compressed texts says nothing and costs little', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const picture = await makePicture()
    const insert = (chunk: Buffer): Buffer => Buffer.concat([picture.subarray(0, 33), chunk, picture.subarray(33)])
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    const zipped = Buffer.concat([Buffer.from('prompt\0\0', 'latin1'), deflateSync(Buffer.alloc(512 * 1024 * 1024))])
    const hostile: Record<string, Buffer> = {
      'huge.png': insert(
        pngChunk('tEXt', Buffer.concat([Buffer.from('prompt\0'), Buffer.alloc(5 * 1024 * 1024, 'a')])),
      ),
      'deep.png': withTexts(picture, { prompt: deep }),
      'bomb.png': insert(pngChunk('zTXt', zipped)),
      'lies.png': Buffer.concat([picture.subarray(0, 33), Buffer.from('fffffff074455874', 'hex')]),
      'many.png': insert(Buffer.concat(Array.from({ length: 20_000 }, () => pngChunk('tEXt', Buffer.from('a\0b'))))),
      'cycle.png': withTexts(picture, {
        prompt: JSON.stringify({ 1: { class_type: 'K', inputs: { positive: ['1', 0], text: ['1', 0] } } }),
      }),
      'shapes.png': withTexts(picture, { prompt: '[[],null,{"1":3}]' }),
    }
    for (const [name, bytes] of Object.entries(hostile)) {
      const { id } = await recordOne({ application, stores }, mia, name, bytes)
      const startedMs = performance.now()
      const answer = await application.ask('GET', `${api}/outputs/${id}`, { key })
      expect([name, answer.status, answer.json.madeWith]).toEqual([name, 200, []])
      expect(performance.now() - startedMs).toBeLessThan(2_000)
    }
  })
})

describe('ranges', () => {
  it('by the hundred are answered once (CVE-2011-3192)', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { id } = await recordOne({ application, stores }, mia, 'x.bin', Buffer.alloc(10_000))
    const range = `bytes=${Array.from({ length: 500 }, (_, at) => `${at}-`).join(',')}`
    const answer = await application.ask('GET', `${api}/outputs/${id}/file`, { key, headers: { range } })
    expect([answer.status, answer.bytes.length]).toEqual([200, 10_000])
  })

  it.for([
    ['bytes=20000-', 416],
    ['bytes=-0', 416],
    ['bytes=5-2', 200],
    ['bytes=99999999999999999999-', 200],
    ['bytes=a-b', 200],
    ['items=0-1', 200],
    ['bytes=9990-99999', 206],
    ['bytes=-10', 206],
  ] as const)('that do not fit are refused or left: %s', async ([range, status], { stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { id } = await recordOne({ application, stores }, mia, 'x.bin', Buffer.alloc(10_000))
    const answer = await application.ask('GET', `${api}/outputs/${id}/file`, { key, headers: { range } })
    expect(answer.status).toBe(status)
    expect(answer.bytes).toHaveLength(status === 206 ? 10 : status === 416 ? 0 : 10_000)
  })
})

describe('a removed file', () => {
  it('is not served by any of its addresses', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read', 'run'])
    const png = withTexts(await makePicture(), {
      prompt: '{"1":{"class_type":"K","inputs":{"seed":77}}}',
      workflow: '{}',
    })
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', png)
    const etag = (await application.ask('GET', `${api}/outputs/${id}/thumbnail`, { key })).headers.etag!
    await application.ask('DELETE', `${api}/outputs/${id}`, { key })
    // ComfyUI gives the freed name to another file, which is not this one.
    writeFileSync(path, png)

    for (const what of ['file', 'file?metadata=none', 'thumbnail', 'thumbnail?size=512', 'workflow']) {
      const headers = { 'if-none-match': etag }
      const answer = await application.ask('GET', `${api}/outputs/${id}/${what}`, { key, headers })
      expect([what, answer.status]).toEqual([what, 404])
    }
    expect((await application.ask('POST', `${api}/outputs/${id}/input`, { key, body: {} })).status).toBe(404)
    expect((await application.ask('GET', `${api}/outputs/${id}`, { key })).json).toMatchObject({ madeWith: [] })
    const back = await application.ask('POST', `${api}/outputs/restore`, { key, body: { ids: [id, id] } })
    expect(back.json).toEqual({ done: 1 })
  })

  it('brought back many times at once is there once and stays in the records', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run', 'read'])
    const { outputs } = application.files
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    await application.ask('DELETE', `${api}/outputs/${id}`, { key })
    // Each request has read the entry before the first one has brought the file back.
    const stale = (await outputs.store.find(id))!
    expect(await outputs.restore(stale)).toBe(true)
    expect(await outputs.restore(stale)).toBe(false)
    expect(await outputs.store.find(id)).toMatchObject({ name: 'x.png', removed_at_ms: null })
    expect(existsSync(path)).toBe(true)

    await application.ask('DELETE', `${api}/outputs/${id}`, { key })
    const restore = () => application.ask('POST', `${api}/outputs/restore`, { key, body: { ids: [id] } })
    await Promise.all(Array.from({ length: 6 }, restore))
    expect((await application.ask('GET', `${api}/outputs`, { key })).json.items).toMatchObject([{ id, name: 'x.png' }])
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.png'))).toEqual(['x.png'])
  })

  it('never comes back over another file', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])
    const { id, path } = await recordOne({ application, stores }, mia, 'x.png', await makePicture())
    await application.ask('DELETE', `${api}/outputs/${id}`, { key })
    writeFileSync(path, 'not recorded')
    await application.ask('POST', `${api}/outputs/restore`, { key, body: { ids: [id] } })
    expect(readFileSync(path, 'utf8')).toBe('not recorded')
    expect(await application.files.outputs.store.find(id)).toMatchObject({ name: 'x (1).png', removed_at_ms: null })
  })
})

describe('a text to search for', () => {
  it('has no wildcards', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    for (const name of ['100%.png', 'a_b.png', 'aXb.png', 'back\\slash.png']) {
      if (!name.includes('\\')) await recordOne({ application, stores }, mia, name, await makePicture())
    }
    const search = async (text: string): Promise<string[]> =>
      (await application.ask('GET', `${api}/outputs?search=${encodeURIComponent(text)}`, { key })).json.items
        .map(({ name }: any) => name)
        .sort()
    expect(await search('%')).toEqual(['100%.png'])
    expect(await search('a_b')).toEqual(['a_b.png'])
    expect(await search('A_B.PNG')).toEqual(['a_b.png'])
    expect(await search('\\')).toEqual([])
    expect(await search("' or 1=1 --")).toEqual([])
  })

  it.for([
    'cursor=c1',
    'cursor=c%2525',
    "cursor=c1.aaaaaaaaaaaaaaa'",
    'limit=0',
    'limit=100000',
    'kind=page',
    'user=..',
  ])('or a place in the list that was not made here is refused: %s', async (query, { stores, application }) => {
    const key = await makeKey(stores, await addPerson(stores, 'Mia'), ['read'])
    expect((await application.ask('GET', `${api}/outputs?${query}`, { key })).status).toBe(422)
  })
})
