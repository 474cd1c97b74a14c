import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { sessionSchema } from '../../proxy/contract/accounts.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { JobQueue } from '../../proxy/jobs/jobQueue.ts'
import { JobStore } from '../../proxy/jobs/jobStore.ts'
import { QueueMemory } from '../../proxy/jobs/queueMemory.ts'
import { addPerson, api, openOwner } from '../support/apiPeople.ts'
import { openGateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { addEndedJob, makePicture, saveOutput } from '../support/outputsFixture.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { Answer, AskOptions, TestApplication } from '../support/ownApplicationFixture.ts'

const HOUR_MS = 3_600_000
const path = `${api}/session/guest`

const enter = (application: TestApplication, more: AskOptions = {}): Promise<Answer> =>
  application.ask('POST', path, { body: {}, ...more })

const tokenOf = ({ headers }: Answer): string => /=([\w-]{43})/.exec(headers['set-cookie']?.[0] ?? '')?.[1] ?? ''

async function letIn(stores: Stores, application: TestApplication, more: AskOptions = {}) {
  await stores.settings.set('guests.allowed', true)
  const answer = await enter(application, more)
  expect(answer.status).toBe(200)
  const { user } = sessionSchema.parse(answer.json)
  return { answer, id: user.id, session: tokenOf(answer) }
}

/** One recorded picture of theirs. @returns the person's folder */
async function makeOne({ files }: TestApplication, stores: Stores, accountId: string): Promise<string> {
  const saved = await saveOutput(files, accountId, 'x.png', await makePicture())
  await addEndedJob(stores, accountId, [{ filename: 'x.png' }])
  await files.outputs.recordNow()
  return dirname(saved)
}

const countRows = async ({ database }: Stores, accountId: string): Promise<number> => {
  const of = async (table: 'outputs' | 'jobs' | 'sessions' | 'user_folders'): Promise<number> =>
    (await database.kysely.selectFrom(table).select('account_id').where('account_id', '=', accountId).execute()).length
  return (await of('outputs')) + (await of('jobs')) + (await of('sessions')) + (await of('user_folders'))
}

describe('coming in as a guest', () => {
  it('is off until the owner lets guests in, and then takes one tap', async ({ stores, application }) => {
    const refused = await enter(application)
    expect(refused).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
    expect(refused.headers['set-cookie']).toBeUndefined()
    expect((await application.ask('GET', path)).json).toEqual({ open: false, endsAt: null })
    expect(await stores.accounts.list()).toEqual([])

    const { answer, id, session } = await letIn(stores, application)

    expect(sessionSchema.parse(answer.json)).toMatchObject({
      user: { name: 'Guest 1', role: 'guest' },
      surface: 'people',
      mayAdminister: false,
      guest: { endsAt: '2026-11-02T00:00:00.000Z' },
    })
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^gatehouse_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    )
    expect((await application.ask('GET', path)).json).toEqual({ open: true, endsAt: '2026-11-02T00:00:00.000Z' })
    expect((await application.ask('GET', `${api}/session`, { session })).json.user.id).toBe(id)
    expect(await stores.accounts.find(id)).toMatchObject({ hasPassword: false, guestAddress: '192.168.1.20' })
    await stores.audit.close()
    const events = await stores.database.kysely.selectFrom('audit').select(['event', 'details']).execute()
    const started = events.find(({ event }) => event === 'session.started')
    expect(JSON.parse(started?.details ?? '')).toMatchObject({ account: id, guest: true })
  })

  it('takes a plain form too', async ({ stores, application }) => {
    await stores.settings.set('guests.allowed', true)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await application.ask('POST', '/login?next=/gatehouse/me', { rawBody: 'guest=true', headers })
    expect(answer).toMatchObject({ status: 303, headers: { location: '/gatehouse/me' } })
    expect((await application.ask('GET', `${api}/session`, { session: tokenOf(answer) })).json.user.name).toBe(
      'Guest 1',
    )
  })

  it('from another site does nothing (login CSRF), over every way to say so', async () => {
    const fixture = await openGateFixture()
    try {
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { referer: 'http://evil.example/' },
      ]) {
        const before = fixture.ownSeen.length
        for (const where of [path, '/login']) {
          const answer = await ask(fixture.port, where, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
            body: '{}',
          })
          expect(answer.status).toBe(403)
        }
        expect(fixture.ownSeen).toHaveLength(before)
      }
      expect((await ask(fixture.port, `/api${path}`, { method: 'POST', body: '{}' })).status).not.toBe(200)
    } finally {
      await fixture.close()
    }
  })

  it('is refused on the owner’s listener, and to who is signed in', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { session } = await letIn(stores, application)
    expect((await enter(application, { listener: 'owner' })).status).toBe(403)
    expect((await enter(application, { ...owner })).status).toBe(403)
    expect((await enter(application, { session })).status).toBe(400)
    expect((await stores.accounts.list()).filter(({ role }) => role === 'guest')).toHaveLength(1)
  })
})

