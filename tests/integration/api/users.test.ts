import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { personSchema } from '../../../proxy/contract/accounts.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

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
