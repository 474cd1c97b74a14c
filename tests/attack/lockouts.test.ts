import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { parseNetwork } from '../../proxy/network/ipNetwork.ts'
import { addPerson, api, openOwner } from '../support/apiPeople.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'

const attacker = '192.168.1.66'
const phone = 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile'

interface From {
  readonly clientAddress?: string
  readonly deviceToken?: string
}

const signIn = (stores: Stores, userName: string, password: string, from: From = {}) =>
  stores.signIns.signIn({ userName, password, clientAddress: attacker, secure: false, userAgent: phone, ...from })

async function guess(stores: Stores, times: number, userName = 'Mia', from: From = {}): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) {
    await signIn(stores, userName, `guess ${turn}`, from).catch(() => undefined)
  }
}

/** Wrong passwords with the pauses between them waited for. */
async function guessOn(stores: Stores, clock: { advance(ms: number): void }, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) {
    await guess(stores, 1)
    clock.advance(300_000)
  }
}

const cookiesOf = (headers: Record<string, unknown>): string[] => {
  const lines = headers['set-cookie']
  return Array.isArray(lines) ? lines.map(String) : []
}

describe('a pause after wrong passwords', () => {
  it('lasts over a restart (restart clears the lockout, S-34)', async ({ stores, openAgain, clock }) => {
    await addPerson(stores, 'Mia')
    await guess(stores, 3)
    await stores.close()

    const again = await openAgain()

    await expect(signIn(again, 'Mia', goodPassword)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 60 },
    })
    // The name from another address as well.
    await expect(signIn(again, 'Mia', goodPassword, { clientAddress: '192.168.1.7' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
    clock.advance(60_000)
    await expect(signIn(again, 'Mia', goodPassword)).resolves.toBeDefined()
  })

  it('lasts also over a program that is killed, as soon as it was written', async ({ stores, openAgain }) => {
    await addPerson(stores, 'Mia')
    await guess(stores, 3)
    await vi.waitFor(async () => {
      const written = stores.database.kysely.selectFrom('lockouts').selectAll().where('failures', '=', 3)
      expect(await written.execute()).toHaveLength(2)
    })

    await expect(signIn(await openAgain(), 'Mia', goodPassword)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('follows again for whoever was let try again and goes on guessing at once (guessing through a lift)', async ({
    stores,
  }) => {
    await addPerson(stores, 'Mia')
    await guess(stores, 3)
    await stores.lockouts.tick()
    for (const { id } of stores.lockouts.list()) await stores.lockouts.lift(id, commandLine)

    for (let turn = 0; turn < 3; turn += 1) {
      await guess(stores, 1)
      await stores.lockouts.tick()
    }

    await expect(signIn(stores, 'Mia', goodPassword)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('is not forgotten when another program writes at the moment in which it is kept (race)', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    await guess(stores, 3)

    await Promise.all([stores.lockouts.reload(), stores.lockouts.tick()])

    await expect(signIn(stores, 'Mia', goodPassword)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('writes no more rows at once than a bound, however many there are (flood)', async ({ stores }) => {
    const { lockouts } = stores
    for (let host = 0; host < 300; host += 1) {
      await signIn(stores, `name ${host}`, 'wrong', { clientAddress: `10.0.${host >> 8}.${host & 255}` }).catch(
        () => undefined,
      )
    }
    await lockouts.close()
    const rows = await stores.database.kysely.selectFrom('lockouts').selectAll().execute()
    expect(rows.length).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(rows)).not.toContain('name 7')
  })

  it('meets a whole IPv6 network (rotation within /64)', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    for (let host = 1; host <= 3; host += 1) {
      await guess(stores, 1, `name ${host}`, { clientAddress: `fd00:1:2:3::${host}` })
    }
    await expect(signIn(stores, 'Mia', goodPassword, { clientAddress: 'fd00:1:2:3:ffff::1' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
  })
})

describe('somebody who types wrong passwords for another', () => {
  it('does not keep them out of a browser in which they signed in before (a kid keeps mum locked out, B29)', async ({
    stores,
  }) => {
    await addPerson(stores, 'Mia')
    const { deviceToken } = await signIn(stores, 'Mia', goodPassword, { clientAddress: '192.168.1.7' })
    await guess(stores, 3)
    await expect(signIn(stores, 'Mia', goodPassword, { clientAddress: '192.168.1.8' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })

    await expect(signIn(stores, 'Mia', goodPassword, { clientAddress: attacker, deviceToken })).resolves.toMatchObject({
      deviceToken,
    })
  })

  it('gets no further tries by a browser of their own, or by one that nobody knows', async ({ stores, argon2 }) => {
    await addPerson(stores, 'Mia')
    await addPerson(stores, 'Leo')
    const { deviceToken } = await signIn(stores, 'Leo', goodPassword)
    await guess(stores, 3, 'Mia', { deviceToken })
    argon2.calls.length = 0

    for (const token of [deviceToken, 'A'.repeat(43), 'x', '']) {
      await expect(signIn(stores, 'Mia', goodPassword, { deviceToken: token })).rejects.toMatchObject({
        code: 'RATE_LIMITED',
      })
    }
    expect(argon2.calls).toEqual([])
  })

  it('has three tries with a stolen browser, too', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    const { deviceToken } = await signIn(stores, 'Mia', goodPassword)
    await guess(stores, 3, 'Mia', { deviceToken })
    await expect(signIn(stores, 'Mia', goodPassword, { deviceToken })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    // And keeps nobody else out by it.
    await expect(signIn(stores, 'Mia', goodPassword, { clientAddress: '192.168.1.9' })).resolves.toBeDefined()
  })

  it('finds no cookie in the database, only its hash', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    const { deviceToken } = await signIn(stores, 'Mia', goodPassword)
    const rows = await stores.database.kysely.selectFrom('known_devices').selectAll().execute()
    expect(rows).toMatchObject([{ device: 'Chrome on Android' }])
    expect(Buffer.from(deviceToken, 'base64url')).toHaveLength(32)
    expect(JSON.stringify(rows)).not.toContain(deviceToken)
  })

  it('cannot read it by a script: the cookie is HttpOnly, and lets nobody in', async ({ stores, application }) => {
    await addPerson(stores, 'Mia')
    const body = { username: 'Mia', password: goodPassword }
    const answer = await application.ask('POST', `${api}/session`, { body })
    const device = cookiesOf(answer.headers).find((line) => line.startsWith('gatehouse_device='))

    expect(cookiesOf(answer.headers)).toHaveLength(2)
    expect(device).toMatch(/^gatehouse_device=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=34560000$/)
    const cookie = device?.split(';')[0] ?? ''
    expect((await application.ask('GET', `${api}/session`, { headers: { cookie } })).status).toBe(401)
    const again = await application.ask('POST', `${api}/session`, { body, headers: { cookie } })
    expect(cookiesOf(again.headers).some((line) => line.startsWith(`${cookie};`))).toBe(true)
  })
})

describe('blocking an address for good', () => {
  it('happens after so many wrong passwords, and lasts until somebody lifts it', async ({
    stores,
    clock,
    openAgain,
  }) => {
    await addPerson(stores, 'Mia')
    await stores.settings.set('lockout.blacklistAfter', 5)
    await guessOn(stores, clock, 4)
    expect(stores.addressRules.decide(attacker)).toBe('allowed')

    await expect(signIn(stores, 'Mia', 'wrong')).rejects.toMatchObject({
      code: 'ADDRESS_BLOCKED',
      details: { failedAttempts: 5 },
    })

    await vi.waitFor(() => expect(stores.addressRules.decide(attacker)).toBe('blocked'))
    clock.advance(30 * 86_400_000)
    await stores.close()
    const again = await openAgain()
    expect(again.addressRules.decide(attacker)).toBe('blocked')
    expect(again.addressRules.decide('192.168.1.67')).toBe('allowed')
    const [lockout] = again.lockouts.list()
    await again.lockouts.lift(lockout?.id ?? '', commandLine)
    expect(again.addressRules.decide(attacker)).toBe('allowed')
    await expect(signIn(again, 'Mia', 'wrong')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  it('meets 64 bits of IPv6 (rotation within /64)', async ({ stores }) => {
    await stores.settings.set('lockout.blacklistAfter', 2)
    await guess(stores, 1, 'a', { clientAddress: 'fd00:1:2:3::1' })
    await guess(stores, 1, 'b', { clientAddress: 'fd00:1:2:3::2' })
    await vi.waitFor(() => expect(stores.addressRules.decide('fd00:1:2:3:4:5:6:7')).toBe('blocked'))
    expect(stores.addressRules.decide('fd00:1:2:4::1')).toBe('allowed')
  })

  it.for([
    ['this computer, where a tunnel ends', '127.0.0.1', []],
    ['a trusted proxy, which stands for others', '10.0.0.5', ['10.0.0.5']],
  ] as const)('never meets %s', async ([, clientAddress, proxies], { stores }) => {
    await stores.settings.setMany({ 'lockout.blacklistAfter': 1, 'sharing.trustedProxies': [...proxies] })

    await expect(signIn(stores, 'Mia', 'wrong', { clientAddress })).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })

    await stores.lockouts.tick()
    expect(stores.ipRules.list()).toEqual([])
  })

  it('never meets an address from which somebody is signed in (B29)', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    await stores.settings.set('lockout.blacklistAfter', 1)
    const { session } = await signIn(stores, 'Mia', goodPassword)

    await expect(signIn(stores, 'Leo', 'wrong')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    await stores.lockouts.tick()
    expect(stores.ipRules.list()).toEqual([])

    await stores.sessions.end(session.id, commandLine)
    await expect(signIn(stores, 'Leo', 'wrong')).rejects.toMatchObject({ code: 'ADDRESS_BLOCKED' })
  })

  it('meets who lets themselves in as a guest in order to go on guessing', async ({ stores }) => {
    await addPerson(stores, 'Mia')
    await stores.settings.setMany({ 'lockout.blacklistAfter': 1, 'guests.allowed': true })
    await stores.guests.letIn({ clientAddress: attacker, secure: false, userAgent: undefined })

    const guessing = signIn(stores, 'Mia', 'wrong', { clientAddress: attacker })

    await expect(guessing).rejects.toMatchObject({ code: 'ADDRESS_BLOCKED' })
    await vi.waitFor(() => expect(stores.addressRules.decide(attacker)).toBe('blocked'))
  })

  it('ends the guessing also of whom a list of allowed addresses lets connect', async ({ stores, clock }) => {
    await addPerson(stores, 'Mia')
    await stores.settings.set('lockout.blacklistAfter', 3)
    const rule = { kind: 'allow', network: parseNetwork('192.168.1.0/24'), comment: '', expiresAtMs: null } as const
    await stores.ipRules.add({ ...rule, source: 'owner' }, commandLine)
    await guessOn(stores, clock, 3)
    await vi.waitFor(() => expect(stores.lockouts.isBlocked(attacker)).toBe(true))
    expect(stores.addressRules.decide(attacker)).toBe('allowed')

    await expect(signIn(stores, 'Mia', goodPassword)).rejects.toMatchObject({ code: 'ADDRESS_BLOCKED' })
    await expect(signIn(stores, 'Mia', goodPassword, { clientAddress: '192.168.1.7' })).resolves.toBeDefined()

    const [block] = stores.lockouts.list()
    await stores.lockouts.lift(block?.id ?? '', commandLine)
    await expect(signIn(stores, 'Mia', goodPassword)).resolves.toBeDefined()
  })

  it('never comes from keys that do not hold: a phone with a revoked key asks all day', async ({
    stores,
    application,
  }) => {
    await addPerson(stores, 'Mia')
    await stores.settings.set('lockout.blacklistAfter', 1)
    for (let turn = 0; turn < 20; turn += 1) {
      const asked = await application.ask('GET', `${api}/session`, { key: `gh_${'a'.repeat(100)}`, address: attacker })
      expect(asked.status).toBe(401)
    }
    await stores.lockouts.tick()
    expect(stores.addressRules.decide(attacker)).toBe('allowed')
    expect(stores.lockouts.list()).toEqual([])
  })

  it('leaves the server answering everybody else (blacklist file kills the server, S-1)', async ({
    stores,
    application,
    clock,
  }) => {
    await addPerson(stores, 'Mia')
    await stores.settings.set('lockout.blacklistAfter', 3)
    await guessOn(stores, clock, 3)
    await vi.waitFor(() => expect(stores.ipRules.list()).toHaveLength(1))
    // A second one as well (S-3).
    await guess(stores, 3, 'Leo', { clientAddress: '192.168.1.77' })
    await vi.waitFor(() => expect(stores.ipRules.list()).toHaveLength(2))

    const body = { username: 'Mia', password: goodPassword }
    expect((await application.ask('POST', `${api}/session`, { body, address: '192.168.1.8' })).status).toBe(200)
  })
})

describe('the list of who waits', () => {
  it('says who tried whose password with what, never an unknown name as typed, and lifts', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    await guess(stores, 2)
    await guess(stores, 1, goodPassword)

    const answer = await application.ask('GET', `${api}/lockouts`, owner)

    expect(answer.json.items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        kind: 'address',
        state: 'waits',
        address: attacker,
        place: 'home',
        device: 'Chrome on Android',
        knownAs: null,
        people: [{ id: mia.id, name: 'Mia' }],
        unknownNames: true,
        failures: 3,
        lastAt: '2026-11-01T12:00:00.000Z',
        waitsUntil: '2026-11-01T12:01:00.000Z',
        keptOut: false,
        cameIn: null,
      },
    ])
    expect(answer.text).not.toContain(goodPassword)
    const lifted = await application.ask('DELETE', `${api}/lockouts/${answer.json.items[0].id as string}`, owner)
    expect(lifted.status).toBe(204)
    await expect(signIn(stores, 'Mia', goodPassword)).resolves.toBeDefined()
    expect((await application.ask('GET', `${api}/lockouts`, owner)).json.items).toEqual([])
  })

  it('says who came in from there after all, and nobody of before', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia')
    await signIn(stores, 'Mia', goodPassword)
    clock.advance(31 * 60_000)
    await guess(stores, 3)
    const list = async () => (await application.ask('GET', `${api}/lockouts`, owner)).json.items
    expect((await list()).map(({ cameIn }: { cameIn: unknown }) => cameIn)).toEqual([null, null])
    clock.advance(60_000)

    await signIn(stores, 'Mia', goodPassword)

    const told = { name: 'Mia', at: '2026-11-01T12:32:00.000Z' }
    const address = (await list()).find(({ kind }: { kind: string }) => kind === 'address')
    expect(address).toMatchObject({ knownAs: 'Mia', cameIn: told })
  })

  it('says that a rule keeps an address out, whose pause is over', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia')
    await guess(stores, 3)
    clock.advance(120_000)
    const find = async () =>
      (await application.ask('GET', `${api}/lockouts`, owner)).json.items.find(
        ({ kind }: { kind: string }) => kind === 'address',
      )
    expect(await find()).toMatchObject({ state: 'over', keptOut: false })

    const body = { kind: 'deny', cidr: attacker, comment: '', expiresAt: null, confirm: true }
    expect((await application.ask('POST', `${api}/ip-rules`, { ...owner, body })).status).toBe(201)

    await vi.waitFor(async () => expect(await find()).toMatchObject({ state: 'over', keptOut: true }))
  })

  it('is lifted for the name too when the address is', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia')
    await guess(stores, 3)
    const { items } = (await application.ask('GET', `${api}/lockouts`, owner)).json
    expect(items.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['account', 'address'])
    const address = items.find(({ kind }: { kind: string }) => kind === 'address')

    await application.ask('DELETE', `${api}/lockouts/${address.id as string}`, owner)

    await expect(signIn(stores, 'Mia', goodPassword)).resolves.toBeDefined()
  })

  it('is nothing for others than administrators', async ({ stores, application }) => {
    await addPerson(stores, 'Mia')
    const { token: session } = await signIn(stores, 'Mia', goodPassword)
    for (const [method, url] of [
      ['GET', `${api}/lockouts`],
      ['DELETE', `${api}/lockouts/aaaaaaaaaaaaaaaa`],
    ] as const) {
      expect((await application.ask(method, url, { session })).status).toBe(403)
    }
  })

  it('is lifted by the command line of another process while the gate runs', async ({ stores, openAgain }) => {
    await addPerson(stores, 'Mia')
    await guess(stores, 3)
    await stores.lockouts.tick()
    const other = await openAgain()
    const [address] = other.lockouts.list().filter(({ kind }) => kind === 'address')

    await other.lockouts.lift(address?.id ?? '', commandLine)

    await vi.waitFor(() => expect(stores.lockouts.list()).toEqual([]))
    await expect(signIn(stores, 'Mia', goodPassword)).resolves.toBeDefined()
  })
})
