import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import type { Account } from '../../../proxy/accounts/accountStore.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import { accountSchema, personSchema, sessionSchema } from '../../../proxy/contract/accounts.ts'
import { comfyuiSchema } from '../../../proxy/contract/comfyui.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import { apiKeySchema, createdKeySchema } from '../../../proxy/contract/keys.ts'
import { sharingSchema } from '../../../proxy/contract/sharing.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

const api = '/gatehouse/api/v1'

async function addPerson(stores: Stores, name: string, role: Role = 'creator'): Promise<Account> {
  const passwordHash = await stores.passwords.hashNew(name, goodPassword)
  return stores.accounts.create({ name, role, passwordHash }, commandLine)
}

const signIn = async (stores: Stores, userName: string): Promise<string> =>
  (
    await stores.login.signIn({
      userName,
      password: goodPassword,
      clientAddress: '192.168.1.30',
      secure: false,
      userAgent: undefined,
    })
  ).token

async function openOwner(stores: Stores) {
  const { token, accountId } = await stores.ownerSessions.openOwnerSession('Anna')
  return { listener: 'owner' as const, session: token, accountId }
}

const makeKey = async (stores: Stores, account: Account, scopes: Scope[]): Promise<string> =>
  (await stores.keys.create({ accountId: account.id, name: 'tool', scopes, expiresAtMs: null }, commandLine)).text

describe('session', () => {
  it('signs in with a cookie that scripts cannot read, says who one is, and signs out', async ({
    stores,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')

    const answer = await application.ask('POST', `${api}/session`, {
      body: { username: 'mia', password: goodPassword },
    })

    expect(answer.status).toBe(200)
    expect(sessionSchema.parse(answer.json)).toEqual({
      user: { id: mia.id, name: 'Mia', role: 'creator' },
      surface: 'people',
      mayAdminister: false,
    })
    const cookie = answer.headers['set-cookie']?.[0] ?? ''
    expect(cookie).toMatch(/^gatehouse_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/)
    const session = /=([\w-]{43})/.exec(cookie)?.[1] ?? ''
    expect((await application.ask('GET', `${api}/session`, { session })).json.user.name).toBe('Mia')

    const out = await application.ask('DELETE', `${api}/session`, { session })

    expect(out.status).toBe(204)
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
  })

  it('counts down the tries and then pauses, alike for known and unknown names', async ({ stores, application }) => {
    await addPerson(stores, 'Mia')
    for (const username of ['Mia', 'nobody at all']) {
      const tries = []
      for (let attempt = 0; attempt < 4; attempt += 1) {
        // Each name from an address of its own would need another context: the pause of the address is lifted here.
        tries.push(await application.ask('POST', `${api}/session`, { body: { username, password: 'wrong' } }))
      }
      if (username === 'Mia') {
        expect(tries.map((answer) => answer.status)).toEqual([401, 401, 401, 429])
        expect(tries[0]?.json.detail).toBe('Name or password is not right. 2 more tries, then a pause of 60 seconds.')
        expect(tries[1]?.json.detail).toBe('Name or password is not right. 1 more try, then a pause of 60 seconds.')
        expect(tries[3]?.headers['retry-after']).toBe('60')
        expect(tries[3]?.json.code).toBe('RATE_LIMITED')
      } else {
        expect(tries.map((answer) => answer.status)).toEqual([429, 429, 429, 429])
      }
    }
  })

  it('says in words that a key is not signed out', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia', 'creator')
    const key = await makeKey(stores, mia, ['run'])

    const answer = await application.ask('DELETE', `${api}/session`, { key })

    expect(answer.status).toBe(400)
    expect(answer.json.detail).toBe('A key is not signed out. Revoke it under "keys".')
  })

  it("is not opened by a password on the owner's listener", async ({ stores, application }) => {
    await addPerson(stores, 'Mia', 'administrator')

    const answer = await application.ask('POST', `${api}/session`, {
      listener: 'owner',
      body: { username: 'Mia', password: goodPassword },
    })

    expect(answer.status).toBe(403)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })
})

