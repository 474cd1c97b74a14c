import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { reservedPermissions } from '../../proxy/contract/permissions.ts'
import { roleAnswerSchema } from '../../proxy/contract/roleRules.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../support/apiPeople.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { AskOptions, TestApplication } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'

/** A role of the owner's own, by the API. */
async function createStudio(application: TestApplication, as: AskOptions, copyOf = 'creator') {
  const made = await application.ask('POST', `${api}/roles`, { ...as, body: { title: 'Studio', copyOf } })
  expect(made.status).toBe(201)
  return roleAnswerSchema.parse(made.json)
}

const readRow = (stores: Stores, id: string) =>
  stores.database.kysely.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

async function addStudioPerson(stores: Stores, name = 'Mia') {
  const passwordHash = await stores.passwords.hashNew(name, goodPassword)
  return stores.accounts.create({ name, role: 'studio', passwordHash }, commandLine)
}

describe('a role that smuggles what is reserved (privilege escalation)', () => {
  it.for(reservedPermissions)(
    'cannot be saved with "%s", in words, and keeps what it had',
    async (permission, { stores, application }) => {
      const owner = await openOwner(stores)
      const { permissions } = await createStudio(application, owner)

      const answer = await application.ask('PATCH', `${api}/roles/studio`, {
        ...owner,
        body: { permissions: ['canvas', permission] },
      })

      expect(answer).toMatchObject({ status: 422, json: { code: 'VALIDATION_FAILED' } })
      expect(answer.json.detail).toMatch(/^Only administrators may .+ No other role can have that\.$/)
      expect([...(await stores.roles.get('studio')).permissions]).toEqual(permissions)
    },
  )

  it('gives nothing reserved although it stands in the database, to nobody who has it', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    await createStudio(application, owner)
    const mia = await addStudioPerson(stores)
    const all = JSON.stringify(['canvas', 'account', ...reservedPermissions])
    await stores.database.kysely.updateTable('roles').set({ permissions: all }).where('id', '=', 'studio').execute()
    stores.changes.emit('roles')
    const key = await makeKey(stores, mia, ['run', 'read', 'keys', 'administer'])

    const self = await application.ask('GET', `${api}/session`, { key })
    const people = await application.ask('GET', `${api}/users`, { key })

    expect(self.json).toMatchObject({ permissions: ['canvas', 'account'], mayAdminister: false, mayUseManager: false })
    expect(people).toMatchObject({ status: 403, json: { detail: 'Only an administrator may do that.' } })
  })

  it('copied from Administrator is bound by permissions, nodes and limits', async ({ stores, application }) => {
    const copy = await createStudio(application, await openOwner(stores), 'administrator')

    expect(copy.permissions).not.toEqual(expect.arrayContaining([...reservedPermissions]))
    for (const permission of reservedPermissions) expect(copy.permissions).not.toContain(permission)
    expect(copy).toMatchObject({ base: 'creator', nodes: { rule: 'harmless', allowed: [], denied: [] } })
  })

  it('cannot be given every node', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await createStudio(application, owner)
    for (const id of ['studio', 'creator', 'guest']) {
      const body = { nodes: { rule: 'all', allowed: [], denied: [] } }
      expect((await application.ask('PATCH', `${api}/roles/${id}`, { ...owner, body })).status).toBe(422)
      expect(JSON.parse((await readRow(stores, id)).nodes)).toMatchObject({ rule: 'harmless' })
    }
  })
})