describe('a flood of guests', () => {
  it('ends at the quota of an address, in words that say when, and costs no password hash', async ({
    stores,
    application,
    argon2,
    clock,
  }) => {
    await letIn(stores, application)
    clock.advance(2 * HOUR_MS)
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => enter(application)))
    const refused = answers.find(({ status }) => status === 429)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429])
    expect(refused?.json).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(refused?.json.detail).toBe(
      'There are 3 guests here from your device or network. Try again in 10 hours, or when one of them has left.',
    )
    expect(refused?.headers['retry-after']).toBe('36000')
    expect(argon2.calls).toEqual([])
    expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['Guest 1', 'Guest 2', 'Guest 3'])
    expect((await enter(application, { address: '192.168.1.21' })).status).toBe(200)
  })

  it('is not helped by addresses that a client names itself', async ({ stores, application }) => {
    await stores.settings.set('guests.perAddress', 1)
    await letIn(stores, application)
    const headers = {
      'x-forwarded-for': '10.0.0.9',
      forwarded: 'for=10.0.0.9',
      'x-real-ip': '10.0.0.9',
      'x-gatehouse-client': '10.0.0.9',
    }
    expect((await enter(application, { headers })).status).toBe(429)
  })

  it('counts one IPv6 network as one', async ({ stores, application }) => {
    await stores.settings.set('guests.perAddress', 2)
    await letIn(stores, application, { address: 'fd00:1:2:3::1' })
    expect((await enter(application, { address: 'fd00:1:2:3:ffff::9' })).status).toBe(200)
    expect((await enter(application, { address: 'fd00:1:2:3:8000::1' })).status).toBe(429)
    expect((await enter(application, { address: 'fd00:1:2:4::1' })).status).toBe(200)
  })

  it('ends at the number of guests in all', async ({ stores, application }) => {
    await stores.settings.set('guests.total', 2)
    await letIn(stores, application, { address: '10.0.0.1' })
    expect((await enter(application, { address: '10.0.0.2' })).status).toBe(200)
    const third = await enter(application, { address: '10.0.0.3' })
    expect(third.status).toBe(429)
    expect(third.json.detail).toContain('which is all there is room for')
  })

  it('that comes and goes is slowed down too', async ({ stores, application, clock }) => {
    await stores.settings.set('guests.perAddress', 1)
    await stores.settings.set('guests.allowed', true)
    const seen: number[] = []
    for (let round = 0; round < 6; round += 1) {
      const answer = await enter(application)
      seen.push(answer.status)
      if (answer.status === 200) await application.ask('DELETE', `${api}/session`, { session: tokenOf(answer) })
      else expect(answer.json.code).toBe('RATE_LIMITED')
    }
    expect(seen).toEqual([200, 200, 200, 200, 429, 429])
    clock.advance(HOUR_MS)
    expect((await enter(application)).status).toBe(200)
  })

  it('is refused before its body is read', async ({ stores, application }) => {
    await stores.settings.set('guests.perAddress', 1)
    await letIn(stores, application)
    // A body that is announced and never sent.
    const headers = { 'content-type': 'application/json', 'content-length': '1000' }
    expect((await application.ask('POST', path, { headers })).status).toBe(429)
  })

  it('fills little of the disk: each may have a gigabyte, and less when everybody has less', async ({
    stores,
    application,
  }) => {
    const { id } = await letIn(stores, application)
    const mia = await addPerson(stores, 'Mia')
    const quota = async (of: string) => (await application.folders.folders.rulesOf(of)).quotaBytes
    expect(await quota(id)).toBe(1024 ** 3)
    expect(await quota(mia.id)).toBe('automatic')
    await stores.settings.set('folders.quotaBytes', 5 * 1024 ** 2)
    expect([await quota(id), await quota(mia.id)]).toEqual([5 * 1024 ** 2, 5 * 1024 ** 2])
    await expect(application.folders.folders.room.checkInput(id, 6 * 1024 ** 2, true)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    })
  })
})

