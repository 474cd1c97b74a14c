import { describe, expect, vi } from 'vitest'
import { commandLine, system } from '../../../proxy/accounts/actedBy.ts'
import type { Account } from '../../../proxy/accounts/account.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import type { AuthenticationInput, PresentedCredential } from '../../../proxy/pipeline/requestContext.ts'
import { goodPassword, storesTest as it } from '../../support/storesFixture.ts'

const HOUR_MS = 3_600_000

const asPresented = (
  presented: PresentedCredential,
  overrides: Partial<AuthenticationInput> = {},
): AuthenticationInput => ({
  presented,
  listener: 'public',
  secure: false,
  clientAddress: '192.168.1.20',
  ...overrides,
})

const cookie = (token: string, overrides: Partial<AuthenticationInput> = {}): AuthenticationInput =>
  asPresented({ kind: 'sessionCookie', token }, overrides)

const bearer = (token: string, overrides: Partial<AuthenticationInput> = {}): AuthenticationInput =>
  asPresented({ kind: 'bearer', token }, overrides)

async function addPerson(stores: Stores, name: string, role: Account['role'] = 'creator'): Promise<Account> {
  const passwordHash = await stores.passwords.hashNew(name, goodPassword)
  return stores.accounts.create({ name, role, passwordHash }, commandLine)
}

const signIn = (stores: Stores, userName: string, secure = false) =>
  stores.signIns.signIn({
    userName,
    password: goodPassword,
    clientAddress: '192.168.1.20',
    secure,
    userAgent: undefined,
  })

const makeKey = async (stores: Stores, account: Account, options: { scopes?: Scope[]; expiresAtMs?: number } = {}) =>
  stores.keys.create(
    {
      accountId: account.id,
      name: 'script',
      scopes: options.scopes ?? ['run', 'read'],
      expiresAtMs: options.expiresAtMs ?? null,
    },
    system,
  )

/** On this computer. */
const here = { clientAddress: '127.0.0.1' }

const refused = { code: 'AUTH_INVALID', status: 401 }

