import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Account } from '../../proxy/accounts/account.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { sharedOutputSchema } from '../../proxy/contract/shares.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../support/apiPeople.ts'
import { addOutput } from '../support/outputRows.ts'
import { addEndedJob, makePicture, pngChunk, saveOutput, withTexts } from '../support/outputsFixture.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { Answer, TestApplication } from '../support/ownApplicationFixture.ts'

const SECRET = 'a hidden prompt of forty words'

interface World {
  readonly stores: Stores
  readonly application: TestApplication
}

async function recordOne({ stores, application }: World, account: Account, name: string, bytes: Buffer) {
  const path = await saveOutput(application.files, account.id, name, bytes)
  await addEndedJob(stores, account.id, [{ filename: name }])
  await application.files.outputs.recordNow()
  const rows = await application.files.outputs.store.list({ accountId: account.id, removed: false }, undefined, 100)
  return { id: rows.find((row) => row.name === name)!.id, path }
}

/** Mia with a picture, and Vera, who only looks. */
async function openWorld(world: World, bytes?: Buffer) {
  const { stores, application } = world
  const [mia, vera] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Vera', 'viewer')]
  const { id, path } = await recordOne(world, mia, 'x.png', bytes ?? (await makePicture()))
  const sessions = { mia: await signIn(stores, 'Mia'), vera: await signIn(stores, 'Vera') }
  const share = (body: object, session = sessions.mia): Promise<Answer> =>
    application.ask('PUT', `${api}/outputs/${id}/shares`, { session, body })
  const see = async (session = sessions.vera) => {
    const list = await application.ask('GET', `${api}/shared`, { session })
    const file = await application.ask('GET', `${api}/shared/${id}/file`, { session })
    const thumbnail = await application.ask('GET', `${api}/shared/${id}/thumbnail?width=512`, { session })
    const ids: string[] = list.json.items.map((item: { id: string }) => item.id)
    return { ids, statuses: [file.status, thumbnail.status], file, thumbnail }
  }
  return { mia, vera, id, path, sessions, share, see }
}

const nothing = { ids: [], statuses: [404, 404] }

