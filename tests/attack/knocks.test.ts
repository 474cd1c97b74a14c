import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { cleanKnockName } from '../../proxy/accounts/knockName.ts'
import { doorBellWords } from '../../electron/shell/doorBell.ts'
import { addPerson, api, makeKey, openOwner } from '../support/apiPeople.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'

type Owner = Awaited<ReturnType<typeof openOwner>>

const open = async (stores: Parameters<typeof openOwner>[0], application: TestApplication): Promise<Owner> => {
  const owner = await openOwner(stores)
  await application.ask('PUT', `${api}/knocks`, { ...owner, body: { open: true } })
  return owner
}
const knock = (application: TestApplication, address: string, name = 'Mia') =>
  application.ask('POST', `${api}/session/knock`, { address, body: { name } })
const poll = (application: TestApplication, secret: string, address: string) =>
  application.ask('GET', `${api}/session/knock`, { address, headers: { 'x-gatehouse-knock': secret } })
const list = async (application: TestApplication, owner: Owner) =>
  (await application.ask('GET', `${api}/knocks`, owner)).json.items as { id: string; choices: string[]; name: string }[]
const answer = (application: TestApplication, owner: Owner, id: string, body: object) =>
  application.ask('POST', `${api}/knocks/${id}/answer`, { ...owner, body })