describe('inputs', () => {
  it.for([['text/plain'], ['application/x-www-form-urlencoded'], ['application/jsonp'], ['']] as const)(
    'refuses a body of type "%s" (cross-site form)',
    async ([type], { stores, application }) => {
      await addPerson(stores, 'Mia')

      const answer = await application.ask('POST', `${api}/session`, {
        rawBody: JSON.stringify({ username: 'Mia', password: goodPassword }),
        headers: { 'content-type': type },
      })

      expect(answer.status).toBe(415)
      expect(answer.json.code).toBe('UNSUPPORTED_MEDIA_TYPE')
      expect(answer.headers['set-cookie']).toBeUndefined()
    },
  )

  it('refuses what is no JSON, and what does not fit, as problem details with the place', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)

    const broken = await application.ask('POST', `${api}/users`, { ...owner, rawBody: '{"name":' })
    const unfit = await application.ask('POST', `${api}/users`, { ...owner, body: { name: '', role: 'king' } })

    expect(broken).toMatchObject({ status: 400, json: { code: 'BAD_REQUEST' } })
    expect(unfit.status).toBe(422)
    expect(unfit.headers['content-type']).toContain('application/problem+json')
    expect(unfit.json.code).toBe('VALIDATION_FAILED')
    expect(unfit.json.errors.map((error: { path: string }) => error.path)).toEqual(['name', 'role'])
  })

  it('refuses a body over its limit', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const answer = await application.ask('POST', `${api}/users`, { ...owner, rawBody: `"${'a'.repeat(300 * 1024)}"` })

    expect(answer).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } })
  })

  it('answers 404 in problem details for what is not there', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    expect(await application.ask('GET', `${api}/nothing`, owner)).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND' },
    })
    expect(await application.ask('GET', '/gatehouse/api', owner)).toMatchObject({ status: 404 })
  })
})

const administration = [
  ['GET', '/users', undefined],
  ['POST', '/users', { name: 'Eve', role: 'administrator', password: 'a river of seven lamps' }],
  ['GET', '/settings', undefined],
  ['PATCH', '/settings', { 'sharing.on': true }],
  ['GET', '/sharing', undefined],
  ['PUT', '/sharing', { on: true }],
  ['GET', '/comfyui', undefined],
  ['GET', '/comfyui/log', undefined],
  ['POST', '/comfyui/start', {}],
  ['POST', '/comfyui/stop', {}],
  ['GET', '/connections', undefined],
] as const

describe('administration', () => {
  it.for(administration)('%s %s needs a credential', async ([method, path, body], { stores, application }) => {
    const answer = await application.ask(method, `${api}${path}`, { body })

    expect(answer).toMatchObject({ status: 401, json: { code: 'AUTH_REQUIRED' } })
    expect(application.parts.calls).toEqual([])
    expect(await stores.accounts.list()).toEqual([])
  })

  it.for(administration)(
    "%s %s is refused to an administrator's session on the public listener (session riding)",
    async ([method, path, body], { stores, application }) => {
      await addPerson(stores, 'Anna', 'administrator')
      const session = await signIn(stores, 'Anna')

      const answer = await application.ask(method, `${api}${path}`, { session, body })

      expect(answer).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
      expect(answer.json.detail).toBe('Open Gatehouse on this computer to change this.')
      expect(application.parts.calls).toEqual([])
      expect(await stores.accounts.list()).toHaveLength(1)
    },
  )

  it.for(administration)(
    "%s %s is refused to the canvas session of the owner's own window",
    async ([method, path, body], { stores, application }) => {
      await openOwner(stores)
      const { token } = await stores.ownerSessions.openCanvasSession()

      const answer = await application.ask(method, `${api}${path}`, { session: token, body })

      expect(answer.status).toBe(403)
      expect(application.parts.calls).toEqual([])
    },
  )

  it.for(administration)(
    '%s %s is refused to a key without the scope, and to others with it',
    async ([method, path, body], { stores, application }) => {
      const anna = await addPerson(stores, 'Anna', 'administrator')
      const mia = await addPerson(stores, 'Mia')
      const keys = [await makeKey(stores, anna, ['run', 'read', 'keys']), await makeKey(stores, mia, ['administer'])]

      for (const key of keys) {
        expect((await application.ask(method, `${api}${path}`, { key, body })).status).toBe(403)
      }
      expect(application.parts.calls).toEqual([])
      expect(await stores.accounts.list()).toHaveLength(2)
    },
  )

  it.for(administration)(
    "%s %s is open to the owner's window and to an administrator's key",
    async ([method, path, body], { stores, application }) => {
      const owner = await openOwner(stores)
      const key = await makeKey(stores, await stores.accounts.get(owner.accountId), ['administer'])

      const byWindow = await application.ask(method, `${api}${path}`, { ...owner, body })
      const byKey = await application.ask(method, `${api}${path}`, { key, body })

      expect(byWindow.status).toBeLessThan(300)
      // The same person cannot be added twice: the key came as far as that.
      expect(path === '/users' && method === 'POST' ? byKey.status === 409 : byKey.status < 300).toBe(true)
    },
  )
})