describe('sharing a picture', () => {
  it('with a name shows it to that person and to nobody else, until it ends', async ({ stores, application }) => {
    const { id, sessions, share, see } = await openWorld({ stores, application })
    await addPerson(stores, 'Ben')
    const ben = await signIn(stores, 'Ben')
    expect(await see()).toMatchObject(nothing)

    const shared = await share({ everybody: false, names: ['vera', 'Mia'] })

    expect(shared.json).toEqual({ everybody: false, people: [{ id: expect.any(String), name: 'Vera' }] })
    const seen = await see()
    expect(seen).toMatchObject({ ids: [id], statuses: [200, 200] })
    expect(seen.thumbnail.headers['content-type']).toBe('image/webp')
    expect(await see(ben)).toMatchObject(nothing)
    expect((await application.ask('GET', `${api}/shared`, { session: sessions.mia })).json.items).toEqual([])
    expect((await application.ask('GET', `${api}/outputs`, { session: sessions.mia })).json.items).toMatchObject([
      { id, shared: true },
    ])
    const list = await application.ask('GET', `${api}/shared`, { session: sessions.vera })
    expect(sharedOutputSchema.parse(list.json.items[0])).toMatchObject({ from: { name: 'Mia' }, name: 'x.png' })

    await share({ everybody: true })
    expect(await see(ben)).toMatchObject({ ids: [id], statuses: [200, 200] })
    expect((await share({ everybody: false })).json).toEqual({ everybody: false, people: [] })
    expect([await see(), await see(ben)]).toMatchObject([nothing, nothing])
  })

  it('carries the same headers as one’s own files, is asked for anew each time and not run by a browser', async ({
    stores,
    application,
  }) => {
    const { id, sessions, share } = await openWorld({ stores, application })
    await share({ everybody: true })
    for (const what of ['file', 'thumbnail']) {
      const own = await application.ask('GET', `${api}/outputs/${id}/${what}`, { session: sessions.mia })
      const theirs = await application.ask('GET', `${api}/shared/${id}/${what}`, { session: sessions.vera })
      for (const name of [
        'content-type',
        'cache-control',
        'content-security-policy',
        'cross-origin-resource-policy',
        'referrer-policy',
        'x-content-type-options',
      ]) {
        expect([what, name, theirs.headers[name]]).toEqual([what, name, own.headers[name]])
      }
      const headers = { 'if-none-match': theirs.headers.etag ?? '' }
      const again = { session: sessions.vera, headers }
      expect((await application.ask('GET', `${api}/shared/${id}/${what}`, again)).status).toBe(304)
      await share({ everybody: false })
      expect((await application.ask('GET', `${api}/shared/${id}/${what}`, again)).status).toBe(404)
      await share({ everybody: true })
      const head = await application.ask('HEAD', `${api}/shared/${id}/${what}`, { session: sessions.vera })
      expect([head.status, head.bytes.length]).toEqual([200, 0])
    }
    const saved = await application.ask('GET', `${api}/shared/${id}/file?download=true`, { session: sessions.vera })
    expect(saved.headers['content-disposition']).toContain('x.png')
  })

  it('pages through many, the last shared first, each once', async ({ stores, application, clock }) => {
    const world = { stores, application }
    const { mia, sessions } = await openWorld(world)
    const ids: string[] = []
    for (let at = 0; at < 5; at += 1) {
      const { id } = await recordOne(world, mia, `p${at}.png`, await makePicture(8 + at, 8))
      ids.unshift(id)
      if (at !== 2) clock.advance(1000)
      const body = { everybody: true, names: ['Vera'] }
      await application.ask('PUT', `${api}/outputs/${id}/shares`, { session: sessions.mia, body })
    }
    const seen: string[] = []
    let cursor: string | null = ''
    do {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`
      const page = await application.ask('GET', `${api}/shared?limit=2${query}`, { session: sessions.vera })
      seen.push(...page.json.items.map((item: { id: string }) => item.id))
      cursor = page.json.nextCursor
    } while (cursor !== null)
    expect(new Set(seen)).toEqual(new Set(ids))
    expect(seen).toHaveLength(5)
    expect([seen[0], seen[4]]).toEqual([ids[0], ids[4]])
  })

  it('tells those who see it, and nobody else', async ({ stores, application }) => {
    const { share } = await openWorld({ stores, application })
    await addPerson(stores, 'Ben')
    const [vera, ben] = [await signIn(stores, 'Vera'), await signIn(stores, 'Ben')]
    const streams = {
      vera: await application.openEvents({ session: vera }),
      ben: await application.openEvents({ session: ben }),
    }
    await share({ everybody: false, names: ['Vera'] })
    await expect.poll(() => streams.vera.events).toContainEqual({ type: 'changed', resource: 'shared' })
    expect(JSON.stringify(streams.ben.events)).not.toContain('shared')
    for (const stream of Object.values(streams)) stream.close()
  })

  it('is not heard of by guests and others who may not look at what is shared', async ({ stores, application }) => {
    const { share } = await openWorld({ stores, application })
    await stores.settings.set('guests.allowed', true)
    const entered = await application.ask('POST', `${api}/session/guest`, { body: {} })
    const session = /=([\w-]{43})/.exec(entered.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''
    const guest = await application.openEvents({ session })
    const vera = await application.openEvents({ session: await signIn(stores, 'Vera') })

    await share({ everybody: true })
    await expect.poll(() => vera.events).toContainEqual({ type: 'changed', resource: 'shared' })
    // A later change of theirs comes through, so an earlier one would have.
    await stores.accounts.update(String(entered.json.user.id), { name: 'Wanderer' }, commandLine)
    await expect.poll(() => guest.events).toContainEqual({ type: 'changed', resource: 'users' })

    expect(JSON.stringify(guest.events)).not.toContain('shared')
    for (const stream of [vera, guest]) stream.close()
  })

  it('says which name is nobody’s; guests and who is turned away count as nobody', async ({ stores, application }) => {
    const { share, vera } = await openWorld({ stores, application })
    await stores.settings.set('guests.allowed', true)
    await application.ask('POST', `${api}/session/guest`, { body: {} })
    for (const name of ['Nobody', 'Guest 1']) {
      const answer = await share({ everybody: false, names: [name] })
      expect(answer).toMatchObject({ status: 422, json: { detail: `There is nobody named ${name} here.` } })
    }
    await stores.accounts.update(vera.id, { disabled: true }, commandLine)
    expect((await share({ everybody: false, names: ['Vera'] })).status).toBe(422)
  })

  it('is done for many at once, without what is no picture and what is somebody else’s', async ({
    stores,
    application,
  }) => {
    const world = { stores, application }
    const { mia, id, sessions } = await openWorld(world)
    const ben = await addPerson(stores, 'Ben')
    const his = await recordOne(world, ben, 'his.png', await makePicture())
    const page = await recordOne(world, mia, 'page.html', Buffer.from('<script>alert(1)</script>'))
    const body = { ids: [id, his.id, page.id], everybody: true }
    const answer = await application.ask('POST', `${api}/outputs/share`, { session: sessions.mia, body })
    expect(answer.json).toEqual({ done: 1 })
    expect(await application.files.outputs.shares.findShared(body.ids)).toEqual(new Set([id]))
    const one = await application.ask('PUT', `${api}/outputs/${page.id}/shares`, {
      session: sessions.mia,
      body: { everybody: true },
    })
    expect(one.status).toBe(415)
  })

  it('of 500 at once under 200 names asks for each name once, lets others in between and fills no log', async ({
    stores,
    application,
  }) => {
    const { mia, vera, sessions } = await openWorld({ stores, application })
    const ids: string[] = []
    for (let at = 0; at < 500; at += 1) ids.push(await addOutput(stores, mia.id))
    const lookups = vi.spyOn(stores.accounts, 'findByName')
    let turns = 0
    const others = setInterval(() => (turns += 1), 0)
    const names = new Array<string>(200).fill('Vera')
    const body = { ids, everybody: true, names }
    const answer = await application.ask('POST', `${api}/outputs/share`, { session: sessions.mia, body })
    clearInterval(others)

    expect(answer.json).toEqual({ done: 500 })
    expect(lookups).toHaveBeenCalledTimes(1)
    expect(turns).toBeGreaterThan(20)
    expect(await application.files.outputs.shares.list(vera.id, undefined, 1000)).toHaveLength(500)
    await stores.audit.flush()
    const rows = await stores.database.kysely
      .selectFrom('audit')
      .select('details')
      .where('event', '=', 'output.shared')
      .execute()
    expect(rows.map(({ details }) => JSON.parse(details))).toEqual([
      { files: 500, of: mia.id, everybody: true, people: 1, with: [vera.id], bySession: expect.any(String) },
    ])
  })
})

describe('the file of a shared picture', () => {
  it('carries no prompt, place, comment, profile or time of the original, and a PNG’s pixels are equal', async ({
    stores,
    application,
  }) => {
    const noise = Buffer.from(Array.from({ length: 64 * 48 * 4 }, (_, at) => (at * 7919) % 251))
    const png = await sharp(noise, { raw: { width: 64, height: 48, channels: 4 } })
      .png()
      .toBuffer()
    const end = png.length - 12
    const hidden = Buffer.concat([
      withTexts(png, { prompt: SECRET, workflow: SECRET }).subarray(0, -12),
      pngChunk('iTXt', Buffer.from(`Comment\0\0\0\0\0${SECRET}`)),
      pngChunk('eXIf', Buffer.from(`MM\0*${SECRET}`)),
      pngChunk('prVt', Buffer.from(SECRET)),
      png.subarray(end),
      Buffer.from(SECRET),
    ])
    const { share, see } = await openWorld({ stores, application }, hidden)
    await share({ everybody: true })
    const { file, thumbnail } = await see()
    for (const { bytes } of [file, thumbnail]) {
      expect(bytes.length).toBeGreaterThan(100)
      for (const word of ['hidden', 'prompt', 'workflow', 'tEXt', 'iTXt', 'zTXt', 'eXIf', 'iCCP', 'tIME', 'prVt']) {
        expect([word, bytes.includes(word)]).toEqual([word, false])
      }
    }
    expect(await sharp(file.bytes).raw().toBuffer()).toEqual(noise)
  })

  it.for(['jpeg', 'webp', 'gif'] as const)(
    'as %s carries no Exif, XMP or comment',
    async (format, { stores, application }) => {
      const { mia, sessions } = await openWorld({ stores, application })
      const plain = sharp({ create: { width: 32, height: 32, channels: 3, background: '#345' } })
      const made =
        format === 'gif'
          ? withGifComment(await plain.gif().toBuffer())
          : await plain
              .withExif({ IFD0: { ImageDescription: SECRET, Copyright: SECRET } })
              .withIccProfile('p3')
              .toFormat(format)
              .toBuffer()
      expect(made.includes('hidden')).toBe(true)
      const { id } = await recordOne({ stores, application }, mia, `y.${format}`, made)
      const body = { everybody: true }
      await application.ask('PUT', `${api}/outputs/${id}/shares`, { session: sessions.mia, body })
      const file = await application.ask('GET', `${api}/shared/${id}/file`, { session: sessions.vera })
      expect(file).toMatchObject({ status: 200, headers: { 'content-type': `image/${format}` } })
      for (const word of ['hidden', 'Exif', 'ICC_PROFILE', 'ICCP', 'Display P3', 'xmp']) {
        expect([word, file.bytes.includes(word)]).toEqual([word, false])
      }
      expect((await sharp(file.bytes).metadata()).format).toBe(format)
    },
  )

  it.for(['file', 'thumbnail'] as const)(
    'is not sent to who asked before the share ended and waited for their turn: %s',
    async (what, { stores, application }) => {
      const { id, sessions, share } = await openWorld({ stores, application })
      await share({ everybody: true })
      const { outputs, thumbnails } = application.files
      const [open, get] = [outputs.open.bind(outputs), thumbnails.get.bind(thumbnails)]
      vi.spyOn(outputs, 'open').mockImplementation(async (row) => {
        await share({ everybody: false })
        return open(row)
      })
      vi.spyOn(thumbnails, 'get').mockImplementation(async (row, ...how) => {
        await share({ everybody: false })
        return get(row, ...how)
      })
      const answer = await application.ask('GET', `${api}/shared/${id}/${what}`, { session: sessions.vera })
      expect([answer.status, answer.json?.code]).toEqual([404, 'NOT_FOUND'])
    },
  )

  it('is not given from memory once the file is gone', async ({ stores, application }) => {
    const { path, share, see } = await openWorld({ stores, application })
    await share({ everybody: true })
    expect((await see()).statuses).toEqual([200, 200])
    rmSync(path)
    expect((await see()).statuses[0]).toBe(404)
  })
})

describe('what is not shared', () => {
  it('looks as if it were not there: guessed ids, others’ shares, and every way to write them', async ({
    stores,
    application,
  }) => {
    const { id, sessions, share } = await openWorld({ stores, application })
    const ben = await addPerson(stores, 'Ben')
    const his = await signIn(stores, 'Ben')
    await share({ everybody: false, names: ['Vera'] })
    const details = new Set<string>()
    for (const guessed of [id, 'aaaaaaaaaaaaaaaa']) {
      for (const [method, path] of [
        ['GET', `/shared/${guessed}/file`],
        ['HEAD', `/shared/${guessed}/file`],
        ['GET', `/shared/${guessed}/file?download=true`],
        ['GET', `/shared/${guessed}/thumbnail`],
        ['GET', `/outputs/${guessed}/shares`],
      ] as const) {
        const answer = await application.ask(method, `${api}${path}`, { session: his })
        expect([method, path, answer.status]).toEqual([method, path, 404])
        details.add(String(answer.json?.detail))
      }
      const body = { everybody: true }
      const put = await application.ask('PUT', `${api}/outputs/${guessed}/shares`, { session: his, body })
      expect(put.status).toBe(404)
    }
    expect([...details].filter((text) => text !== 'undefined')).toHaveLength(1)
    for (const path of [`/shared/${id}/workflow`, `/shared/${id}`, `/shared/${id.toUpperCase()}/file`]) {
      expect((await application.ask('GET', api + path, { session: sessions.vera })).status).toBe(404)
    }
    expect(
      (await application.ask('POST', `${api}/shared/${id}/file`, { session: sessions.vera, body: {} })).status,
    ).toBe(405)
    expect(await application.files.outputs.shares.read(id)).toMatchObject({ everybody: false })
    expect(await stores.accounts.find(ben.id)).toBeDefined()
  })

  it('is not shown by who may not show, nor seen by who may not see', async ({ stores, application }) => {
    const world = { stores, application }
    const { share, id } = await openWorld(world)
    await share({ everybody: true })
    const gus = await addPerson(stores, 'Gus', 'guest')
    const session = await signIn(stores, 'Gus')
    for (const path of ['/shared', `/shared/${id}/file`, `/shared/${id}/thumbnail`]) {
      expect((await application.ask('GET', api + path, { session })).status).toBe(403)
    }
    const { id: own } = await recordOne(world, gus, 'own.png', await makePicture())
    const body = { everybody: true }
    expect((await application.ask('PUT', `${api}/outputs/${own}/shares`, { session, body })).status).toBe(403)
    expect(
      (await application.ask('POST', `${api}/outputs/share`, { session, body: { ...body, ids: [own] } })).status,
    ).toBe(403)
    expect(await application.files.outputs.shares.findShared([own])).toEqual(new Set())
  })

  it('is not changed with a key that only reads', async ({ stores, application }) => {
    const { mia, vera, id, share } = await openWorld({ stores, application })
    await share({ everybody: true })
    const key = await makeKey(stores, mia, ['read'])
    const body = { everybody: false }
    expect((await application.ask('PUT', `${api}/outputs/${id}/shares`, { key, body })).status).toBe(403)
    expect((await application.ask('GET', `${api}/outputs/${id}/shares`, { key })).json.everybody).toBe(true)
    const hers = await makeKey(stores, vera, ['keys'])
    expect((await application.ask('GET', `${api}/shared/${id}/file`, { key: hers })).status).toBe(403)
  })
})

describe('a share does not outlive', () => {
  it('the removal of its picture, nor its deletion; brought back it is shown again', async ({
    stores,
    application,
  }) => {
    const { id, sessions, share, see } = await openWorld({ stores, application })
    await share({ everybody: true })
    await application.ask('DELETE', `${api}/outputs/${id}`, { session: sessions.mia })
    expect(await see()).toMatchObject(nothing)
    await application.ask('POST', `${api}/outputs/restore`, { session: sessions.mia, body: { ids: [id] } })
    expect(await see()).toMatchObject({ ids: [id], statuses: [200, 200] })
    for (let twice = 0; twice < 2; twice += 1) {
      await application.ask('DELETE', `${api}/outputs/${id}`, { session: sessions.mia })
    }
    expect(await see()).toMatchObject(nothing)
    expect(await stores.database.kysely.selectFrom('output_shares').selectAll().execute()).toEqual([])
  })

  it('the access of who shares, nor the account', async ({ stores, application }) => {
    const { mia, id, share, see } = await openWorld({ stores, application })
    await share({ everybody: true })
    await stores.accounts.update(mia.id, { disabled: true }, commandLine)
    expect(await see()).toMatchObject(nothing)
    await stores.accounts.update(mia.id, { disabled: false }, commandLine)
    expect((await see()).ids).toEqual([id])
    await stores.accounts.remove(mia.id, commandLine)
    expect(await see()).toMatchObject(nothing)
  })

  it('the picture that was shown: another one under its name is nobody’s to see', async ({ stores, application }) => {
    const world = { stores, application }
    const { mia, id, path, share, see } = await openWorld(world)
    await share({ everybody: true })
    // Written over, and the gate has not recorded it yet.
    writeFileSync(path, await makePicture(32, 32))
    expect((await see()).statuses[0]).toBe(404)
    utimesSync(path, new Date(), new Date(Date.now() + 60_000))
    await recordOne(world, mia, 'x.png', await makePicture(16, 16))
    expect(await see()).toMatchObject(nothing)
    expect(await application.files.outputs.store.find(id)).toBeDefined()
  })

  it('the owner’s word: whoever administers sees with whom, and ends it', async ({ stores, application }) => {
    const { id, mia, vera, share, see } = await openWorld({ stores, application })
    const owner = await openOwner(stores)
    await share({ everybody: false, names: ['Vera'] })
    const path = `${api}/outputs/${id}/shares`
    expect((await application.ask('GET', path, owner)).json.people).toMatchObject([{ name: 'Vera' }])
    expect((await application.ask('PUT', path, { ...owner, body: { everybody: false } })).status).toBe(200)
    expect(await see()).toMatchObject(nothing)
    await stores.audit.close()
    const events = await stores.database.kysely
      .selectFrom('audit')
      .select(['actor_name', 'details'])
      .where('event', '=', 'output.shared')
      .execute()
    const bySession: unknown = expect.any(String)
    expect(events.map(({ actor_name, details }) => [actor_name, JSON.parse(details)])).toEqual([
      ['Mia', { output: id, of: mia.id, everybody: false, people: 1, with: [vera.id], bySession }],
      ['Anna', { output: id, of: mia.id, everybody: false, people: 0, bySession }],
    ])
  })
})

function withGifComment(gif: Buffer): Buffer {
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, SECRET.length]), Buffer.from(SECRET), Buffer.from([0])])
  return Buffer.concat([gif.subarray(0, -1), comment, gif.subarray(-1)])
}