describe('the name of a guest', () => {
  it('is nobody else’s, however it is written, and is not taken from who has it', async ({ stores, application }) => {
    for (const name of ['Guest 7', 'guest  7', 'ＧＵＥＳＴ ７']) {
      await expect(addPerson(stores, name)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    }
    const mia = await addPerson(stores, 'Mia')
    await expect(stores.accounts.update(mia.id, { name: 'Guest 1' }, commandLine)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
    await stores.database.kysely
      .updateTable('accounts')
      .set({ name: 'Guest 1', name_key: 'guest 1' })
      .where('id', '=', mia.id)
      .execute()
    const { answer } = await letIn(stores, application)
    expect(answer.json.user.name).toBe('Guest 2')
  })
})

describe('the end of a visit', () => {
  it('comes at its time: next request, open stream, key; then everything of it is deleted', async ({
    stores,
    application,
    clock,
  }) => {
    const { id, session } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)
    const below = join(stores.dataDirectory, 'users', id)
    expect(existsSync(below)).toBe(true)
    const key = { accountId: id, name: 'made by the owner', scopes: ['run'], expiresAtMs: null } as const
    const { text } = await stores.keys.create(key, commandLine)
    expect((await application.ask('GET', `${api}/session`, { key: text })).status).toBe(200)
    const told: string[] = []
    stores.authenticator.onCredentialsChanged(() => told.push('changed'))

    clock.advance(12 * HOUR_MS - 1)
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(200)
    told.length = 0
    // What has expired is looked for once in a second.
    clock.advance(1000)

    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
    expect((await application.ask('GET', `${api}/session`, { key: text })).status).toBe(401)
    // What was let in is looked at once a second.
    clock.advance(1000)
    await expect.poll(() => told, { timeout: 5000 }).not.toEqual([])
    await application.guests.sweep()
    expect([existsSync(folder), existsSync(below)]).toEqual([false, false])
    expect(await stores.accounts.find(id)).toBeUndefined()
    expect(await countRows(stores, id)).toBe(0)
    await application.guests.sweep()
  })

  it('comes when they leave, and takes nobody else’s things along', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia', 'guest')
    const hers = await makeOne(application, stores, mia.id)
    const { id, session } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)

    expect((await application.ask('DELETE', `${api}/session`, { session })).status).toBe(204)

    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
    await application.guests.sweep()
    expect([existsSync(folder), existsSync(hers)]).toEqual([false, true])
    expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['Mia'])
  })

  it('comes within a second when guests are switched off, also by another program', async ({
    stores,
    application,
    openAgain,
  }) => {
    application.guests.start()
    const { id, session } = await letIn(stores, application)
    const mia = await addPerson(stores, 'Mia', 'guest')
    const cli = await openAgain()

    await cli.settings.set('guests.allowed', false)

    await expect
      .poll(async () => (await application.ask('GET', `${api}/session`, { session })).status, { timeout: 1000 })
      .toBe(401)
    await expect.poll(() => stores.accounts.find(id)).toBeUndefined()
    expect(await stores.accounts.find(mia.id)).toBeDefined()
  })

  it('comes when the owner lets them go, and they are not shown any more', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { id, session } = await letIn(stores, application)
    const list = async () => (await application.ask('GET', `${api}/users`, owner)).json.items
    expect((await list()).at(-1)).toMatchObject({
      guest: { endsAt: '2026-11-02T00:00:00.000Z', address: '192.168.1.20' },
    })

    expect((await application.ask('DELETE', `${api}/users/${id}`, owner)).status).toBe(204)

    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
    expect((await list()).map((person: { name: string }) => person.name)).toEqual(['Anna'])
    await application.guests.sweep()
    expect(await stores.accounts.find(id)).toBeUndefined()
  })

  it('never comes to somebody with the role of a guest whom the owner added, or who was given another role', async ({
    stores,
    application,
    clock,
  }) => {
    const mia = await addPerson(stores, 'Mia', 'guest')
    const { id, session } = await letIn(stores, application)
    await stores.accounts.update(id, { role: 'user' }, commandLine)
    clock.advance(13 * HOUR_MS)
    await stores.guests.endAll(commandLine)
    await application.guests.sweep()
    expect((await stores.accounts.list()).map((account) => account.id)).toEqual([mia.id, id])
    expect(await stores.guests.end(mia.id, commandLine)).toBe(false)
    await stores.guests.forget(mia.id)
    expect(await stores.accounts.find(mia.id)).toBeDefined()
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(200)
  })

  it('once it has come is not taken back: whoever is given a role then loses nothing by it', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const { id } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)
    await stores.guests.end(id, commandLine)
    const sweep = application.guests.sweep()
    for (const body of [{ role: 'user' }, { name: 'Mia' }]) {
      const answer = await application.ask('PATCH', `${api}/users/${id}`, { ...owner, body })
      expect(answer).toMatchObject({ status: 404, json: { detail: 'The visit is over.' } })
    }
    await sweep
    expect([await stores.accounts.find(id), existsSync(folder)]).toEqual([undefined, false])
  })

  it('is looked at again when their jobs are stopped: what they made stays when they stay', async ({
    stores,
    application,
  }) => {
    const { id } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)
    await stores.guests.end(id, commandLine)
    const { jobs } = application.queue
    const vacate = jobs.vacate.bind(jobs)
    // Another program wrote it, of an earlier version perhaps.
    jobs.vacate = async (accountId, signal) => {
      await vacate(accountId, signal)
      const values = { role: 'user', expires_at_ms: null, guest_address: null }
      await stores.database.kysely.updateTable('accounts').set(values).where('id', '=', id).execute()
    }
    await application.guests.sweep()
    expect(readdirSync(folder)).toContain('x.png')
    expect(await stores.accounts.find(id)).toMatchObject({ role: 'user' })
  })

  it('shuts nobody out of folders of their own whose account is there after all', async ({ stores, application }) => {
    const { id } = await letIn(stores, application)
    const { userFolders } = application.folders
    await stores.guests.end(id, commandLine)
    await userFolders.deleteAll(id)
    await expect(userFolders.ensure(id)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    const values = { role: 'user', expires_at_ms: null, guest_address: null }
    await stores.database.kysely.updateTable('accounts').set(values).where('id', '=', id).execute()
    await stores.database.kysely.deleteFrom('user_folders').where('account_id', '=', id).execute()
    expect(existsSync((await userFolders.ensure(id)).outputDirectory ?? '')).toBe(true)
  })

  it('takes along what is set for them alone', async ({ stores, application }) => {
    const { id } = await letIn(stores, application)
    await stores.settings.set('jobs.limitsByUser', { [id]: { queued: 99 } })
    await stores.guests.end(id, commandLine)
    await application.guests.sweep()
    expect(await stores.accounts.find(id)).toBeUndefined()
    expect(stores.settings.get('jobs.limitsByUser')).toEqual({})
  })

  it('without a time comes only when somebody says so', async ({ stores, application, clock }) => {
    await stores.settings.set('guests.hours', null)
    const { answer, id, session } = await letIn(stores, application)
    expect(answer.json.guest).toEqual({ endsAt: null })
    clock.advance(20 * HOUR_MS)
    await application.guests.sweep()
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(200)
    expect(await stores.accounts.find(id)).toBeDefined()
  })
})