describe('sessions', () => {
  it('hold after signing in, with role and credential of the account', async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    const { token, session } = await signIn(stores, 'mia')

    const principal = await stores.authenticator.authenticate(cookie(token))

    expect(principal).toEqual({
      accountId: mia.id,
      name: 'Mia',
      role: 'creator',
      roleTitle: 'Creator',
      baseRole: 'creator',
      permissions: new Set(rolePermissions.creator),
      credential: { kind: 'session', sessionId: session.id, surface: 'people', fromOwnerWindow: false },
    })
  })

  it('are read from the database once, not at every request', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    const { token } = await signIn(stores, 'Mia')
    await stores.authenticator.authenticate(cookie(token))
    const selectFrom = vi.spyOn(stores.database.kysely, 'selectFrom')

    await expect(stores.authenticator.authenticate(cookie(token))).resolves.toMatchObject({ name: 'Mia' })
    expect(selectFrom).not.toHaveBeenCalled()
  })

  it('end after the idle time and not before', async ({ stores, clock }) => {
    await addPerson(stores, 'Mia')
    const { token } = await signIn(stores, 'Mia')
    clock.advance(23 * HOUR_MS)
    await stores.authenticator.authenticate(cookie(token))
    clock.advance(23 * HOUR_MS)
    await stores.authenticator.authenticate(cookie(token))
    clock.advance(24 * HOUR_MS)

    await expect(stores.authenticator.authenticate(cookie(token))).rejects.toMatchObject(refused)
  })

  it('end after the absolute time however much they are used', async ({ stores, clock }) => {
    await addPerson(stores, 'Mia')
    const { token } = await signIn(stores, 'Mia')
    for (let day = 0; day < 30; day += 1) {
      await stores.authenticator.authenticate(cookie(token))
      clock.advance(23.9 * HOUR_MS)
    }
    await stores.authenticator.authenticate(cookie(token))
    clock.advance(4 * HOUR_MS)

    await expect(stores.authenticator.authenticate(cookie(token))).rejects.toMatchObject(refused)
  })

  it('refuses a session of plain HTTP under TLS and the other way round', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    const plain = await signIn(stores, 'Mia')
    const secure = await signIn(stores, 'Mia', true)

    await expect(stores.authenticator.authenticate(cookie(plain.token, { secure: true }))).rejects.toMatchObject(
      refused,
    )
    await expect(stores.authenticator.authenticate(cookie(secure.token))).rejects.toMatchObject(refused)
  })

  it("refuses a person's session on the owner's listener, also the owner's own one for the canvas", async ({
    stores,
  }) => {
    await addPerson(stores, 'Mia', 'administrator')
    const { token } = await signIn(stores, 'Mia')
    await stores.ownerSessions.openOwnerSession('mia')
    const canvas = await stores.ownerSessions.openCanvasSession()

    for (const stolen of [token, canvas.token]) {
      await expect(
        stores.authenticator.authenticate(cookie(stolen, { listener: 'owner', ...here })),
      ).rejects.toMatchObject(refused)
    }
  })

  it("refuses the owner's session on the public listener", async ({ stores }) => {
    const { token } = await stores.ownerSessions.openOwnerSession('Anna')

    await expect(stores.authenticator.authenticate(cookie(token, here))).rejects.toMatchObject(refused)
    await expect(
      stores.authenticator.authenticate(cookie(token, { listener: 'owner', ...here })),
    ).resolves.toMatchObject({
      name: 'Anna',
      role: 'administrator',
      credential: { surface: 'owner' },
    })
  })

  it("keep the owner's window signed in for as long as the app runs, and not into the next start", async ({
    stores,
    clock,
  }) => {
    const first = await stores.ownerSessions.openOwnerSession('Anna')
    const canvas = await stores.ownerSessions.openCanvasSession()
    clock.advance(400 * 24 * HOUR_MS)
    await stores.authenticator.authenticate(cookie(first.token, { listener: 'owner', ...here }))
    await stores.authenticator.authenticate(cookie(canvas.token, here))

    const second = await stores.ownerSessions.openOwnerSession('Anna')

    await stores.authenticator.authenticate(cookie(second.token, { listener: 'owner', ...here }))
    await expect(
      stores.authenticator.authenticate(cookie(first.token, { listener: 'owner', ...here })),
    ).rejects.toMatchObject(refused)
    await expect(stores.authenticator.authenticate(cookie(canvas.token, here))).rejects.toMatchObject(refused)
  })

  it.for([
    ['empty', ''],
    ['short', 'abc'],
    ['not base64url', '!'.repeat(43)],
    ['unknown', 'A'.repeat(43)],
  ] as const)('refuses a token that is %s', async ([, token], { stores }) => {
    await expect(stores.authenticator.authenticate(cookie(token))).rejects.toMatchObject(refused)
  })
})