describe('the door under attack', () => {
  it('a flood of knocks leaves five, one for each address, and room for more when they are over', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await open(stores, application)
    const answers = []
    for (let number = 1; number <= 60; number += 1) answers.push(await knock(application, `192.168.1.${number}`))
    expect(answers.filter(({ status }) => status === 201).length).toBe(5)
    expect(answers[59]).toMatchObject({ status: 429, json: { code: 'QUOTA_EXCEEDED' } })
    expect((await knock(application, '192.168.1.1')).json.code).toBe('RATE_LIMITED')
    expect((await list(application, owner)).length).toBe(5)

    clock.advance(2 * 60_000)

    expect((await knock(application, '192.168.1.70')).status).toBe(201)
  })

  it('five addresses of one person that fill it are sent away at once, and the next in line finds a place', async ({
    stores,
    application,
  }) => {
    const owner = await open(stores, application)
    const attackers = [1, 2, 3, 4, 5].map((number) => `192.168.1.${number}`)
    const secrets = []
    for (const address of attackers) secrets.push((await knock(application, address)).json.secret)
    expect((await knock(application, '192.168.1.70')).json.code).toBe('QUOTA_EXCEEDED')

    const emptied = await application.ask('DELETE', `${api}/knocks`, owner)

    expect([emptied.status, emptied.json.items]).toEqual([200, []])
    for (const address of attackers) expect((await knock(application, address)).json.code).toBe('RATE_LIMITED')
    expect((await knock(application, '192.168.1.70')).status).toBe(201)
    expect((await poll(application, secrets[0], '192.168.1.1')).json.state).toBe('refused')

    // Opened anew, the door is open to everybody again.
    for (const isOpen of [false, true]) {
      await application.ask('PUT', `${api}/knocks`, { ...owner, body: { open: isOpen } })
    }
    expect((await knock(application, '192.168.1.1')).status).toBe(201)
  })

  it('is emptied by nobody but the owner’s window', async ({ stores, application }) => {
    const owner = await open(stores, application)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const key = await makeKey(stores, ada, ['administer'])
    await knock(application, '192.168.1.30')
    expect((await application.ask('DELETE', `${api}/knocks`, { key })).json.code).toBe('OWNER_ONLY')
    expect(await list(application, owner)).toHaveLength(1)
  })

  it('a tunnel is one at the door, and one network of IPv6', async ({ stores, application }) => {
    await open(stores, application)
    expect((await knock(application, '127.0.0.1')).status).toBe(201)
    for (const address of ['127.0.0.2', '127.8.9.1', '::1'])
      expect((await knock(application, address)).status).toBe(429)
    expect((await knock(application, 'fd00::1:1')).status).toBe(201)
    expect((await knock(application, 'fd00::1:2')).status).toBe(429)
  })

  it('who is sent away comes back three times, not for ever', async ({ stores, application }) => {
    const owner = await open(stores, application)
    for (let time = 0; time < 3; time += 1) {
      expect((await knock(application, '192.168.1.30')).status).toBe(201)
      const [seen] = await list(application, owner)
      await answer(application, owner, seen?.id ?? '', { letIn: 'no' })
    }
    expect((await knock(application, '192.168.1.30')).json.code).toBe('RATE_LIMITED')
  })

  it('is sent away by nobody but the browser that knocked', async ({ stores, application }) => {
    const owner = await open(stores, application)
    const { secret } = (await knock(application, '192.168.1.30')).json
    const withdraw = (address: string, headers: Record<string, string>) =>
      application.ask('DELETE', `${api}/session/knock`, { address, headers })

    for (const [address, headers] of [
      ['192.168.1.30', {}],
      ['192.168.1.30', { 'x-gatehouse-knock': '' }],
      ['192.168.1.30', { 'x-gatehouse-knock': 'x'.repeat(43) }],
      ['192.168.1.66', { 'x-gatehouse-knock': secret as string }],
    ] as const) {
      expect((await withdraw(address, headers)).json.code).toBe('NOT_FOUND')
    }
    expect(await list(application, owner)).toHaveLength(1)
    expect((await poll(application, secret, '192.168.1.30')).json.state).toBe('waiting')
  })

  it('who goes away again and again asks three times, not for ever', async ({ stores, application }) => {
    await open(stores, application)
    for (let time = 0; time < 3; time += 1) {
      const { secret } = (await knock(application, '192.168.1.30')).json
      const headers = { 'x-gatehouse-knock': secret as string }
      const gone = await application.ask('DELETE', `${api}/session/knock`, { address: '192.168.1.30', headers })
      expect(gone.status).toBe(204)
    }
    expect((await knock(application, '192.168.1.30')).json.code).toBe('RATE_LIMITED')
  })

  it('wrong words are a no, and that knock is over', async ({ stores, application }) => {
    const owner = await open(stores, application)
    const { secret, words } = (await knock(application, '192.168.1.30')).json
    const [seen] = await list(application, owner)
    const wrong = seen?.choices.find((choice) => choice !== words) ?? ''

    expect((await answer(application, owner, seen?.id ?? '', { letIn: 'user', words: wrong })).json.result).toBe(
      'refused',
    )

    expect((await answer(application, owner, seen?.id ?? '', { letIn: 'user', words })).status).toBe(404)
    const told = await poll(application, secret, '192.168.1.30')
    expect([told.json.state, told.headers['set-cookie']]).toEqual(['refused', undefined])
    expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['Anna'])
  })

  it('somebody else who gives the same name at the same time has none of the words of the other one’s phone', async ({
    stores,
    application,
  }) => {
    const owner = await open(stores, application)
    const asked = []
    for (const number of [1, 2, 3, 4, 5])
      asked.push((await knock(application, `192.168.1.${number}`)).json.words as string)
    const all = (await list(application, owner)).flatMap(({ choices }) => choices)
    expect(all.length).toBe(15)
    // Whoever picks what stands on one phone picks it in one question only, and no word of it stands in another one.
    expect(new Set(all.flatMap((words) => words.split(' '))).size).toBe(30)
    for (const words of asked) expect(all.filter((choice) => choice === words).length).toBe(1)
  })

  it('a stolen secret lets nobody in from another device, nor twice', async ({ stores, application }) => {
    const owner = await open(stores, application)
    const { secret, words } = (await knock(application, '192.168.1.30')).json
    const [seen] = await list(application, owner)
    await answer(application, owner, seen?.id ?? '', { letIn: 'user', words })

    const thief = await poll(application, secret, '192.168.1.66')
    expect([thief.json.state, thief.headers['set-cookie']]).toEqual(['over', undefined])

    const both = await Promise.all([
      poll(application, secret, '192.168.1.30'),
      poll(application, secret, '192.168.1.30'),
    ])
    const sessions = both.map(({ headers }) => /^gatehouse_session=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')?.[1])
    const asked = await Promise.all(
      sessions.map((session = 'none') => application.ask('GET', `${api}/session`, { session })),
    )
    expect(asked.filter(({ status }) => status === 200).length).toBe(1)
    expect((await stores.accounts.list()).length).toBe(2)

    // From the first use on, the secret opens nothing more.
    const late = await poll(application, secret, '192.168.1.30')
    expect([late.json.state, late.headers['set-cookie']]).toEqual(['over', undefined])
  })

  it('is not kept good for ever by asking again and again (a minute that never ends)', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await open(stores, application)
    const { secret, words } = (await knock(application, '192.168.1.30')).json
    const [seen] = await list(application, owner)
    await answer(application, owner, seen?.id ?? '', { letIn: 'user', words })
    const polls = []
    for (let time = 0; time < 4; time += 1) {
      polls.push(await poll(application, secret, '192.168.1.30'))
      clock.advance(25_000)
    }
    expect(polls.map(({ json }) => json.state)).toEqual(['letIn', 'letIn', 'letIn', 'over'])

    // Nor is the time in which a first password may be chosen.
    clock.advance(9 * 60_000)
    const session = /^gatehouse_session=([^;]+)/.exec(polls[2]?.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''
    const asking = { address: '192.168.1.30', session, headers: { 'x-gatehouse-knock': secret as string } }
    expect((await application.ask('GET', `${api}/session`, asking)).status).toBe(200)
    const chosen = await application.ask('PUT', `${api}/session/knock`, { ...asking, body: { password: goodPassword } })
    expect(chosen.json.code).toBe('PERMISSION_DENIED')
  })

  it('gives no second session to whoever is signed out in the moment of asking again', async ({
    stores,
    application,
  }) => {
    const owner = await open(stores, application)
    const { secret, words } = (await knock(application, '192.168.1.30')).json
    const [seen] = await list(application, owner)
    await answer(application, owner, seen?.id ?? '', { letIn: 'user', words })
    await poll(application, secret, '192.168.1.30')
    const mia = (await stores.accounts.findByName('Mia'))?.id ?? ''
    const wasUsed = stores.sessions.wasUsed.bind(stores.sessions)
    vi.spyOn(stores.sessions, 'wasUsed').mockImplementation(async (id) => {
      const used = await wasUsed(id)
      await stores.sessions.endAllOf(mia, commandLine)
      return used
    })

    const told = await poll(application, secret, '192.168.1.30')

    expect([told.json.state, told.headers['set-cookie']]).toEqual(['refused', undefined])
    expect(await stores.sessions.list(mia)).toEqual([])
  })

  it('lets nobody in whose owner lost the right meanwhile, or who was not fetched in a minute', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await open(stores, application)
    const late = (await knock(application, '192.168.1.30')).json
    const [first] = await list(application, owner)
    await answer(application, owner, first?.id ?? '', { letIn: 'user', words: late.words })
    clock.advance(60_000)
    expect((await poll(application, late.secret, '192.168.1.30')).json.state).toBe('over')

    const ended = (await knock(application, '192.168.1.31')).json
    const [second] = await list(application, owner)
    await answer(application, owner, second?.id ?? '', { letIn: 'user', words: ended.words })
    await stores.ownerSessions.closeAll()
    const told = await poll(application, ended.secret, '192.168.1.31')
    expect([told.json.state, told.headers['set-cookie']]).toEqual(['refused', undefined])
    expect((await stores.accounts.list()).length).toBe(1)
  })

  it('is answered by nobody but the owner’s window', async ({ stores, application }) => {
    const owner = await open(stores, application)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const key = await makeKey(stores, ada, ['administer'])
    const { words } = (await knock(application, '192.168.1.30')).json
    const [seen] = await list(application, owner)
    const asked = [
      ['GET', '/knocks', undefined],
      ['PUT', '/knocks', { open: true }],
      ['POST', `/knocks/${seen?.id ?? ''}/answer`, { letIn: 'user', words }],
    ] as const
    for (const [method, path, body] of asked) {
      const byKey = await application.ask(method, `${api}${path}`, { key, ...(body === undefined ? {} : { body }) })
      expect([path, byKey.status, byKey.json.code]).toEqual([path, 403, 'OWNER_ONLY'])
      expect((await application.ask(method, `${api}${path}`, body === undefined ? {} : { body })).status).toBe(401)
    }
    expect((await list(application, owner)).length).toBe(1)
  })

  it.each([
    ['Windows Update', 'Windows Update'],
    ['Mia\n[Allow] [Always allow]', 'Mia [Allow] [Always allow]'],
    ['\u202eaiM\u202c', 'aiM'],
    ['Mia” was let in. “', 'Mia was let in.'],
    ['<b>Mia</b>', '<b>Mia</b>'],
    [`Z${'\u0335\u0336\u0337\u0338'.repeat(40)}oe`, 'Zoe'],
    ['x'.repeat(200), 'x'.repeat(40)],
  ])('a name like %j is one quiet line of text', (typed, shown) => {
    expect(cleanKnockName(typed)).toBe(shown)
  })

  it('"Windows Update" is never made an account, and says so to the owner', async ({ stores, application }) => {
    const owner = await open(stores, application)
    const { words } = (await knock(application, '192.168.1.30', 'Windows Update')).json
    const [seen] = await list(application, owner)
    expect(seen).toMatchObject({ name: 'Windows Update', looksLike: 'Windows Update' })
    expect((await answer(application, owner, seen?.id ?? '', { letIn: 'user', words })).json.code).toBe(
      'ALREADY_EXISTS',
    )
    expect((await stores.accounts.list()).length).toBe(1)
  })

  it('puts nothing of a stranger into the notification, and one button that only looks', () => {
    expect(doorBellWords).toEqual({
      title: 'Somebody asks to come in',
      body: 'Look who it is before you let anybody in.',
      action: 'Look',
    })
  })

  it('writes no name that a stranger typed into the log', async ({ stores, application }) => {
    const owner = await open(stores, application)
    await knock(application, '192.168.1.30', 'my secret password')
    const [seen] = await list(application, owner)
    await answer(application, owner, seen?.id ?? '', { letIn: 'no' })
    const readLog = () => stores.database.kysely.selectFrom('audit').selectAll().execute()
    await expect
      .poll(async () => (await readLog()).map(({ event }) => event))
      .toEqual(expect.arrayContaining(['knocking.changed', 'knock.received', 'knock.answered']))
    expect(JSON.stringify(await readLog())).not.toContain('secret password')
  })
})