describe('deleting what a guest made', () => {
  it('touches no folder that does not say it is theirs', async ({ stores, application, logger }) => {
    const { id, session } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)
    const marker = join(folder, '.gatehouse', 'account.json')
    writeFileSync(marker, JSON.stringify({ account: 'somebodyelse0000' }))
    await application.ask('DELETE', `${api}/session`, { session })
    await application.guests.sweep()
    expect(readdirSync(folder)).toContain('x.png')
    expect(logger.lines.join()).toContain('was left as it is')
    expect(await stores.accounts.find(id)).toBeUndefined()
  })

  it('follows no link, neither in the place of the folder nor inside of it', async ({ stores, application }) => {
    const { id, session } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)
    const outside = join(stores.dataDirectory, '..', 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'keep.txt'), 'mine')
    symlinkSync(outside, join(folder, 'link'))
    await application.ask('DELETE', `${api}/session`, { session })
    await application.guests.sweep()
    expect(existsSync(folder)).toBe(false)
    expect(readFileSync(join(outside, 'keep.txt'), 'utf8')).toBe('mine')

    const second = await letIn(stores, application)
    const theirs = await makeOne(application, stores, second.id)
    renameSync(theirs, `${theirs}.away`)
    symlinkSync(`${theirs}.away`, theirs)
    await application.ask('DELETE', `${api}/session`, { session: second.session })
    await application.guests.sweep()
    expect(readdirSync(`${theirs}.away`)).toContain('x.png')
  })

  it.for<[string, (folder: string) => void]>([
    ['in the middle of the files', (folder) => rmSync(join(folder, 'x.png'))],
    [
      'when only what says whose it is was left',
      (folder) => {
        for (const name of readdirSync(folder)) if (name !== '.gatehouse') rmSync(join(folder, name))
      },
    ],
    [
      'between that and the folder around it',
      (folder) => {
        rmSync(join(folder, 'x.png'))
        rmSync(join(folder, '.gatehouse', 'account.json'))
      },
    ],
    ['before the account went', (folder) => rmSync(folder, { recursive: true })],
  ])('goes on where it was killed: %s', async ([, kill], { stores, application }) => {
    const { id, session } = await letIn(stores, application)
    const folder = await makeOne(application, stores, id)
    await application.ask('DELETE', `${api}/session`, { session })
    kill(folder)
    expect((await stores.guests.listEnded()).map((guest) => guest.id)).toEqual([id])
    await application.guests.sweep()
    expect([existsSync(folder), existsSync(join(stores.dataDirectory, 'users', id))]).toEqual([false, false])
    expect(await stores.accounts.find(id)).toBeUndefined()
  })

  it('leaves an empty folder of nobody behind in no case, and a new guest of that name gets a new one', async ({
    stores,
    application,
  }) => {
    const first = await letIn(stores, application)
    const folder = await makeOne(application, stores, first.id)
    await application.ask('DELETE', `${api}/session`, { session: first.session })
    const { userFolders } = application.folders
    rmSync(join(folder, '.gatehouse', 'account.json'))
    rmSync(join(folder, 'x.png'))
    await application.guests.sweep()
    expect(existsSync(folder)).toBe(false)
    await expect(userFolders.ensure(first.id)).rejects.toMatchObject({ code: 'AUTH_INVALID' })

    const second = await letIn(stores, application)
    expect(second.answer.json.user.name).toBe('Guest 1')
    expect(second.id).not.toBe(first.id)
    const { outputDirectory } = await userFolders.ensure(second.id)
    expect(outputDirectory).not.toBe(folder)
  })

  it('waits for a folder on a drive that cannot be read now, and the account stays shut', async ({
    stores,
    application,
  }) => {
    const { id, session } = await letIn(stores, application)
    const { userFolders } = application.folders
    const deleteAll = userFolders.deleteAll.bind(userFolders)
    userFolders.deleteAll = () => Promise.reject(new Error('EBUSY'))
    await application.ask('DELETE', `${api}/session`, { session })
    await application.guests.sweep()
    expect(await stores.accounts.find(id)).toBeDefined()
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
    userFolders.deleteAll = deleteAll
    await application.guests.sweep()
    expect(await stores.accounts.find(id)).toBeUndefined()
  })
})

