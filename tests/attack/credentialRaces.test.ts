import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { systemArgon2 } from '../../proxy/accounts/passwordHasher.ts'
import type { Argon2 } from '../../proxy/accounts/passwordHasher.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import { goodPassword, storesTest } from '../support/storesFixture.ts'
import { TabClient } from '../support/tabClient.ts'

const api = '/gatehouse/api/v1'
const otherPassword = 'a river of seven lamps'

async function addPerson(stores: Stores, name: string, role: 'administrator' | 'creator' = 'creator') {
  const passwordHash = await stores.passwords.hashNew(name, goodPassword)
  return stores.accounts.create({ name, role, passwordHash }, commandLine)
}

const signIn = (stores: Stores, password = goodPassword) =>
  stores.signIns.signIn({
    userName: 'Mia',
    password,
    clientAddress: '192.168.1.20',
    secure: false,
    userAgent: undefined,
  })

/** A request whose body is begun and held back until `finish`, which resolves to the answer's status. */
function beginRequest(origin: string, method: string, path: string, headers: Record<string, string>, body: object) {
  const text = JSON.stringify(body)
  const length = String(Buffer.byteLength(text))
  const request = httpRequest(`${origin}${api}${path}`, {
    method,
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
  })
  const status = new Promise<number>((resolve, reject) => {
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject)
  })
  const begun = new Promise<void>((resolve) => request.write(text.slice(0, 1), () => resolve()))
  return { begun, finish: () => (request.end(text.slice(1)), status) }
}

describe('a request whose body is dribbled in (outliving a revocation)', () => {
  applicationTest('of a revoked administrator makes no new administrator', async ({ stores, application }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const key = { accountId: anna.id, name: 'stolen', scopes: ['administer'], expiresAtMs: null } as const
    const { text, record } = await stores.keys.create(key, commandLine)
    const headers = { authorization: `Bearer ${text}` }
    const body = { name: 'Eve', role: 'administrator', password: otherPassword }
    const request = beginRequest(application.origin, 'POST', '/users', headers, body)
    await request.begun
    await expect.poll(() => stores.usage.findKeyUse(record.id)).toBeDefined()

    await stores.keys.revoke(record.id, commandLine)

    expect(await request.finish()).toBe(401)
    expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['Anna'])
  })

  applicationTest('of a demoted administrator has lost the right, too', async ({ stores, application }) => {
    await addPerson(stores, 'Owner', 'administrator')
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const key = { accountId: anna.id, name: 'own', scopes: ['administer'], expiresAtMs: null } as const
    const { text, record } = await stores.keys.create(key, commandLine)
    const headers = { authorization: `Bearer ${text}` }
    const request = beginRequest(application.origin, 'PATCH', `/users/${anna.id}`, headers, { role: 'administrator' })
    await request.begun
    await expect.poll(() => stores.usage.findKeyUse(record.id)).toBeDefined()

    await stores.accounts.update(anna.id, { role: 'guest' }, commandLine)

    expect(await request.finish()).toBe(403)
    expect((await stores.accounts.get(anna.id)).role).toBe('guest')
  })
})

/** argon2 whose next verification holds its answer back until `release`. */
function createHeldArgon2() {
  let release = (): void => undefined
  let begun = (): void => undefined
  let hold: Promise<void> | undefined
  const argon2: Argon2 = {
    ...systemArgon2,
    verify: async (hash, text) => {
      const isRight = await systemArgon2.verify(hash, text)
      const held = hold
      hold = undefined
      begun()
      await held
      return isRight
    },
  }
  return {
    argon2,
    holdNext: () => {
      hold = new Promise((resolve) => (release = resolve))
      return new Promise<void>((resolve) => (begun = resolve))
    },
    release: () => release(),
  }
}

