import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { PasswordHasher, systemArgon2 } from '../../../proxy/accounts/passwordHasher.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { goodPassword, storesTest as it } from '../../support/storesFixture.ts'

async function addMia(stores: Stores) {
  const passwordHash = await stores.passwords.hashNew('Mia', goodPassword)
  return stores.accounts.create({ name: 'Mia', role: 'creator', passwordHash }, commandLine)
}

const signIn = (stores: Stores, userName: string, password: string, clientAddress = '192.168.1.20') =>
  stores.signIns.signIn({ userName, password, clientAddress, secure: false, userAgent: undefined })

describe('signing in', () => {
  it.for([
    ['a wrong password', 'Mia', 'a river of seven lamps'],
    ['an unknown name', 'Nobody', goodPassword],
    ['a disabled account', 'Leo', goodPassword],
    ['an account without a password', 'Tom', goodPassword],
    ['a password of a megabyte', 'Mia', 'x'.repeat(1024 * 1024)],
    ['an empty password', 'Mia', ''],
  ] as const)(
    'costs one hash and says the same for %s (enumeration of names)',
    async ([, name, password], { stores, argon2 }) => {
      await addMia(stores)
      const hash = await stores.passwords.hashNew('Leo', goodPassword)
      const leo = await stores.accounts.create({ name: 'Leo', role: 'user', passwordHash: hash }, commandLine)
      await stores.accounts.update(leo.id, { disabled: true }, commandLine)
      await stores.accounts.create({ name: 'Tom', role: 'user' }, commandLine)
      argon2.calls.length = 0

      await expect(signIn(stores, name, password)).rejects.toMatchObject({
        code: 'SIGN_IN_FAILED',
        message: 'Name or password is not right. 2 more tries, then a pause of 60 seconds.',
        details: { triesLeft: 2 },
      })

      expect(argon2.calls).toHaveLength(1)
      expect(await stores.sessions.list()).toEqual([])
    },
  )

  it('computes no hash while it pauses, and works again after the pause', async ({ stores, argon2, clock }) => {
    await addMia(stores)
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(signIn(stores, 'Mia', 'wrong')).rejects.toThrow()
    argon2.calls.length = 0

    await expect(signIn(stores, 'Mia', goodPassword)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 60 },
    })
    expect(argon2.calls).toEqual([])
    clock.advance(60_000)
    await expect(signIn(stores, 'Mia', goodPassword)).resolves.toMatchObject({ account: { name: 'Mia' } })
  })

  it('lets no more through when they all come at once', async ({ stores, argon2 }) => {
    await addMia(stores)
    argon2.calls.length = 0

    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, turn) => signIn(stores, 'Mia', `guess number ${turn}`)),
    )

    expect(results.every((result) => result.status === 'rejected')).toBe(true)
    expect(argon2.calls.length).toBeLessThanOrEqual(3)
  })

  it('counts one IPv6 network as one address', async ({ stores }) => {
    for (let host = 1; host <= 3; host += 1) {
      await expect(signIn(stores, `name ${host}`, 'wrong', `2001:db8:1:2::${host}`)).rejects.toThrow()
    }

    await expect(signIn(stores, 'other', 'wrong', '2001:db8:1:2:ffff:1:2:3')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
    await expect(signIn(stores, 'other', 'wrong', '2001:db8:1:3::1')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  it('replaces a hash that is weaker than today', async ({ stores, openAgain }) => {
    const mia = await addMia(stores)
    const before = await stores.passwordHashes.find(mia.id)
    const stronger = await openAgain({
      hashing: { password: { memoryKiB: 2048, passes: 3, lanes: 1 }, apiKey: { memoryKiB: 1024, passes: 2, lanes: 1 } },
    })

    await signIn(stronger, 'Mia', goodPassword)

    const after = await stores.passwordHashes.find(mia.id)
    expect(before).toContain('m=1024,')
    expect(after).toContain('m=2048,')
    await expect(signIn(stores, 'Mia', goodPassword)).resolves.toBeDefined()
  })

  it('records an unknown name as unknown, never as typed (a password in the name field)', async ({
    stores,
    dataDirectory,
    logger,
  }) => {
    await addMia(stores)
    await expect(signIn(stores, goodPassword, 'Mia')).rejects.toThrow()
    await stores.audit.flush()

    const rows = await stores.database.kysely
      .selectFrom('audit')
      .selectAll()
      .where('event', '=', 'signIn.failed')
      .execute()
    expect(rows.map((row) => row.details)).toEqual(['{"name":"unknown name","device":"Unknown device","tries":1}'])
    for (const name of readdirSync(dataDirectory)) {
      expect(readFileSync(join(dataDirectory, name)).includes(goodPassword)).toBe(false)
    }
    expect(logger.lines.join('\n')).not.toContain(goodPassword)
  })
})

describe('proving the password again', () => {
  it('says that the password is wrong and counts down as signing in does', async ({ stores }) => {
    const mia = await addMia(stores)
    const prove = (password: string) => stores.signIns.provePassword(mia, password, '192.168.1.20')

    await expect(prove('wrong')).rejects.toMatchObject({
      code: 'PASSWORD_REQUIRED',
      message: 'That is not your password. 2 more tries, then a pause of 60 seconds.',
      details: { triesLeft: 2 },
    })
    await expect(signIn(stores, 'Mia', 'wrong')).rejects.toMatchObject({ details: { triesLeft: 1 } })
    await expect(prove('wrong')).rejects.toMatchObject({
      code: 'PASSWORD_REQUIRED',
      message: 'That is not your password. Try again in 60 seconds.',
      details: { retryAfterSeconds: 60 },
    })
    await expect(prove(goodPassword)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })
})

describe('hashing', () => {
  it('uses argon2id with the parameters of the design', async () => {
    const { defaultHashing } = await import('../../../proxy/accounts/passwordHasher.ts')
    const hash = await new PasswordHasher(defaultHashing.password).hash(goodPassword, { line: 'known' })

    expect(hash).toMatch(/^\$argon2id\$v=19\$m=65536,p=1,t=3\$/)
    expect(await systemArgon2.hash('x', defaultHashing.apiKey)).toMatch(/^\$argon2id\$v=19\$m=47104,p=1,t=1\$/)
  })
})
