import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it as plainIt, vi } from 'vitest'
import { isReservedName, toLookAlikeKey } from '../../proxy/accounts/lookAlikes.ts'
import { toInvitationLink } from '../../proxy/contract/invitations.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../support/apiPeople.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'
import { wholeGateTest } from '../support/wholeGate.ts'
import { ask } from '../support/httpClient.ts'

type Who = Readonly<Record<string, unknown>>

const invite = async (application: TestApplication, who: Who, body: object = { kind: 'account', role: 'user' }) =>
  (await application.ask('POST', `${api}/invitations`, { ...who, body })).json

const accept = (application: TestApplication, token: string, name = 'Mia', address = '192.168.1.30') =>
  application.ask('POST', '/gatehouse/invite', { address, body: { token, name, password: goodPassword } })

describe('an invitation under attack', () => {
  it('used twice lets in one', async ({ stores, application }) => {
    const { token } = await invite(application, await openOwner(stores))
    expect((await accept(application, token)).status).toBe(200)
    const second = await accept(application, token, 'Leo')
    expect([second.status, second.json.code]).toEqual([410, 'INVITATION_INVALID'])
    expect(await stores.accounts.findByName('Leo')).toBeUndefined()
  })

  it('raced by ten at once makes one account', async ({ stores, application }) => {
    const { token } = await invite(application, await openOwner(stores))
    const names = Array.from({ length: 10 }, (_, index) => `Racer ${String.fromCharCode(65 + index)}a`)

    // From ten devices, so that nobody's tries are spent.
    const answers = await Promise.all(
      names.map((name, index) => accept(application, token, name, `192.168.1.${50 + index}`)),
    )

    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    expect(answers.filter(({ json }) => json.code === 'INVITATION_INVALID').length).toBe(9)
    const people = (await stores.accounts.list()).filter(({ name }) => name.startsWith('Racer'))
    expect(people.length).toBe(1)
  })

  it('wrong, used, withdrawn, expired and cut short is answered in the same words, without a hash', async ({
    stores,
    application,
    argon2,
    clock,
  }) => {
    const owner = await openOwner(stores)
    const [used, withdrawn, expired] = [
      await invite(application, owner),
      await invite(application, owner),
      await invite(application, owner, { kind: 'account', role: 'user', hours: 1 }),
    ]
    await accept(application, used.token)
    await application.ask('DELETE', `${api}/invitations/${withdrawn.invitation.id}`, owner)
    clock.advance(3_600_000)
    argon2.calls.length = 0
    const tokens = [
      'A'.repeat(43),
      used.token,
      withdrawn.token,
      expired.token,
      used.token.slice(0, 20),
      '',
      `${used.token}A`,
    ]

    const answers = await Promise.all(
      tokens.map((token, index) => accept(application, token, 'Leo', `192.168.2.${index + 1}`)),
    )
    const looks = await Promise.all(
      tokens.map((token, index) =>
        application.ask('POST', '/gatehouse/invite', { address: `192.168.3.${index + 1}`, body: { token } }),
      ),
    )

    expect(new Set([...answers, ...looks].map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(410)
    expect(argon2.calls).toEqual([])
  })

  it('guessed from one address is refused after ten tries, and from others still works', async ({
    stores,
    application,
    clock,
  }) => {
    const { token } = await invite(application, await openOwner(stores))
    for (let guess = 0; guess < 10; guess += 1) await accept(application, 'A'.repeat(43))
    const eleventh = await accept(application, token)
    expect([eleventh.status, eleventh.json.code, eleventh.headers['retry-after']]).toEqual([429, 'RATE_LIMITED', '600'])
    expect((await accept(application, token, 'Leo', '192.168.1.31')).status).toBe(200)
    clock.advance(600_000)
    expect((await accept(application, 'A'.repeat(43))).json.code).toBe('INVITATION_INVALID')
  })

  it('guessed through a tunnel counts as one, whatever address of this computer it comes from', async ({
    application,
  }) => {
    for (let guess = 0; guess < 10; guess += 1) await accept(application, 'A'.repeat(43), 'Mia', `127.0.0.${guess + 1}`)
    expect((await accept(application, 'A'.repeat(43), 'Mia', '::1')).status).toBe(429)
  })

  it('to administer is refused to a key and made in the owner’s window for an hour at most', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await openOwner(stores)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const key = await makeKey(stores, ada, ['administer'])
    const body = { kind: 'account', role: 'administrator', hours: 720 }
    const byKey = await application.ask('POST', `${api}/invitations`, { key, body })
    expect([byKey.status, byKey.json.code]).toEqual([403, 'OWNER_ONLY'])
    const resetByKey = await application.ask('POST', `${api}/invitations`, {
      key,
      body: { kind: 'password', accountId: ada.id },
    })
    expect([resetByKey.status, resetByKey.json.code]).toEqual([403, 'OWNER_ONLY'])
    expect(await stores.invitations.list()).toEqual([])

    const { token, invitation } = await invite(application, owner, body)

    expect(invitation.expiresAt).toBe('2026-11-01T13:00:00.000Z')
    clock.advance(3_600_000)
    expect((await accept(application, token)).json.code).toBe('INVITATION_INVALID')
  })

  it('ends with the rights of who made it', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const key = await makeKey(stores, ada, ['administer'])
    const [a, b] = [await invite(application, { key }), await invite(application, owner)]
    await stores.accounts.update(ada.id, { role: 'creator' }, { actor: { kind: 'commandLine' } })
    expect((await accept(application, a.token)).json.code).toBe('INVITATION_INVALID')
    await stores.accounts.update(ada.id, { role: 'administrator' }, { actor: { kind: 'commandLine' } })
    await stores.keys.revokeAllOf(ada.id, { actor: { kind: 'commandLine' } })
    // A stolen key leaves nothing behind when it is revoked.
    expect((await accept(application, a.token)).json.code).toBe('INVITATION_INVALID')
    expect((await accept(application, b.token)).status).toBe(200)
  })

  it('for a new password opens no more than it did when it was made', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia', 'user')
    const first = await invite(application, owner, { kind: 'password', accountId: mia.id })
    await stores.accounts.update(mia.id, { role: 'administrator' }, { actor: { kind: 'commandLine' } })
    expect((await accept(application, first.token)).json.code).toBe('INVITATION_INVALID')
    await stores.accounts.update(mia.id, { role: 'user', disabled: true }, { actor: { kind: 'commandLine' } })
    expect((await accept(application, first.token)).json.code).toBe('INVITATION_INVALID')
    await expect(signIn(stores, 'Mia')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  it('for a new password ends with the next password, whoever set it (link read by somebody else)', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia', 'user')
    const { token, invitation } = await invite(application, owner, { kind: 'password', accountId: mia.id })

    await stores.passwords.set(mia.id, 'maple canyon thunder brick', { actor: { kind: 'commandLine' } })

    const refused = await accept(application, token)
    expect([refused.status, refused.json.code]).toEqual([410, 'INVITATION_INVALID'])
    expect((await stores.invitations.list()).find(({ id }) => id === invitation.id)?.state).toBe('withdrawn')
    await expect(signIn(stores, 'Mia')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  it('for a new password stays ended for who was turned away, or had another role, and is back', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia', 'user')
    for (const [gone, back] of [
      [{ disabled: true }, { disabled: false }],
      [{ role: 'creator' }, { role: 'user' }],
    ] as const) {
      const { token } = await invite(application, owner, { kind: 'password', accountId: mia.id })
      await stores.accounts.update(mia.id, gone, { actor: { kind: 'commandLine' } })
      await stores.accounts.update(mia.id, back, { actor: { kind: 'commandLine' } })
      expect((await accept(application, token)).json.code).toBe('INVITATION_INVALID')
    }
    await expect(signIn(stores, 'Mia')).resolves.toBeDefined()
  })

  it.for(['disabled', 'given another password'] as const)(
    'opens no session for who is %s between the account and the session',
    async (how, { stores, application }) => {
      const mia = await addPerson(stores, 'Mia', 'user')
      const { token } = await invite(application, await openOwner(stores), { kind: 'password', accountId: mia.id })
      const open = stores.sessions.open.bind(stores.sessions)
      const by = { actor: { kind: 'commandLine' } } as const
      vi.spyOn(stores.sessions, 'open').mockImplementationOnce(async (session, actedBy) => {
        if (how === 'disabled') await stores.accounts.update(mia.id, { disabled: true }, by)
        else await stores.passwords.set(mia.id, 'another kayak orbit lamp', by)
        return open(session, actedBy)
      })

      const answer = await accept(application, token)

      expect([answer.status, answer.json.code]).toEqual([401, 'SIGN_IN_FAILED'])
      await stores.accounts.update(mia.id, { disabled: false }, by)
      expect(await stores.sessions.list(mia.id)).toEqual([])
    },
  )

  it('for a new password is outlived by no token, session or known browser’s way in with the old one', async ({
    stores,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia', 'user')
    const asked = { userName: 'Mia', password: goodPassword, clientAddress: '192.168.1.30', secure: false }
    const before = { ...asked, userAgent: undefined }
    const jwt = (await stores.signIns.openToken({ ...before, use: 'api', lifetimeMs: 3_600_000 })).text
    const { deviceToken } = await stores.signIns.signIn(before)
    const authenticate = () =>
      stores.authenticator.authenticate({
        presented: { kind: 'bearer', token: jwt },
        ...{ listener: 'public', secure: false, clientAddress: '192.168.1.30' },
      })
    await expect(authenticate()).resolves.toMatchObject({ name: 'Mia' })
    const { token } = await invite(application, await openOwner(stores), { kind: 'password', accountId: mia.id })

    const password = 'another kayak orbit lamp'
    const used = await application.ask('POST', '/gatehouse/invite', {
      address: '192.168.1.31',
      body: { token, password },
    })

    expect(used.status).toBe(200)
    await expect(authenticate()).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    await expect(stores.signIns.signIn({ ...before, deviceToken })).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    expect(await stores.sessions.list(mia.id)).toHaveLength(1)
  })

  it('made by a key ends when the key does', async ({ stores, application, clock }) => {
    await openOwner(stores)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const { text: key } = await stores.keys.create(
      { accountId: ada.id, name: 'tool', scopes: ['administer'], expiresAtMs: clock.nowMs() + 3_600_000 },
      { actor: { kind: 'commandLine' } },
    )
    const body = { kind: 'account', role: 'creator', hours: 720 }
    const { token } = await invite(application, { key }, body)
    clock.advance(3_600_000)
    const refused = await accept(application, token)
    expect([refused.status, refused.json.code]).toEqual([410, 'INVITATION_INVALID'])
    expect(await stores.accounts.findByName('Mia')).toBeUndefined()
  })

  it.each([
    ['a Cyrillic M', 'Мia'],
    ['rn for m', 'rnia'],
    ['another case and an accent', 'MÍA'],
    ['a digit', 'M1a'],
    ['full width', 'Ｍｉａ'],
    ['what is not seen', 'M i a'],
    ['points', 'Mia...'],
  ])('does not make a second Mia by %s', (_how, name) => {
    expect(toLookAlikeKey(name)).toBe(toLookAlikeKey('Mia'))
  })

  it('does not make somebody who looks like another one', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia', 'administrator')
    const { token } = await invite(application, owner)
    for (const name of ['Мia', 'rnia', 'M1a', 'Αnna']) expect((await accept(application, token, name)).status).toBe(409)
    for (const name of ['Windows Update', 'Gatehouse', 'Guest 5', 'Adm1n', 'a\u202eb', '...']) {
      expect([name, (await accept(application, token, name)).status]).toEqual([name, 422])
    }
    expect((await stores.accounts.list()).length).toBe(2)
  })
})

plainIt('names of people who only share letters are not alike', () => {
  const names = ['Mia', 'Maria', 'Leo', 'Lea', 'Tom', 'Anna', 'Hanna', 'Ben', 'Света', 'Ωmega', '小林', 'Zoë', 'Björn']
  expect(new Set(names.map(toLookAlikeKey)).size).toBe(names.length)
  for (const name of names) expect([name, isReservedName(name)]).toEqual([name, false])
})

const filesBelow = (directory: string): string[] =>
  readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })

wholeGateTest(
  'a chat that fetches the link, and what is logged and stored, learn nothing of the token',
  async ({ whole, dataDirectory, logger }) => {
    const { stores, port } = whole
    await stores.ownerSessions.openOwnerSession('Anna')
    const { token } = await stores.invitations.invite({ role: 'user' }, { actor: { kind: 'commandLine' } })
    const link = new URL(toInvitationLink(`http://127.0.0.1:${port}/`, token))
    expect(`${link.pathname}${link.search}`).not.toContain(token)
    const preview = { headers: { 'user-agent': 'TelegramBot (like TwitterBot)', accept: 'text/html' } }

    for (const method of ['GET', 'HEAD', 'GET', 'OPTIONS']) await ask(port, link.pathname, { method, ...preview })
    // Somebody's own doing: the token in an address, which is then in the log of whatever stands between.
    await ask(port, `${link.pathname}?token=${token}`, preview)
    await ask(port, '/gatehouse/invite', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: token })

    const json = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
    const body = JSON.stringify({ token, name: 'Mia', password: goodPassword })
    const foreign = {
      method: 'POST',
      headers: { ...json, 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' },
      body,
    }
    expect((await ask(port, '/gatehouse/invite', foreign)).status).toBe(403)
    expect((await ask(port, '/gatehouse/invite', { method: 'POST', headers: json, body })).status).toBe(200)
    await stores.close()
    expect(logger.lines.join('\n')).not.toContain(token)
    for (const file of filesBelow(dataDirectory))
      expect([file, readFileSync(file).includes(token)]).toEqual([file, false])
  },
)