describe('a role that passes for one that is always there', () => {
  it.for(['Administrator', 'administrator', 'ADMINISTRATOR', 'Ａdministrator', ' Guest ', 'user'])(
    'cannot be called "%s"',
    async (title, { stores, application }) => {
      const owner = await openOwner(stores)

      const answer = await application.ask('POST', `${api}/roles`, { ...owner, body: { title, copyOf: 'viewer' } })

      expect(answer).toMatchObject({ status: 409, json: { code: 'ALREADY_EXISTS' } })
      expect(await stores.roles.list()).toHaveLength(5)
    },
  )

  it('has an id of its own, whatever letters its name has', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const ids: string[] = []
    for (const title of ['Guest!', 'Güest', '客人', '1st', 'x'.repeat(40)]) {
      const made = await application.ask('POST', `${api}/roles`, { ...owner, body: { title, copyOf: 'viewer' } })
      ids.push(roleAnswerSchema.parse(made.json).id)
    }
    expect(ids).toEqual(['guest-2', 'gu-est', expect.stringMatching(/^role-[a-z0-9]{8}$/), 'st', 'x'.repeat(24)])
    expect((await stores.roles.get('guest')).permissions.has('workflows')).toBe(true)
  })

  it.for([
    ['another case', 'Administrator'],
    ['a space', 'administrator '],
    ['letters that look alike', 'аdministrator'],
    ['nothing at all', 'nobody'],
  ])('is given to nobody by %s', async ([, role], { stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia', 'viewer')

    for (const [method, path] of [
      ['PATCH', `/users/${mia.id}`],
      ['POST', '/users'],
    ] as const) {
      const body = { name: 'Leo', role }
      expect((await application.ask(method, `${api}${path}`, { ...owner, body })).status).toBe(422)
    }
    expect((await stores.accounts.list()).map((one) => one.role).sort()).toEqual(['administrator', 'viewer'])
  })

  it.for(['administrator', 'creator', 'user', 'viewer', 'guest'])(
    '%s cannot be removed, renamed or given other permissions',
    async (id, { stores, application }) => {
      const owner = await openOwner(stores)
      const before = await readRow(stores, id)

      const removed = await application.ask('DELETE', `${api}/roles/${id}`, owner)
      const changes = [{ title: 'Other' }, { meaning: 'Other' }, { permissions: ['canvas', 'graphs'] }]
      for (const body of changes) {
        const changed = await application.ask('PATCH', `${api}/roles/${id}`, { ...owner, body })
        expect(changed).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
      }

      expect(removed).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
      expect(await readRow(stores, id)).toEqual(before)
    },
  )
})

