import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Scope } from '../../proxy/contract/keys.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'

const api = '/gatehouse/api/v1'

async function addMia(stores: Stores) {
  const passwordHash = await stores.passwords.hashNew('Mia', goodPassword)
  return stores.accounts.create({ name: 'Mia', role: 'viewer', passwordHash }, commandLine)
}

async function createKey(stores: Stores, accountId: string, expiresAtMs: number | null) {
  const scopes: readonly Scope[] = ['run', 'keys']
  return (await stores.keys.create({ accountId, name: 'stolen', scopes, expiresAtMs }, commandLine)).text
}

describe('a stolen key that makes keys', () => {
  it.for([[null], [3650], [undefined]])(
    'cannot outlive itself in one that it makes (expiresInDays %s)',
    async ([expiresInDays], { stores, application, clock }) => {
      const mia = await addMia(stores)
      const endMs = clock.nowMs() + 3_600_000
      const key = await createKey(stores, mia.id, endMs)

      const made = await application.ask('POST', `${api}/keys`, { key, body: { name: 'x', expiresInDays } })

      expect(made.status).toBe(201)
      expect(made.json.expiresAt).toBe(new Date(endMs).toISOString())
      clock.advance(3_600_000)
      expect((await application.ask('GET', `${api}/session`, { key: made.json.key })).status).toBe(401)
    },
  )

  it('loses them, and what they made, when it is revoked', async ({ stores, application }) => {
    const mia = await addMia(stores)
    const key = await createKey(stores, mia.id, null)
    const make = async (by: string): Promise<string> => {
      const made = await application.ask('POST', `${api}/keys`, { key: by, body: { name: 'x', scopes: ['keys'] } })
      return made.json.key
    }
    const child = await make(key)
    const grandchild = await make(child)
    const own = await createKey(stores, mia.id, null)
    expect((await application.ask('GET', `${api}/session`, { key: grandchild })).status).toBe(200)

    expect((await application.ask('DELETE', `${api}/keys/${key.slice(3, 15)}`, { key: own })).status).toBe(204)

    for (const lost of [key, child, grandchild]) {
      expect((await application.ask('GET', `${api}/session`, { key: lost })).status).toBe(401)
    }
    expect((await stores.keys.list(mia.id)).map(({ id }) => id)).toEqual([own.slice(3, 15)])
  })

  it('costs no hash once it may make no more, so that other keys are not kept waiting', async ({
    stores,
    application,
    argon2,
  }) => {
    const mia = await addMia(stores)
    const key = await createKey(stores, mia.id, null)
    for (let number = 2; number <= 100; number += 1) await createKey(stores, mia.id, null)
    await application.ask('GET', `${api}/session`, { key })
    const before = argon2.calls.length

    await application.ask('POST', `${api}/keys`, { key, body: { name: 'x' } })

    expect(argon2.calls.slice(before)).toEqual([])
  })

  it('cannot fill the database with them', async ({ stores, application }) => {
    const mia = await addMia(stores)
    const key = await createKey(stores, mia.id, null)
    for (let number = 2; number <= 100; number += 1) await createKey(stores, mia.id, null)

    const made = await application.ask('POST', `${api}/keys`, { key, body: { name: 'x' } })

    expect(made.status).toBe(422)
    expect(made.json.detail).toBe('There are 100 keys of this person already. Revoke some first.')
    expect(await stores.keys.list(mia.id)).toHaveLength(100)
  })
})

describe('a guest who signs in again and again', () => {
  it('fills neither the database nor the list that is looked through every second', async ({ stores, clock }) => {
    const mia = await addMia(stores)
    const leo = await stores.accounts.create({ name: 'Leo', role: 'user' }, commandLine)
    const open = (accountId: string, fromOwnerWindow = false) =>
      stores.sessions.open(
        { accountId, surface: 'people', fromOwnerWindow, secure: false, device: 'curl', address: '192.168.1.20' },
        commandLine,
      )
    const others = [await open(leo.id), await open(mia.id, true)]
    const first = await open(mia.id)
    for (let number = 2; number <= 60; number += 1) {
      clock.advance(1000)
      await open(mia.id)
    }

    const left = await stores.sessions.list(mia.id)

    expect(left.filter((session) => !session.fromOwnerWindow)).toHaveLength(50)
    expect(await stores.sessions.findByToken(first.token)).toBeUndefined()
    for (const { token } of others) expect(await stores.sessions.findByToken(token)).toBeDefined()
  })
})
