import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { systemArgon2 } from '../../proxy/accounts/passwordHasher.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Scope } from '../../proxy/contract/keys.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'
import type { CountedArgon2 } from '../support/storesFixture.ts'

const api = '/gatehouse/api/v1'
const otherPassword = 'a river of seven lamps'

interface Held extends CountedArgon2 {
  /** The next hash waits for `release`; resolves when it has begun. */
  holdNextHash(): Promise<void>
  release(): void
}

function createHeldArgon2(): Held {
  let release = (): void => undefined
  let begun = (): void => undefined
  let hold: Promise<void> | undefined
  return {
    ...systemArgon2,
    calls: [],
    hash: async (text, parameters) => {
      const hash = await systemArgon2.hash(text, parameters)
      const held = hold
      hold = undefined
      begun()
      await held
      return hash
    },
    holdNextHash: () => {
      hold = new Promise((resolve) => (release = resolve))
      return new Promise((resolve) => (begun = resolve))
    },
    release: () => release(),
  }
}

const it = applicationTest.extend<{ held: Held; argon2: CountedArgon2 }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  held: async ({}, use) => use(createHeldArgon2()),
  argon2: async ({ held }, use) => use(held),
})

async function addPerson(stores: Stores, name: string, role: 'administrator' | 'creator') {
  const passwordHash = await stores.passwords.hashNew(name, goodPassword)
  return stores.accounts.create({ name, role, passwordHash }, commandLine)
}

const createKey = (stores: Stores, accountId: string, scope: Scope) =>
  stores.keys.create({ accountId, name: 'stolen', scopes: [scope], expiresAtMs: null }, commandLine)

describe('a request that waits for its hash (outliving a revocation)', () => {
  it('of a revoked administrator makes no new administrator', async ({ stores, application, held }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const { text: key, record } = await createKey(stores, anna.id, 'administer')
    const body = { name: 'Eve', role: 'administrator', password: otherPassword }
    const begun = held.holdNextHash()
    const asked = application.ask('POST', `${api}/users`, { key, body })
    await begun

    await stores.keys.revoke(record.id, commandLine)
    held.release()

    expect((await asked).status).toBe(401)
    expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['Anna'])
  })

  it.for([
    ['demoted', { role: 'guest' }],
    ['disabled', { disabled: true }],
  ] as const)('of a %s administrator sets nobody’s password', async ([, change], { stores, application, held }) => {
    const owner = await addPerson(stores, 'Owner', 'administrator')
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const { text: key } = await createKey(stores, anna.id, 'administer')
    const begun = held.holdNextHash()
    const asked = application.ask('PUT', `${api}/users/${owner.id}/password`, {
      key,
      body: { password: otherPassword },
    })
    await begun

    await stores.accounts.update(anna.id, change, commandLine)
    held.release()

    expect((await asked).status).toBe(401)
    expect(await stores.passwords.verify(owner.id, otherPassword)).toBe(false)
  })

  it('of a revoked key makes no key', async ({ stores, application, held }) => {
    const mia = await addPerson(stores, 'Mia', 'creator')
    const { text: key, record } = await createKey(stores, mia.id, 'keys')
    const begun = held.holdNextHash()
    const asked = application.ask('POST', `${api}/keys`, { key, body: { name: 'x', scopes: ['keys'] } })
    await begun

    await stores.keys.revoke(record.id, commandLine)
    held.release()

    expect((await asked).status).toBe(401)
    expect(await stores.keys.list()).toEqual([])
  })

  it('of a session that was signed out makes no key', async ({ stores, application, held }) => {
    const mia = await addPerson(stores, 'Mia', 'creator')
    const from = { clientAddress: '192.168.1.20', secure: false, userAgent: undefined }
    const { token, session } = await stores.signIns.signIn({ userName: 'Mia', password: goodPassword, ...from })
    const begun = held.holdNextHash()
    const body = { name: 'x', password: goodPassword }
    const asked = application.ask('POST', `${api}/keys`, { session: token, body })
    await begun

    await stores.sessions.end(session.id, commandLine)
    held.release()

    expect((await asked).status).toBe(401)
    expect(await stores.keys.list(mia.id)).toEqual([])
  })

  it('goes on when nothing was revoked', async ({ stores, application, held }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const { text: key } = await createKey(stores, anna.id, 'administer')
    const body = { name: 'Leo', role: 'creator', password: otherPassword }
    const begun = held.holdNextHash()
    const asked = application.ask('POST', `${api}/users`, { key, body })
    await begun

    held.release()

    expect((await asked).status).toBe(201)
  })
})