describe('roles changed by whoever may not', () => {
  it.for([
    ['a stolen session of an administrator on the people’s address', 'administrator', undefined],
    ['a session of a creator', 'creator', undefined],
    ['a key of an administrator without the scope', 'administrator', ['run', 'read', 'keys']],
    ['a key of a creator with every scope', 'creator', ['run', 'read', 'keys', 'administer']],
  ] as const)('are refused: %s', async ([, role, scopes], { stores, application }) => {
    await createStudio(application, await openOwner(stores))
    const eve = await addPerson(stores, 'Eve', role)
    const as: AskOptions =
      scopes === undefined ? { session: await signIn(stores, 'Eve') } : { key: await makeKey(stores, eve, [...scopes]) }

    const answers = [
      await application.ask('POST', `${api}/roles`, { ...as, body: { title: 'Mine', copyOf: 'creator' } }),
      await application.ask('PATCH', `${api}/roles/studio`, { ...as, body: { permissions: [] } }),
      await application.ask('DELETE', `${api}/roles/studio`, as),
      await application.ask('GET', `${api}/roles`, as),
    ]

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect((await stores.roles.list()).map(({ id }) => id)).toContain('studio')
    expect((await stores.roles.get('studio')).permissions.has('graphs')).toBe(true)
    expect(await stores.roles.list()).toHaveLength(6)
  })

  it('outlive no revocation: who was demoted while they saved changes nothing', async ({ stores, application }) => {
    await createStudio(application, await openOwner(stores))
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const principal = await stores.authenticator.authenticate({
      presented: { kind: 'bearer', token: await makeKey(stores, ada, ['administer']) },
      ...{ listener: 'owner', secure: false, clientAddress: '127.0.0.1' },
    })
    const by = { actor: { kind: 'system' } as const, authority: principal }
    await stores.accounts.update(ada.id, { role: 'viewer' }, commandLine)

    await expect(stores.roles.change('studio', { permissions: [] }, by)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    await expect(stores.roles.remove('studio', by)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    expect((await stores.roles.get('studio')).permissions.size).toBeGreaterThan(0)
  })
})

describe('a role that is removed or gives less', () => {
  it('cannot be removed while somebody has it, and nobody is left without one', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await createStudio(application, owner)
    const mia = await addStudioPerson(stores)

    const answer = await application.ask('DELETE', `${api}/roles/studio`, owner)

    expect(answer).toMatchObject({ status: 409, json: { code: 'ROLE_IN_USE' } })
    expect(answer.json.detail).toBe('One person has the role Studio. Give them another one first.')
    await stores.accounts.update(mia.id, { role: 'viewer' }, commandLine)
    expect((await application.ask('DELETE', `${api}/roles/studio`, owner)).status).toBe(204)
    await expect(stores.accounts.update(mia.id, { role: 'studio' }, commandLine)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
  })

  it.for([['in this process'], ['in another one']] as const)(
    'holds at the next request, written %s',
    async ([where], { stores, openAgain, application }) => {
      await createStudio(application, await openOwner(stores))
      const key = await makeKey(stores, await addStudioPerson(stores), ['run', 'read'])
      const read = () => application.ask('GET', `${api}/outputs`, { key })
      expect((await read()).status).toBe(200)
      const writing = where === 'in this process' ? stores : await openAgain()

      await writing.roles.change('studio', { permissions: ['canvas'] }, commandLine)

      await vi.waitFor(async () => expect((await read()).status).toBe(403), { timeout: 1000, interval: 20 })
      expect((await read()).json.detail).toBe(
        'People with the role “Studio” may not have pictures, and remove their own.',
      )
    },
  )

  it('ends an open event stream within a second, and opens the next one with less', async ({ stores, application }) => {
    await createStudio(application, await openOwner(stores))
    await addStudioPerson(stores)
    const stream = await application.openEvents({ session: await signIn(stores, 'Mia') })
    const startedAt = performance.now()

    await stores.roles.change('studio', { permissions: ['canvas'] }, commandLine)

    await stream.closed
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('makes no key for whoever lost their account while it was hashed', async ({ stores, application }) => {
    await createStudio(application, await openOwner(stores))
    const mia = await addStudioPerson(stores)
    const text = await makeKey(stores, mia, ['keys'])
    const input = { listener: 'public', secure: false, clientAddress: '127.0.0.1' } as const
    const principal = await stores.authenticator.authenticate({ presented: { kind: 'bearer', token: text }, ...input })
    await stores.roles.change('studio', { permissions: ['canvas'] }, commandLine)

    const key = { accountId: mia.id, name: 'late', scopes: ['keys'], expiresAtMs: null } as const
    const by = { actor: { kind: 'system' } as const, authority: principal }
    await expect(stores.keys.create(key, by)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    expect(await stores.keys.list(mia.id)).toHaveLength(1)
  })
})

describe('what is done with roles', () => {
  it('stands in the log: made, changed and removed, by whom', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await createStudio(application, owner)
    const body = { permissions: ['canvas', 'graphs'] }
    await application.ask('PATCH', `${api}/roles/studio`, { ...owner, body })
    await application.ask('DELETE', `${api}/roles/studio`, owner)

    await stores.audit.flush()
    const rows = await stores.database.kysely.selectFrom('audit').selectAll().orderBy('seq').execute()
    const told = rows.filter(({ event }) => event.startsWith('role.'))
    const bySession: unknown = expect.any(String)
    expect(told.map(({ event, actor_name, details }) => [event, actor_name, JSON.parse(details)])).toEqual([
      ['role.created', 'Anna', { role: 'studio', title: 'Studio', copyOf: 'creator', bySession }],
      [
        'role.changed',
        'Anna',
        { role: 'studio', changed: ['permissions'], permissions: ['canvas', 'graphs'], bySession },
      ],
      ['role.removed', 'Anna', { role: 'studio', title: 'Studio', bySession }],
    ])
  })
})