describe('API keys', () => {
  it('authenticate as their person with their scopes', async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    const { text, record } = await makeKey(stores, mia, { scopes: ['read'] })

    const principal = await stores.authenticator.authenticate(bearer(text))

    expect(principal.credential).toEqual({ kind: 'apiKey', keyId: record.id, scopes: ['read'] })
    expect(principal.accountId).toBe(mia.id)
  })

  it('run argon2 once for a key, and never for a known id with a wrong secret (hash flood)', async ({
    stores,
    argon2,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const { text } = await makeKey(stores, mia)
    const other = await makeKey(stores, mia)
    const { crc32 } = await import('node:zlib')
    const body = `${text.slice(0, 16)}${other.text.slice(16, 103)}`
    const forged = body + crc32(body).toString(16).padStart(8, '0')
    argon2.calls.length = 0

    await Promise.all(Array.from({ length: 5 }, () => stores.authenticator.authenticate(bearer(text))))
    await stores.authenticator.authenticate(bearer(text))
    expect(argon2.calls).toEqual(['verify'])

    for (let attempt = 0; attempt < 20; attempt += 1) {
      await expect(stores.authenticator.authenticate(bearer(forged))).rejects.toMatchObject(refused)
    }
    expect(argon2.calls).toEqual(['verify'])
  })

  it('are refused when the database was exchanged by somebody without the pepper', async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    const { text, record } = await makeKey(stores, mia)
    await stores.database.kysely
      .updateTable('api_keys')
      .set({ mac: '0'.repeat(64) })
      .where('id', '=', record.id)
      .execute()

    await expect(stores.authenticator.authenticate(bearer(text))).rejects.toMatchObject(refused)
  })

  it('case 46: expire, and say so to whoever holds a socket', async ({ stores, clock }) => {
    const mia = await addPerson(stores, 'Mia')
    const { text } = await makeKey(stores, mia, { expiresAtMs: clock.nowMs() + HOUR_MS })
    const principal = await stores.authenticator.authenticate(bearer(text))
    const changed = vi.fn()
    stores.authenticator.onCredentialsChanged(changed)
    clock.advance(HOUR_MS)

    await vi.waitFor(() => expect(changed).toHaveBeenCalled())
    await expect(stores.authenticator.reauthenticate(principal)).resolves.toBeUndefined()
    await expect(stores.authenticator.authenticate(bearer(text))).rejects.toMatchObject(refused)
  })

  it('case 46: end at once when revoked, for requests and for what hangs on them', async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    const { text, record } = await makeKey(stores, mia)
    const principal = await stores.authenticator.authenticate(bearer(text))
    const changed = vi.fn()
    stores.authenticator.onCredentialsChanged(changed)

    await stores.keys.revoke(record.id, commandLine)

    expect(changed).toHaveBeenCalled()
    await expect(stores.authenticator.authenticate(bearer(text))).rejects.toMatchObject(refused)
    await expect(stores.authenticator.reauthenticate(principal)).resolves.toBeUndefined()
  })

  it("as Basic must be that user's", async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    await addPerson(stores, 'Leo')
    const { text } = await makeKey(stores, mia)

    await expect(
      stores.authenticator.authenticate(asPresented({ kind: 'basic', userName: 'ＭＩＡ', key: text })),
    ).resolves.toMatchObject({ name: 'Mia' })
    await expect(
      stores.authenticator.authenticate(asPresented({ kind: 'basic', userName: 'Leo', key: text })),
    ).rejects.toMatchObject(refused)
  })

  it('refuses a password where a key belongs', async ({ stores, argon2 }) => {
    await addPerson(stores, 'Mia')
    argon2.calls.length = 0

    await expect(
      stores.authenticator.authenticate(asPresented({ kind: 'basic', userName: 'Mia', key: goodPassword })),
    ).rejects.toMatchObject(refused)
    expect(argon2.calls).toEqual([])
  })

  it("reach the owner's listener only with an administrator's administer scope", async ({ stores }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const mia = await addPerson(stores, 'Mia')
    const administer = await makeKey(stores, anna, { scopes: ['administer'] })
    const run = await makeKey(stores, anna, { scopes: ['run', 'read', 'keys'] })
    const powerless = await makeKey(stores, mia, { scopes: ['administer'] })

    await expect(
      stores.authenticator.authenticate(bearer(administer.text, { listener: 'owner' })),
    ).resolves.toBeDefined()
    for (const { text } of [run, powerless]) {
      await expect(stores.authenticator.authenticate(bearer(text, { listener: 'owner' }))).rejects.toMatchObject(
        refused,
      )
    }
  })

  it('are flagged when they cross the network in clear, and not on this computer', async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    const { text, record } = await makeKey(stores, mia)
    await stores.authenticator.authenticate(bearer(text, { clientAddress: '127.0.0.1' }))
    await stores.authenticator.authenticate(bearer(text, { secure: true }))
    expect((await stores.keys.find(record.id))?.sentUnprotectedAtMs).toBeNull()

    await stores.authenticator.authenticate(bearer(text))

    expect((await stores.keys.find(record.id))?.sentUnprotectedAtMs).not.toBeNull()
  })
})

