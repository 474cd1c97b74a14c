import { describe, expect } from 'vitest'
import { accountSchema } from '../../../proxy/contract/accounts.ts'
import { addPerson, api, makeKey, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

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

  it.for(['administrator', 'creator', 'user', 'viewer'] as const)(
    'is there for a %s',
    async (role, { stores, application }) => {
      await addPerson(stores, 'Mia', role)
      const session = await signIn(stores, 'Mia')

      expect((await application.ask('GET', `${api}/account`, { session })).json.user.role).toBe(role)
      expect((await application.ask('GET', `${api}/sessions`, { session })).json.items).toHaveLength(1)
    },
  )

  it('is closed to a guest, who has none to look after', async ({ stores, application }) => {
    await addPerson(stores, 'Mia', 'guest')
    const session = await signIn(stores, 'Mia')

    for (const path of ['/account', '/keys', '/sessions']) {
      const answer = await application.ask('GET', `${api}${path}`, { session })
      expect(answer).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
      expect(answer.json.detail).toMatch(/^People with the role “Guest” may not /)
    }
  })

  it('is closed to a key that may only run', async ({ stores, application }) => {
    const key = await makeKey(stores, await addPerson(stores, 'Mia'), ['run', 'read'])

    for (const path of ['/account', '/keys', '/sessions']) {
      expect((await application.ask('GET', `${api}${path}`, { key })).status).toBe(403)
    }
  })
})