describe('users', () => {
  it('are added, changed, given a password and removed, as the contract says', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const added = await application.ask('POST', `${api}/users`, {
      ...owner,
      body: { name: 'Mia', role: 'user', password: goodPassword },
    })
    const mia = personSchema.parse(added.json)
    const changed = await application.ask('PATCH', `${api}/users/${mia.id}`, {
      ...owner,
      body: { role: 'creator', name: 'Mia B.' },
    })
    const list = await application.ask('GET', `${api}/users`, owner)

    expect(added.status).toBe(201)
    expect(mia).toMatchObject({ name: 'Mia', role: 'user', hasPassword: true, isOwner: false, disabled: false })
    expect(changed.json).toMatchObject({ name: 'Mia B.', role: 'creator' })
    expect(list.json.items.map((person: { name: string; isOwner: boolean }) => [person.name, person.isOwner])).toEqual([
      ['Anna', true],
      ['Mia B.', false],
    ])
    await signIn(stores, 'Mia B.')
    const key = await makeKey(stores, await stores.accounts.get(mia.id), ['run'])
    const password = await application.ask('PUT', `${api}/users/${mia.id}/password`, {
      ...owner,
      body: { password: 'a river of seven lamps', endKeys: true },
    })
    expect(password.status).toBe(204)
    expect(await stores.sessions.list(mia.id)).toEqual([])
    expect((await application.ask('GET', `${api}/session`, { key })).status).toBe(401)
    expect((await application.ask('DELETE', `${api}/users/${mia.id}`, owner)).status).toBe(204)
    expect(await stores.accounts.list()).toHaveLength(1)
  })

  it('keeps the owner and the last administrator', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const path = `${api}/users/${owner.accountId}`

    expect((await application.ask('DELETE', path, owner)).status).toBe(403)
    expect((await application.ask('PATCH', path, { ...owner, body: { disabled: true } })).status).toBe(403)
    expect((await application.ask('PATCH', path, { ...owner, body: { role: 'guest' } })).status).toBe(403)
    expect(await stores.accounts.get(owner.accountId)).toMatchObject({ role: 'administrator', disabled: false })
  })

  it('refuses a weak password and a taken name in words', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia')

    const weak = await application.ask('POST', `${api}/users`, {
      ...owner,
      body: { name: 'Leo', role: 'user', password: 'password1234' },
    })
    const taken = await application.ask('POST', `${api}/users`, { ...owner, body: { name: 'ＭＩＡ', role: 'user' } })

    expect(weak).toMatchObject({ status: 422, json: { code: 'PASSWORD_TOO_WEAK' } })
    expect(taken).toMatchObject({
      status: 409,
      json: { code: 'ALREADY_EXISTS', detail: 'There is already somebody named Mia.' },
    })
  })

  it('page', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    for (const name of ['Mia', 'Leo', 'Tom']) await stores.accounts.create({ name, role: 'user' }, commandLine)

    const first = await application.ask('GET', `${api}/users?limit=3`, owner)
    const second = await application.ask('GET', `${api}/users?limit=3&cursor=${first.json.nextCursor as string}`, owner)

    expect(first.json.items).toHaveLength(3)
    expect(second.json.items).toHaveLength(1)
    expect(second.json.nextCursor).toBeNull()
  })
})