describe('the account behind a credential', () => {
  it('shuts out a disabled person at once, and its key works again afterwards while sessions stay ended', async ({
    stores,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const { token } = await signIn(stores, 'Mia')
    const { text } = await makeKey(stores, mia)
    const bySession = await stores.authenticator.authenticate(cookie(token))
    const byKey = await stores.authenticator.authenticate(bearer(text))

    await stores.accounts.update(mia.id, { disabled: true }, commandLine)

    await expect(stores.authenticator.authenticate(cookie(token))).rejects.toMatchObject(refused)
    await expect(stores.authenticator.authenticate(bearer(text))).rejects.toMatchObject(refused)
    await expect(stores.authenticator.reauthenticate(bySession)).resolves.toBeUndefined()
    await expect(stores.authenticator.reauthenticate(byKey)).resolves.toBeUndefined()
    await stores.accounts.update(mia.id, { disabled: false }, commandLine)
    await expect(stores.authenticator.authenticate(cookie(token))).rejects.toMatchObject(refused)
    await expect(stores.authenticator.authenticate(bearer(text))).resolves.toBeDefined()
  })

  it('gives the new role to a session that is open', async ({ stores }) => {
    const mia = await addPerson(stores, 'Mia')
    const { token } = await signIn(stores, 'Mia')
    const principal = await stores.authenticator.authenticate(cookie(token))

    await stores.accounts.update(mia.id, { role: 'viewer' }, commandLine)

    await expect(stores.authenticator.reauthenticate(principal)).resolves.toMatchObject({ role: 'viewer' })
    await expect(stores.authenticator.authenticate(cookie(token))).resolves.toMatchObject({ role: 'viewer' })
  })

  it('case 46: ends the other sessions when the password changes, and keeps the one that changed it', async ({
    stores,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const phone = await signIn(stores, 'Mia')
    const desk = await signIn(stores, 'Mia')
    await stores.authenticator.authenticate(cookie(phone.token))

    await stores.passwords.set(mia.id, 'a river of seven lamps', commandLine, desk.session.id)

    await expect(stores.authenticator.authenticate(cookie(phone.token))).rejects.toMatchObject(refused)
    await expect(stores.authenticator.authenticate(cookie(desk.token))).resolves.toBeDefined()
  })
})

describe('another process that writes the same folder', () => {
  it('ends a key, a session and a role in the running gate within a second', async ({ stores, openAgain }) => {
    const mia = await addPerson(stores, 'Mia')
    const leo = await addPerson(stores, 'Leo')
    const { text, record } = await makeKey(stores, mia)
    const { token } = await signIn(stores, 'Leo')
    const key = await stores.authenticator.authenticate(bearer(text))
    const session = await stores.authenticator.authenticate(cookie(token))
    const commandLineStores = await openAgain()
    const changed = vi.fn()
    stores.authenticator.onCredentialsChanged(changed)

    await commandLineStores.keys.revoke(record.id, commandLine)
    await commandLineStores.accounts.update(leo.id, { disabled: true }, commandLine)

    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 1000 })
    await vi.waitFor(
      async () => {
        await expect(stores.authenticator.reauthenticate(key)).resolves.toBeUndefined()
        await expect(stores.authenticator.reauthenticate(session)).resolves.toBeUndefined()
      },
      { timeout: 1000 },
    )
    await expect(stores.authenticator.authenticate(bearer(text))).rejects.toMatchObject(refused)
    await expect(stores.authenticator.authenticate(cookie(token))).rejects.toMatchObject(refused)
  })

  it('changes settings, which the running gate hears of', async ({ stores, openAgain }) => {
    const changed = vi.fn()
    stores.settings.onChange(changed)
    const other = await openAgain()

    await other.settings.set('limits.promptNodes', 77)

    await vi.waitFor(() => expect(changed).toHaveBeenCalledWith(['limits.promptNodes']), { timeout: 1000 })
    expect(stores.settings.get('limits.promptNodes')).toBe(77)
  })

  it('continues the same chain of the log', async ({ stores, openAgain }) => {
    const other = await openAgain()
    for (let turn = 0; turn < 10; turn += 1) {
      const writer = turn % 2 === 0 ? stores : other
      writer.audit.record({ event: 'gate.started', actor: { kind: 'system' }, details: { turn } })
      await writer.audit.flush()
    }

    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 10 })
  })
})
