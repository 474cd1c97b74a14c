import { describe, expect } from 'vitest'
import { sessionSchema } from '../../../proxy/contract/accounts.ts'
import { addPerson, api, makeKey } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import { goodPassword } from '../../support/storesFixture.ts'

describe('session', () => {
  it('case 38, 45: signs in with a cookie that scripts and other sites cannot use, says who one is, and signs out', async ({
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
      roleTitle: 'Creator',
      permissions: [...rolePermissions.creator],
      surface: 'people',
      mayAdminister: false,
      mayUseManager: false,
      isInApp: false,
      guest: null,
    })
    const cookie = answer.headers['set-cookie']?.[0] ?? ''
    expect(cookie).toMatch(/^gatehouse_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/)
    const session = /=([\w-]{43})/.exec(cookie)?.[1] ?? ''
    expect((await application.ask('GET', `${api}/session`, { session })).json.user.name).toBe('Mia')

    const out = await application.ask('DELETE', `${api}/session`, { session })

    expect(out.status).toBe(204)
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect(out.headers['clear-site-data']).toBe('"cache", "storage"')
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
  })

  it('case 46: signing in never takes the token that the browser came with (session fixation)', async ({
    stores,
    application,
  }) => {
    await addPerson(stores, 'Mia')
    await addPerson(stores, 'Leo')
    const body = { username: 'Mia', password: goodPassword }
    const his = await application.ask('POST', `${api}/session`, { body: { ...body, username: 'Leo' } })
    const tokenOf = (answer: typeof his): string =>
      /=([\w-]{43})/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''

    const second = await application.ask('POST', `${api}/session`, { body, session: tokenOf(his) })

    expect(tokenOf(second)).not.toBe(tokenOf(his))
    expect((await application.ask('GET', `${api}/session`, { session: tokenOf(his) })).json.user.name).toBe('Leo')
    expect((await application.ask('GET', `${api}/session`, { session: tokenOf(second) })).json.user.name).toBe('Mia')
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