describe('keys', () => {
  it('asks for the password again on the public listener (session riding)', async ({ stores, application }) => {
    await addPerson(stores, 'Mia')
    const session = await signIn(stores, 'Mia')
    const make = (password?: string) =>
      application.ask('POST', `${api}/keys`, { session, body: { name: 'Krita', password } })

    const without = await make()
    const wrong = await make('something else')
    expect(await stores.keys.list()).toEqual([])
    const right = await make(goodPassword)

    expect(without).toMatchObject({ status: 403, json: { code: 'PASSWORD_REQUIRED' } })
    expect(wrong).toMatchObject({ status: 403, json: { code: 'PASSWORD_REQUIRED' } })
    expect(wrong.json.detail).toContain('That is not your password.')
    expect(right.status).toBe(201)
    const created = createdKeySchema.parse(right.json)
    expect(created.key).toHaveLength(111)
    expect(created.scopes).toEqual(['run', 'read'])
    expect((await application.ask('GET', `${api}/session`, { key: created.key })).json.surface).toBe('key')
  })

  it('shows a key never again, and ends it', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const session = await signIn(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run'])

    const list = await application.ask('GET', `${api}/keys`, { session })
    const item = apiKeySchema.strict().parse(list.json.items[0])
    const revoked = await application.ask('DELETE', `${api}/keys/${item.id}`, { session })

    expect(list.text).not.toContain(key.slice(16, 100))
    expect(item.masked).toBe(`gh_${key.slice(3, 6)}…${key.slice(-4)}`)
    expect(revoked.status).toBe(204)
    expect((await application.ask('GET', `${api}/session`, { key })).status).toBe(401)
  })

  it("of others cannot be seen, made or ended by somebody else, not even a public administrator's session", async ({
    stores,
    application,
  }) => {
    const leo = await addPerson(stores, 'Leo')
    await addPerson(stores, 'Anna', 'administrator')
    await makeKey(stores, leo, ['run'])
    const session = await signIn(stores, 'Anna')
    const id = (await stores.keys.list())[0]?.id ?? ''

    expect((await application.ask('GET', `${api}/keys?userId=${leo.id}`, { session })).json.items).toEqual([])
    expect((await application.ask('DELETE', `${api}/keys/${id}`, { session })).status).toBe(404)
    const made = await application.ask('POST', `${api}/keys`, {
      session,
      body: { name: 'x', userId: leo.id, password: goodPassword },
    })
    expect(made.status).toBe(403)
    expect(await stores.keys.list()).toHaveLength(1)
  })

  it('never grow: no administer from a public session, none of a bigger scope from a smaller key', async ({
    stores,
    application,
  }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const session = await signIn(stores, 'Anna')
    const keysKey = await makeKey(stores, anna, ['keys', 'read'])
    const runKey = await makeKey(stores, anna, ['run'])
    const make = (options: object, scopes: Scope[]) =>
      application.ask('POST', `${api}/keys`, { ...options, body: { name: 'x', scopes, password: goodPassword } })

    expect((await make({ session }, ['administer'])).status).toBe(403)
    expect((await make({ key: keysKey }, ['run'])).status).toBe(403)
    expect((await make({ key: runKey }, ['read'])).status).toBe(403)
    expect((await make({ key: keysKey }, ['read'])).status).toBe(201)
    expect((await stores.keys.list()).map((key) => key.scopes)).not.toContainEqual(['administer'])
  })

  it("are made for others in the owner's window, administering ones for administrators only", async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')

    const made = await application.ask('POST', `${api}/keys`, {
      ...owner,
      body: { name: 'x', userId: mia.id, expiresInDays: null },
    })
    const tooMuch = await application.ask('POST', `${api}/keys`, {
      ...owner,
      body: { name: 'x', userId: mia.id, scopes: ['administer'] },
    })

    expect(made.json).toMatchObject({ user: { name: 'Mia' }, expiresAt: null })
    expect(tooMuch.status).toBe(422)
  })
})

