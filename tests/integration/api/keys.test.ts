import { describe, expect } from 'vitest'
import { apiKeySchema, createdKeySchema } from '../../../proxy/contract/keys.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

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