describe('a sign-in that is on its way (outliving what ends all sessions)', () => {
  storesTest('case 46: with the old password gets no session once the password was changed', async ({ openAgain }) => {
    const held = createHeldArgon2()
    const stores = await openAgain({ argon2: held.argon2 })
    const mia = await addPerson(stores, 'Mia')
    const newHash = await stores.passwords.hashNew('Mia', otherPassword)
    const begun = held.holdNext()
    const attempt = signIn(stores)
    await begun

    await stores.passwordHashes.set(mia.id, newHash, commandLine)
    held.release()

    await expect(attempt).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    expect(await stores.sessions.list()).toEqual([])
    await expect(signIn(stores, otherPassword)).resolves.toMatchObject({ account: { name: 'Mia' } })
  })

  storesTest('leaves nothing that works when a disabled account is enabled again', async ({ openAgain }) => {
    const held = createHeldArgon2()
    const stores = await openAgain({ argon2: held.argon2 })
    const mia = await addPerson(stores, 'Mia')
    const begun = held.holdNext()
    const attempt = signIn(stores)
    await begun

    await stores.accounts.update(mia.id, { disabled: true }, commandLine)
    held.release()

    await expect(attempt).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    await stores.accounts.update(mia.id, { disabled: false }, commandLine)
    expect(await stores.sessions.list()).toEqual([])
  })

  storesTest('still works when the same password was only hashed anew meanwhile', async ({ openAgain }) => {
    const held = createHeldArgon2()
    const stores = await openAgain({ argon2: held.argon2 })
    const mia = await addPerson(stores, 'Mia')
    const newHash = await stores.passwords.hashNew('Mia', goodPassword)
    const begun = held.holdNext()
    const attempt = signIn(stores)
    await begun

    await stores.passwordHashes.set(mia.id, newHash, commandLine)
    held.release()

    await expect(attempt).resolves.toMatchObject({ account: { name: 'Mia' } })
  })
})

/** A gate whose next credential is looked up and then held back until `release`. */
async function openHeldGate() {
  const fixture = await openGateFixture()
  const { authenticator } = fixture
  const lookUp = authenticator.authenticate.bind(authenticator)
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const found = new Promise<void>((resolve) => {
    authenticator.authenticate = async (input) => {
      const principal = await lookUp(input)
      resolve()
      await held
      return principal
    }
  })
  return { ...fixture, found, release }
}

describe('a credential that ends while it is looked up (outliving a revocation)', () => {
  it('case 46: opens a WebSocket only to see it closed with 4401 within a second', async () => {
    const gate = await openHeldGate()
    const opening = TabClient.open(gate.port, '/ws', { headers: bearer(tokens.creator) })
    await gate.found

    gate.authenticator.revoke(tokens.creator)
    gate.release()

    const tab = await opening
    expect(await tab.closed(1000)).toBe(4401)
    expect(gate.gate.connections()).toEqual([])
    await gate.close()
  })

  it('does not keep a download for longer than a second', async () => {
    const gate = await openHeldGate()
    gate.upstream.on('GET /view', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      response.write('a')
    })
    const download = ask(gate.port, '/view?filename=a.png', { headers: bearer(tokens.creator) })
    const cut = expect(download).rejects.toThrow()
    await gate.found

    gate.authenticator.revoke(tokens.creator)
    gate.release()

    const began = performance.now()
    await cut
    expect(performance.now() - began).toBeLessThan(1000)
    await gate.close()
  })

  it('leaves everybody else alone', async () => {
    const gate = await openHeldGate()
    const opening = TabClient.open(gate.port, '/ws', { headers: bearer(tokens.creator) })
    await gate.found

    gate.authenticator.revoke(tokens.creator2)
    gate.release()

    const tab = await opening
    await tab.settle()
    expect(tab.closeCode).toBeUndefined()
    await gate.close()
  })
})

describe('somebody with a stolen session and the old password', () => {
  storesTest('cannot overwrite the password that was just set to lock them out', async ({ openAgain }) => {
    const stores = await openAgain()
    const mia = await addPerson(stores, 'Mia')
    const { session } = await signIn(stores)
    await stores.passwords.set(mia.id, otherPassword, commandLine)

    const attempt = stores.passwords.set(mia.id, 'seven stolen copper bells', commandLine, session.id)

    await expect(attempt).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    await expect(signIn(stores, otherPassword)).resolves.toMatchObject({ account: { name: 'Mia' } })
  })
})