describe('account', () => {
  it('changes the password with the old one, keeps this device and ends the others', async ({
    stores,
    application,
  }) => {
    await addPerson(stores, 'Mia')
    const session = await signIn(stores, 'Mia')
    const other = await signIn(stores, 'Mia')
    const change = (currentPassword: string) =>
      application.ask('PUT', `${api}/account/password`, {
        session,
        body: { currentPassword, newPassword: 'a river of seven lamps' },
      })

    expect((await change('wrong')).json.code).toBe('PASSWORD_REQUIRED')
    expect((await change(goodPassword)).status).toBe(204)

    expect(accountSchema.parse((await application.ask('GET', `${api}/account`, { session })).json).hasPassword).toBe(
      true,
    )
    expect((await application.ask('GET', `${api}/account`, { session: other })).status).toBe(401)
    await expect(signIn(stores, 'Mia')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  it.for(['administrator', 'creator', 'user', 'viewer', 'guest'] as const)(
    'is there for a %s',
    async (role, { stores, application }) => {
      await addPerson(stores, 'Mia', role)
      const session = await signIn(stores, 'Mia')

      expect((await application.ask('GET', `${api}/account`, { session })).json.user.role).toBe(role)
      expect((await application.ask('GET', `${api}/sessions`, { session })).json.items).toHaveLength(1)
    },
  )

  it('is closed to a key that may only run', async ({ stores, application }) => {
    const key = await makeKey(stores, await addPerson(stores, 'Mia'), ['run', 'read'])

    for (const path of ['/account', '/keys', '/sessions', '/events']) {
      expect((await application.ask('GET', `${api}${path}`, { key })).status).toBe(403)
    }
  })
})

describe('sessions', () => {
  it('are listed and ended by their person, and others by the owner', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const phone = await signIn(stores, 'Mia')
    const desk = await signIn(stores, 'Mia')
    const devices = (await application.ask('GET', `${api}/sessions`, { session: desk })).json.items
    const phoneId = devices.find((device: { current: boolean }) => !device.current).id

    expect((await application.ask('DELETE', `${api}/sessions/${phoneId as string}`, { session: desk })).status).toBe(
      204,
    )
    expect((await application.ask('GET', `${api}/session`, { session: phone })).status).toBe(401)
    expect((await application.ask('DELETE', `${api}/sessions?userId=${mia.id}`, owner)).status).toBe(204)
    expect((await application.ask('GET', `${api}/session`, { session: desk })).status).toBe(401)
  })

  it("of somebody else, and the owner's window, are not found", async ({ stores, application }) => {
    await openOwner(stores)
    await addPerson(stores, 'Mia')
    await addPerson(stores, 'Leo')
    const session = await signIn(stores, 'Mia')
    await signIn(stores, 'Leo')
    const all = await stores.sessions.list()
    const foreign = all.filter((entry) => entry.device === 'This computer' || entry.id !== all[1]?.id)

    for (const { id, accountId } of foreign) {
      if (accountId === (await stores.accounts.getByName('Mia')).id) continue
      expect((await application.ask('DELETE', `${api}/sessions/${id}`, { session })).status).toBe(404)
    }
    expect(await stores.sessions.list()).toHaveLength(3)
  })
})

describe('machine settings', () => {
  it.for([
    ['comfyui.python', '/tmp/evil'],
    ['comfyui.arguments', ['--listen', '0.0.0.0']],
    ['comfyui.directory', '\\\\attacker\\share'],
    ['comfyui.engine', 'comfyui'],
    ['comfyui.managerFromOtherDevices', true],
    ['window.startAtLogin', true],
  ] as const)(
    '%s cannot be changed over HTTP (one stolen key is not the computer)',
    async ([name, value], { stores, application }) => {
      const owner = await openOwner(stores)
      const key = await makeKey(stores, await stores.accounts.get(owner.accountId), ['administer'])
      const before = stores.settings.all()

      for (const credential of [owner, { key }]) {
        const answer = await application.ask('PATCH', `${api}/settings`, {
          ...credential,
          body: { 'limits.promptNodes': 5, [name]: value },
        })
        expect(answer).toMatchObject({ status: 403, json: { code: 'OWNER_ONLY' } })
      }
      expect(stores.settings.all()).toEqual(before)
    },
  )

  it('leave the others to be changed, all of them or none', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const good = await application.ask('PATCH', `${api}/settings`, { ...owner, body: { 'limits.promptNodes': 5 } })
    const bad = await application.ask('PATCH', `${api}/settings`, {
      ...owner,
      body: { 'limits.promptNodes': 6, 'sharing.port': 'x' },
    })

    expect(good.json['limits.promptNodes']).toBe(5)
    expect(bad.json.code).toBe('VALIDATION_FAILED')
    expect(stores.settings.get('limits.promptNodes')).toBe(5)
  })
})

describe('comfyui and sharing', () => {
  it('start what was chosen, and pass on a refusal in words', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const started = await application.ask('POST', `${api}/comfyui/start`, { ...owner, body: {} })
    application.parts.refuseStart('Choose a ComfyUI first.')
    const refused = await application.ask('POST', `${api}/comfyui/restart`, { ...owner, body: {} })

    expect(comfyuiSchema.parse(started.json).choice).toEqual({ kind: 'none' })
    expect(refused).toMatchObject({ status: 409, json: { code: 'ENGINE_REFUSED', detail: 'Choose a ComfyUI first.' } })
    expect(application.parts.calls).toEqual(['start', 'restart'])
  })

  it('switches sharing', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const answer = await application.ask('PUT', `${api}/sharing`, { ...owner, body: { on: true } })

    expect(sharingSchema.parse(answer.json).on).toBe(true)
    expect(application.parts.calls).toEqual(['sharing true'])
  })
})

