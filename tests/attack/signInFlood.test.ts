import { connect } from 'node:net'
import { describe, expect } from 'vitest'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Wait } from '../../proxy/accounts/heldRefusals.ts'
import { addPerson, api } from '../support/apiPeople.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'

/** Holds until the test lets go, and tells when so many are held. */
class HeldBack {
  readonly asked: number[] = []
  readonly #held: (() => void)[] = []
  #onHeld: () => void = () => undefined

  readonly wait: Wait = (ms) => {
    this.asked.push(ms)
    return new Promise((resolve) => {
      this.#held.push(resolve)
      this.#onHeld()
    })
  }

  get count(): number {
    return this.#held.length
  }

  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onHeld = () => {
        if (this.#held.length >= count) resolve()
      }
      this.#onHeld()
    })
  }

  release(): void {
    for (const resolve of this.#held.splice(0)) resolve()
  }
}

const it = applicationTest.extend<{ heldBack: HeldBack; wait: Wait }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  heldBack: async ({}, use) => use(new HeldBack()),
  wait: async ({ heldBack }, use) => use(heldBack.wait),
})

const attacker = '192.168.1.66'

const signIn = (stores: Stores, userName: string, password: string, clientAddress: string) =>
  stores.signIns.signIn({ userName, password, clientAddress, secure: false, userAgent: undefined })

async function usePauseUp(stores: Stores, userName = 'Mia', clientAddress = attacker): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(signIn(stores, userName, 'wrong', clientAddress)).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  }
}

/** What each row tells of the pause, by then of a minute after three tries. */
const about = { tries: 3, waitSeconds: 60 }

async function readPausedRows(stores: Stores) {
  await stores.audit.flush()
  const rows = await stores.database.kysely
    .selectFrom('audit')
    .selectAll()
    .where('event', '=', 'signIn.paused')
    .orderBy('seq')
    .execute()
  return rows.map(({ address, details }) => ({ address, details: JSON.parse(details) }))
}

