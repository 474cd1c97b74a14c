import { describe, expect } from 'vitest'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { TestApplication } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

type Owner = Awaited<ReturnType<typeof openOwner>>

const invite = async (application: TestApplication, owner: Owner, body: object = { kind: 'account', role: 'user' }) => {
  const answer = await application.ask('POST', `${api}/invitations`, { ...owner, body })
  expect([answer.status, answer.text.length > 0]).toEqual([201, true])
  return { id: String(answer.json.invitation.id), token: String(answer.json.token), answer: answer.json }
}

const accept = (application: TestApplication, token: string, name = 'Mia', password = goodPassword) =>
  application.ask('POST', '/gatehouse/invite', { body: { token, name, password } })

describe('an invitation', () => {
  it('makes one account with the chosen name and role, and signs its person in', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { id, token } = await invite(application, owner)

    const answer = await accept(application, token)

    expect(answer.status).toBe(200)
    expect(answer.json.user).toMatchObject({ name: 'Mia', role: 'user' })
    const session = /^gatehouse_session=([\w-]{43}); Path=\/; HttpOnly; SameSite=Lax/.exec(
      answer.headers['set-cookie']?.[0] ?? '',
    )?.[1]
    const me = await application.ask('GET', `${api}/session`, { session: session ?? '' })
    expect([me.status, me.json.user.name]).toEqual([200, 'Mia'])
    expect((await signIn(stores, 'Mia')).length).toBe(43)
    const { json } = await application.ask('GET', `${api}/invitations`, owner)
    expect(json.items).toEqual([
      expect.objectContaining({ id, state: 'used', usedBy: { id: answer.json.user.id, name: 'Mia' } }),
    ])
  })

  it('says what it offers without being used up', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { token } = await invite(application, owner, { kind: 'account', role: 'creator', name: 'Leo' })

    for (let look = 0; look < 3; look += 1) {
      const offer = await application.ask('POST', '/gatehouse/invite', { body: { token } })
      expect([offer.status, offer.json]).toEqual([
        200,
        { kind: 'account', name: 'Leo', roleTitle: 'Creator', expiresAt: '2026-11-02T12:00:00.000Z' },
      ])
    }

    expect((await accept(application, token, 'Leo')).status).toBe(200)
  })

  it('keeps its link when the password is too weak or the name is taken', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia')
    const { token } = await invite(application, owner)

    expect((await accept(application, token, 'Leo', 'short')).json.code).toBe('PASSWORD_TOO_WEAK')
    expect((await accept(application, token, 'mia')).json.code).toBe('ALREADY_EXISTS')
    expect((await accept(application, token, '')).json.code).toBe('VALIDATION_FAILED')

    expect((await accept(application, token, 'Leo')).status).toBe(200)
  })

  it('gives the room for files that was chosen', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const five = await invite(application, owner, { kind: 'account', role: 'user', quotaBytes: 5 * 1024 ** 3 })
    const none = await invite(application, owner, { kind: 'account', role: 'user', quotaBytes: null })

    const mia = await accept(application, five.token, 'Mia')
    const leo = await accept(application, none.token, 'Leo')

    const quotaOf = async (id: string) => (await application.folders.folders.get(id)).quotaBytes
    expect(await quotaOf(mia.json.user.id)).toBe(5 * 1024 ** 3)
    expect(await quotaOf(leo.json.user.id)).toBeNull()
  })

  it('is a link with the token behind #, once there is an address', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    expect((await invite(application, owner)).answer.link).toBeNull()
    const { sharing } = application.parts.dependencies
    const describe = sharing.describe.bind(sharing)
    sharing.describe = () => ({ ...describe(), on: true, codeUrl: 'http://192.168.1.20:8190/' })

    const { token, answer } = await invite(application, owner)

    expect(answer.link).toBe(`http://192.168.1.20:8190/gatehouse/invite#${token}`)
    expect(token).toMatch(/^[\w-]{43}$/)
  })

  it('leads to its page, which reads nothing of it', async ({ application }) => {
    const page = await application.ask('GET', '/gatehouse/invite')
    expect([page.status, page.headers['referrer-policy'], page.text]).toEqual([
      200,
      'same-origin',
      expect.stringContaining('portal page'),
    ])
  })

  it('is listed page by page, and withdrawn', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { id, token } = await invite(application, owner)
    await invite(application, owner)
    const first = await application.ask('GET', `${api}/invitations?limit=1`, owner)
    expect([first.json.items.length, typeof first.json.nextCursor]).toEqual([1, 'string'])

    expect((await application.ask('DELETE', `${api}/invitations/${id}`, owner)).status).toBe(204)

    expect((await accept(application, token)).json.code).toBe('INVITATION_INVALID')
    expect((await application.ask('DELETE', `${api}/invitations/${id}`, owner)).status).toBe(404)
    expect(await stores.accounts.findByName('Mia')).toBeUndefined()
  })

  it('is made only by who administers', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    await addPerson(stores, 'Ada', 'administrator')
    const body = { kind: 'account', role: 'user' }
    const key = await makeKey(stores, mia, ['run', 'read', 'keys'])
    const asked = [{ key }, { session: await signIn(stores, 'Mia') }, { session: await signIn(stores, 'Ada') }, {}]
    for (const who of asked) {
      const answer = await application.ask('POST', `${api}/invitations`, { ...who, body })
      expect([403, 401]).toContain(answer.status)
    }
    expect(await stores.invitations.list()).toEqual([])
  })
})

describe('a link for a new password', () => {
  it('sets it once, ends every session, and leaves keys as they are', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const before = await signIn(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { token } = await invite(application, owner, { kind: 'password', accountId: mia.id })

    const answer = await accept(application, token, 'ignored', 'nine green kites above town')

    expect([answer.status, answer.json.user]).toEqual([200, { id: mia.id, name: 'Mia', role: 'creator' }])
    expect((await application.ask('GET', `${api}/session`, { session: before })).status).toBe(401)
    expect((await application.ask('GET', `${api}/session`, { key })).status).toBe(200)
    await expect(signIn(stores, 'Mia')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    expect((await accept(application, token)).json.code).toBe('INVITATION_INVALID')
  })

  it('ends the keys too when asked', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const { token } = await invite(application, owner, { kind: 'password', accountId: mia.id, endKeys: true })
    expect((await application.ask('GET', `${api}/session`, { key })).status).toBe(200)

    await accept(application, token, '', 'nine green kites above town')

    expect((await application.ask('GET', `${api}/session`, { key })).status).toBe(401)
  })

  it('holds an hour, and only the newest one', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const first = await invite(application, owner, { kind: 'password', accountId: mia.id })
    const second = await invite(application, owner, { kind: 'password', accountId: mia.id })
    expect((await accept(application, first.token)).json.code).toBe('INVITATION_INVALID')

    clock.advance(3_600_000)

    expect((await accept(application, second.token)).json.code).toBe('INVITATION_INVALID')
  })
})