describe('events', () => {
  it('tell the owner what changed, with new log lines', async ({ stores, application }) => {
    const stream = await application.openEvents(await openOwner(stores))

    await stores.accounts.create({ name: 'Mia', role: 'user' }, commandLine)
    application.parts.log('loading model')
    application.parts.setState({ kind: 'stopping', sinceMs: 0 })

    await vi.waitFor(() => {
      expect(stream.events).toContainEqual({ type: 'changed', resource: 'users' })
      expect(stream.events).toContainEqual({ type: 'changed', resource: 'comfyui' })
      expect(stream.events).toContainEqual({ type: 'log', lines: [{ sequence: 0, atMs: 0, text: 'loading model' }] })
    })
    stream.close()
  })

  it('tell others of their own things only', async ({ stores, application }) => {
    await addPerson(stores, 'Mia')
    const stream = await application.openEvents({ session: await signIn(stores, 'Mia') })

    application.parts.log('a path of this computer')
    await stores.accounts.create({ name: 'Leo', role: 'user' }, commandLine)
    await makeKey(stores, await stores.accounts.getByName('Mia'), ['run'])

    await vi.waitFor(() => expect(stream.events).toContainEqual({ type: 'changed', resource: 'keys' }))
    expect(stream.events.every((event) => ['keys', 'sessions'].includes(event.resource))).toBe(true)
    stream.close()
  })

  it('end within a second of the credential, also when another process ends it', async ({
    stores,
    openAgain,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const session = await application.openEvents({ session: await signIn(stores, 'Mia') })
    const key = await application.openEvents({ key: await makeKey(stores, mia, ['keys']) })
    const other = await openAgain()
    const startedAt = performance.now()

    await other.accounts.update(mia.id, { disabled: true }, commandLine)

    await Promise.all([session.closed, key.closed])
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('end when an administrator is one no more', async ({ stores, application }) => {
    await openOwner(stores)
    const leo = await addPerson(stores, 'Leo', 'administrator')
    const stream = await application.openEvents({ key: await makeKey(stores, leo, ['administer']) })

    await stores.accounts.update(leo.id, { role: 'creator' }, commandLine)

    await expect(stream.closed).resolves.toBeUndefined()
  })
})

describe('the OpenAPI document', () => {
  it('describes every resource', async ({ stores, application }) => {
    const answer = await application.ask('GET', '/gatehouse/api/openapi.json', await openOwner(stores))

    expect(answer.json.openapi).toBe('3.1.0')
    expect(Object.keys(answer.json.paths).sort()).toEqual(
      [
        '/account',
        '/account/password',
        '/comfyui',
        '/comfyui/log',
        '/comfyui/{command}',
        '/connections',
        '/events',
        '/jobs',
        '/jobs/queue',
        '/jobs/use',
        '/jobs/{id}',
        '/keys',
        '/keys/{id}',
        '/session',
        '/sessions',
        '/sessions/{id}',
        '/settings',
        '/sharing',
        '/users',
        '/users/{id}',
        '/users/{id}/password',
      ].map((path) => api + path),
    )
  })

  it('can be read as a page without scripts', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const answer = await application.ask('GET', '/gatehouse/api/docs', owner)

    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(answer.text).toContain('PUT /gatehouse/api/v1/account/password')
    expect(answer.text).toContain('OWNER_ONLY')
    expect(answer.text).not.toContain('<script')
    expect((await application.ask('GET', '/gatehouse/api/docs')).status).toBe(401)
  })
})
