import { describe, expect } from 'vitest'
import { commandLine, system } from '../../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { AuthenticationInput, PresentedCredential } from '../../../proxy/pipeline/requestContext.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { goodPassword, storesTest as it } from '../../support/storesFixture.ts'

const HOUR_MS = 3_600_000

const asked = (presented: PresentedCredential, changes: Partial<AuthenticationInput> = {}): AuthenticationInput => ({
  presented,
  listener: 'public',
  secure: false,
  clientAddress: '127.0.0.1',
  ...changes,
})

const recall = (stores: Stores, input: AuthenticationInput) => stores.authenticator.recall?.(input)

async function withKey(stores: Stores, expiresAtMs: number | null = null) {
  const mia = await addPerson(stores, 'Mia')
  const key = { accountId: mia.id, name: 'tool', scopes: ['run', 'read'], expiresAtMs } as const
  const { text, record } = await stores.keys.create(key, system)
  const input = asked({ kind: 'bearer', token: text })
  const principal = await stores.authenticator.authenticate(input)
  return { mia, text, record, input, principal }
}

async function withSession(stores: Stores) {
  const mia = await addPerson(stores, 'Mia')
  const from = { clientAddress: '127.0.0.1', secure: false, userAgent: undefined }
  const { token, session } = await stores.signIns.signIn({ userName: 'Mia', password: goodPassword, ...from })
  const input = asked({ kind: 'sessionCookie', token })
  const principal = await stores.authenticator.authenticate(input)
  return { mia, session, input, principal }
}

describe('recalling a key', () => {
  it('gives what authenticate gave, and notes the use', async ({ stores, clock }) => {
    const { input, principal, record } = await withKey(stores)
    clock.advance(5_000)

    expect(recall(stores, input)).toEqual(principal)
    expect((await stores.keys.find(record.id))?.lastUsedAtMs).toBe(clock.nowMs())
  })

  it('knows no key that was not verified in this process, and none with another secret', async ({
    stores,
    openAgain,
  }) => {
    const { input, text } = await withKey(stores)
    const other = await openAgain()
    expect(recall(other, input)).toBeUndefined()

    const forged = text.slice(0, 60) + (text[60] === 'A' ? 'B' : 'A') + text.slice(61)
    expect(recall(stores, asked({ kind: 'bearer', token: forged }))).toBeUndefined()
  })

  it('ends with the key: revoked, expired, its account disabled or with another role', async ({ stores, clock }) => {
    const first = await withKey(stores, clock.nowMs() + HOUR_MS)
    await stores.accounts.update(first.mia.id, { role: 'viewer' }, commandLine)
    expect(recall(stores, first.input)?.role).not.toBe('creator')
    await stores.authenticator.authenticate(first.input)
    expect(recall(stores, first.input)?.role).toBe('viewer')

    clock.advance(HOUR_MS)
    expect(recall(stores, first.input)).toBeUndefined()
    clock.advance(-HOUR_MS)
    expect(recall(stores, first.input)?.role).toBe('viewer')

    await stores.accounts.update(first.mia.id, { disabled: true }, commandLine)
    expect(recall(stores, first.input)).toBeUndefined()
    await expect(stores.authenticator.authenticate(first.input)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    expect(recall(stores, first.input)).toBeUndefined()
  })

  it('does not outlive a revocation, here or in another process', async ({ stores, openAgain }) => {
    const { input, record } = await withKey(stores)
    const other = await openAgain()
    await other.authenticator.authenticate(input)
    expect(recall(other, input)).toBeDefined()

    await stores.keys.revoke(record.id, commandLine)

    expect(recall(stores, input)).toBeUndefined()
    await expect.poll(() => recall(other, input)).toBeUndefined()
  })

  it("is nobody's way onto the owner's listener, nor past the mark of a key sent in clear", async ({ stores }) => {
    const { input, record } = await withKey(stores)

    expect(recall(stores, { ...input, listener: 'owner' })).toBeUndefined()
    expect(recall(stores, { ...input, clientAddress: '192.168.1.20' })).toBeUndefined()

    await stores.authenticator.authenticate({ ...input, clientAddress: '192.168.1.20' })
    await stores.authenticator.authenticate(input)
    expect((await stores.keys.find(record.id))?.sentUnprotectedAtMs).not.toBeNull()
    expect(recall(stores, { ...input, clientAddress: '192.168.1.20' })).toBeDefined()
  })

  it('leaves a key with a name to authenticate, which compares the name', async ({ stores }) => {
    const { text } = await withKey(stores)
    expect(recall(stores, asked({ kind: 'basic', userName: 'Leo', key: text }))).toBeUndefined()
  })
})

describe('recalling a session', () => {
  it('gives what authenticate gave, only where it was made', async ({ stores }) => {
    const { input, principal } = await withSession(stores)

    expect(recall(stores, input)).toEqual(principal)
    expect(recall(stores, { ...input, listener: 'owner' })).toBeUndefined()
    expect(recall(stores, { ...input, secure: true })).toBeUndefined()
  })

  it('ends with the session, by signing out, by time and with its account', async ({ stores, clock }) => {
    const { input, session, mia } = await withSession(stores)
    await stores.accounts.update(mia.id, { disabled: true }, commandLine)
    expect(recall(stores, input)).toBeUndefined()

    await stores.accounts.update(mia.id, { disabled: false }, commandLine)
    const again = await stores.signIns.signIn({
      userName: 'Mia',
      password: goodPassword,
      clientAddress: '127.0.0.1',
      secure: false,
      userAgent: undefined,
    })
    const second = asked({ kind: 'sessionCookie', token: again.token })
    await stores.authenticator.authenticate(second)
    expect(recall(stores, second)).toBeDefined()
    clock.advance(400 * 24 * HOUR_MS)
    expect(recall(stores, second)).toBeUndefined()
    clock.advance(-400 * 24 * HOUR_MS)
    await stores.authenticator.authenticate(second)
    await stores.sessions.end(again.session.id, commandLine)

    expect(recall(stores, second)).toBeUndefined()
    expect(session.id).not.toBe(again.session.id)
  })
})