describe('leaving and coming back', () => {
  it('gives no new jobs and minutes of the day, from one IPv6 network either, and takes none from others', async ({
    stores,
    clock,
  }) => {
    const { kysely } = stores.database
    await stores.settings.set('guests.allowed', true)
    await stores.settings.set('guests.perAddress', 1)
    const jobs = await JobQueue.open({
      store: new JobStore(kysely),
      memory: new QueueMemory(kysely),
      clock,
      random: systemRandom,
      logger: silentLogger,
      settings: stores.settings,
      rights: { find: () => Promise.resolve(undefined), onChange: () => () => undefined },
    })
    const comeFrom = async (clientAddress: string) => {
      const { account } = await stores.guests.letIn({ clientAddress, secure: false, userAgent: undefined })
      return account.id
    }
    const ask = (accountId: string) => jobs.checkLimits({ accountId, role: 'guest', nodes: new Map() })
    const first = await comeFrom('2001:db8::1')
    await ask(first)
    const jobId = await addEndedJob(stores, first, [])
    const ran = { run_ms: 30 * 60_000, created_at_ms: clock.nowMs() }
    await kysely.updateTable('jobs').set(ran).where('id', '=', jobId).execute()
    await stores.guests.end(first, commandLine)
    // A sweep that was disturbed asks twice.
    for (let turn = 0; turn < 2; turn += 1) await jobs.rememberVisit(first)
    await stores.guests.forget(first)

    const again = await comeFrom('2001:db8::2')
    await expect(ask(again)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await expect(ask(again)).rejects.toThrow('Guests from your device or network have used up their minutes')
    await ask(await comeFrom('2001:db8:0:1::1'))
    await stores.settings.set('guests.perAddress', 2)
    await ask(again)
    await stores.settings.set('guests.perAddress', 1)
    clock.advance(24 * HOUR_MS)
    await ask(again)
    await jobs.close()
  })
})