describe('somebody who signs in again and again without a pause', () => {
  it('waits a second for each refusal, and nothing of the try is read for it', async ({
    stores,
    application,
    heldBack,
    argon2,
  }) => {
    await addPerson(stores, 'Mia')
    await usePauseUp(stores)
    argon2.calls.length = 0

    // No JSON, which a handler would have noticed.
    const asked = application.ask('POST', `${api}/session`, { address: attacker, rawBody: 'no JSON' })
    await heldBack.until(1)
    expect(heldBack.asked).toEqual([1000])
    heldBack.release()

    const answer = await asked
    expect(answer.status).toBe(429)
    expect(answer.json.code).toBe('RATE_LIMITED')
    expect(answer.headers['retry-after']).toBe('60')
    expect(argon2.calls).toEqual([])
  })

  it('from many addresses waits a second too when more want to sign in than can be hashed', async ({
    stores,
    heldBack,
  }) => {
    const tries = Array.from({ length: 60 }, (_, at) =>
      signIn(stores, `Nobody ${at}`, 'wrong', `192.168.7.${at}`).then(
        () => 'in',
        (error: unknown) => error,
      ),
    )
    await heldBack.until(10)
    const releasing = setInterval(() => heldBack.release(), 5)
    const refusals = await Promise.all(tries)
    clearInterval(releasing)
    expect(new Set(heldBack.asked)).toEqual(new Set([1000]))
    const codes = refusals.map((refusal) => (refusal instanceof GateError ? refusal.code : 'in'))
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(heldBack.asked.length)
    expect(codes.filter((code) => code === 'SIGN_IN_FAILED')).toHaveLength(60 - heldBack.asked.length)
  })

  it('from many addresses keeps neither a known browser out, nor new passwords, nor who is signed in', async ({
    stores,
    heldBack,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const { deviceToken, account } = await signIn(stores, 'Mia', goodPassword, '192.168.1.20')
    let ended = 0
    const tries = Array.from({ length: 100 }, (_, at) =>
      signIn(stores, `Nobody ${at}`, 'wrong', `192.168.7.${at}`)
        .catch(() => undefined)
        .then(() => (ended += 1)),
    )
    await heldBack.until(10)

    const request = { userName: 'Mia', password: goodPassword, clientAddress: '192.168.1.20', secure: false }
    await expect(
      Promise.all([
        stores.signIns.signIn({ ...request, userAgent: undefined, deviceToken }),
        stores.signIns.provePassword(account, goodPassword, '192.168.1.21'),
        stores.passwords.hashNew('Noah', goodPassword),
        stores.passwords.set(mia.id, goodPassword, { actor: { kind: 'commandLine' } }),
      ]),
    ).resolves.toHaveLength(4)
    // Turn by turn, and not after all of them.
    expect(ended).toBeLessThan(20)

    const releasing = setInterval(() => heldBack.release(), 5)
    await Promise.all(tries)
    clearInterval(releasing)
  })

  it('waits as long with a name that is paused, from an address that is not', async ({ stores, heldBack }) => {
    await addPerson(stores, 'Mia')
    await usePauseUp(stores)

    const tried = expect(signIn(stores, 'Mia', goodPassword, '192.168.1.20')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
    await heldBack.until(1)
    heldBack.release()

    await tried
    expect(heldBack.asked).toEqual([1000])
  })

  it('holds no more memory than that of 256 refusals, and loses the connection of what is more', async ({
    stores,
    application,
    heldBack,
  }) => {
    await usePauseUp(stores)
    const held = Array.from({ length: 256 }, () => signIn(stores, 'Mia', 'wrong', attacker).catch(() => undefined))
    await heldBack.until(256)

    const answer = await application.ask('POST', `${api}/session`, { address: attacker, body: {} })

    expect(answer.status).toBe(429)
    expect(answer.json.code).toBe('TOO_MANY_CONNECTIONS')
    expect(answer.headers.connection).toBe('close')
    expect(heldBack.count).toBe(256)
    heldBack.release()
    await Promise.all(held)
  })

  it('keeps its places only as long as they are held', async ({ stores, heldBack }) => {
    await usePauseUp(stores)
    const held = Array.from({ length: 256 }, () => signIn(stores, 'Mia', 'wrong', attacker).catch(() => undefined))
    await heldBack.until(256)
    heldBack.release()
    await Promise.all(held)

    const again = signIn(stores, 'Mia', 'wrong', attacker)
    await heldBack.until(1)
    heldBack.release()
    await expect(again).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('keeps nobody else of the same address out for longer than the pause', async ({ stores, heldBack, clock }) => {
    await addPerson(stores, 'Mia')
    await usePauseUp(stores, 'somebody')
    const held = Array.from({ length: 300 }, () => signIn(stores, 'somebody', 'wrong', attacker).catch(() => undefined))
    await heldBack.until(256)

    clock.advance(60_000)

    await expect(signIn(stores, 'Mia', goodPassword, attacker)).resolves.toMatchObject({ account: { name: 'Mia' } })
    heldBack.release()
    await Promise.all(held)
  })

  it('writes two rows of the log for each pause: the first try, and the number of the others', async ({
    stores,
    heldBack,
    clock,
  }) => {
    await usePauseUp(stores)
    const held = Array.from({ length: 200 }, () => signIn(stores, 'Mia', 'wrong', attacker).catch(() => undefined))
    await heldBack.until(200)
    heldBack.release()
    await Promise.all(held)
    expect(await readPausedRows(stores)).toEqual([{ address: attacker, details: about }])

    clock.advance(60_000)
    stores.passwordTries.recordEndedPauses()

    expect(await readPausedRows(stores)).toEqual([
      { address: attacker, details: about },
      { address: attacker, details: { ...about, furtherTries: 199 } },
    ])
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole' })
  })

  it('has its tries counted in the log also when Gatehouse ends before the pause', async ({
    stores,
    heldBack,
    openAgain,
  }) => {
    await usePauseUp(stores)
    const held = Array.from({ length: 5 }, () => signIn(stores, 'Mia', 'wrong', attacker).catch(() => undefined))
    await heldBack.until(5)
    heldBack.release()
    await Promise.all(held)

    await stores.close()

    const rows = await readPausedRows(await openAgain())
    expect(rows.map(({ details }) => details)).toEqual([about, { ...about, furtherTries: 4 }])
  })

  it('leaves no trace of itself when it goes away while it waits', async ({
    stores,
    application,
    heldBack,
    logger,
  }) => {
    await usePauseUp(stores)
    const { hostname, port } = new URL(application.origin)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST ${api}/session HTTP/1.1\r\nHost: x\r\nX-Test-Address: ${attacker}\r\nContent-Length: 2\r\n\r\n{}`,
    )
    await heldBack.until(1)
    socket.destroy()
    heldBack.release()

    const next = application.ask('POST', `${api}/session`, { address: attacker, body: {} })
    await heldBack.until(1)
    heldBack.release()
    expect((await next).status).toBe(429)
    expect(logger.lines).toEqual([])
  })
})
