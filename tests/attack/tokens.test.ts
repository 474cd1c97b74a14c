import { createHmac, createSign, generateKeyPairSync, hkdfSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { takeTokenSecret } from '../../proxy/accounts/tokenSecret.ts'
import { TokenSigner } from '../../proxy/accounts/tokenSigner.ts'
import type { AuthenticationInput, PresentedCredential } from '../../proxy/pipeline/requestContext.ts'
import { mayAdminister } from '../../proxy/policy/rights.ts'
import { addPerson, signIn } from '../support/apiPeople.ts'
import { ask } from '../support/httpClient.ts'
import { findSetCookie, SentinelClient } from '../support/sentinelClient.ts'
import { goodPassword, storesTest } from '../support/storesFixture.ts'
import { TabClient, until } from '../support/tabClient.ts'
import { wholeGateTest } from '../support/wholeGate.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))

const presenting = (presented: PresentedCredential, more: Partial<AuthenticationInput> = {}): AuthenticationInput => ({
  presented,
  listener: 'public',
  secure: false,
  clientAddress: '192.168.1.20',
  ...more,
})
const bearer = (token: string): PresentedCredential => ({ kind: 'bearer', token })

const it = storesTest.extend<{ token: string }>({
  token: async ({ stores }, use) => {
    await addPerson(stores, 'mia')
    const { text } = await stores.signIns.openToken({
      ...{ userName: 'mia', password: goodPassword, clientAddress: '192.168.1.20', secure: false },
      ...{ userAgent: 'curl/8.0', use: 'api', lifetimeMs: 3_600_000 },
    })
    await use(text)
  },
})

describe('a forged token', () => {
  it('is not let in, though the one it was made of is', async ({ stores, token }) => {
    await expect(stores.authenticator.authenticate(presenting(bearer(token)))).resolves.toMatchObject({ name: 'mia' })
    const [header, claims, signature] = token.split('.')
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const unsigned = (alg: string): string => `${encode({ ...decode(header), alg })}.${claims ?? ''}`
    const rsa = createSign('sha256').update(unsigned('RS256')).sign(privateKey).toString('base64url')
    const confused = createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' }))
    const forged = {
      'alg none': `${unsigned('none')}.`,
      'alg None with the old signature': `${unsigned('None')}.${signature ?? ''}`,
      'no signature': `${header ?? ''}.${claims ?? ''}.`,
      RS256: `${unsigned('RS256')}.${rsa}`,
      'RS256 confusion': `${unsigned('HS256')}.${confused.update(unsigned('HS256')).digest('base64url')}`,
      HS512: `${unsigned('HS512')}.${signature ?? ''}`,
      'other claims': `${header ?? ''}.${encode({ ...decode(claims), exp: 9_999_999_999 })}.${signature ?? ''}`,
      'an empty key': `${header ?? ''}.${claims ?? ''}.${createHmac('sha256', '')
        .update(`${header ?? ''}.${claims ?? ''}`)
        .digest('base64url')}`,
      'kid injection': `${encode({ ...decode(header), kid: '../../../../dev/null' })}.${claims ?? ''}.${signature ?? ''}`,
      jku: `${encode({ ...decode(header), jku: 'http://127.0.0.1/keys' })}.${claims ?? ''}.${signature ?? ''}`,
      'an unknown critical header': `${encode({ ...decode(header), crit: ['x'], x: 1 })}.${claims ?? ''}.${signature ?? ''}`,
      'a megabyte': `eyJ${'a'.repeat(1_000_000)}.a.a`,
    }
    for (const [name, text] of Object.entries(forged)) {
      const asked = stores.authenticator.authenticate(presenting(bearer(text)))
      await expect(asked, name).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    }
  })

  it('is refused with the right key when anything it says is missing or wrong', async ({ clock }) => {
    const secret = Buffer.alloc(32, 7)
    const dataFolderId = 'f'.repeat(16)
    const signer = new TokenSigner({ secret, addition: undefined, dataFolderId })
    const now = clock.nowMs()
    const claims = { tokenId: 'a'.repeat(16), accountId: 'b'.repeat(16), use: 'api' } as const
    const right = await signer.sign({ ...claims, name: 'mia', createdAtMs: now, expiresAtMs: now + 60_000 })
    const key = Buffer.from(hkdfSync('sha256', secret, secret, 'gatehouse tokens', 32))
    const resign = (header: object, body: object): string => {
      const text = `${encode(header)}.${encode(body)}`
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    }
    const [header, body] = right.split('.').map((part) => part)
    const parts = [decode(header), decode(body)] as const
    expect(await signer.verify(resign(...parts), now)).toEqual(claims)

    for (const wrong of [undefined, 'x', 7, null, ['api']]) {
      for (const name of ['jti', 'id', 'use', 'exp', 'iat', 'iss', 'aud'] as const) {
        // Any text is an account's id; the record says whose the token is.
        if ((name === 'id' && wrong === 'x') || ((name === 'exp' || name === 'iat') && wrong === 7)) continue
        expect(await signer.verify(resign(parts[0], { ...parts[1], [name]: wrong }), now), name).toBeUndefined()
      }
      for (const name of ['kid', 'typ', 'alg'] as const) {
        expect(await signer.verify(resign({ ...parts[0], [name]: wrong }, parts[1]), now), name).toBeUndefined()
      }
    }
    expect(await signer.verify(right, now + 60_001)).toBeUndefined()
  })

  it('of another data folder is refused, also with the same word in the environment', async ({ clock }) => {
    const now = clock.nowMs()
    const claims = { tokenId: 'a'.repeat(16), accountId: 'b'.repeat(16), use: 'api', name: 'mia' } as const
    const make = (byte: number, dataFolderId: string): TokenSigner =>
      new TokenSigner({ secret: Buffer.alloc(32, byte), addition: 'the same word', dataFolderId })
    const text = await make(1, 'x'.repeat(16)).sign({ ...claims, createdAtMs: now, expiresAtMs: now + 60_000 })

    expect(await make(1, 'x'.repeat(16)).verify(text, now)).toMatchObject({ tokenId: claims.tokenId })
    expect(await make(2, 'x'.repeat(16)).verify(text, now)).toBeUndefined()
    expect(await make(1, 'y'.repeat(16)).verify(text, now)).toBeUndefined()
  })

  it('with the environment word as its key is refused: the word alone signs nothing', async ({ clock }) => {
    const secondsNow = Math.floor(clock.nowMs() / 1000)
    const signer = new TokenSigner({ secret: Buffer.alloc(32, 1), addition: 'leaked', dataFolderId: 'x'.repeat(16) })
    const forged = await new SignJWT({ id: 'b'.repeat(16), username: 'mia', use: 'api' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer('gatehouse')
      .setAudience('x'.repeat(16))
      .setJti('a'.repeat(16))
      .setIssuedAt(secondsNow)
      .setExpirationTime(secondsNow + 60)
      .sign(Buffer.from('leaked'))

    expect(await signer.verify(forged, clock.nowMs())).toBeUndefined()
  })
})

describe('a token that has ended (S-17)', () => {
  it('is refused after its time', async ({ stores, token, clock }) => {
    clock.advance(3_600_001)
    await expect(stores.authenticator.authenticate(presenting(bearer(token)))).rejects.toMatchObject({
      code: 'AUTH_INVALID',
    })
  })

  it('is refused with a revoked jti, a disabled account, a new password, and without its record', async ({
    stores,
  }) => {
    const mia = await addPerson(stores, 'mia')
    const open = async (password = goodPassword): Promise<string> => {
      const asked = { userName: 'mia', password, clientAddress: '192.168.1.20', secure: false, userAgent: undefined }
      return (await stores.signIns.openToken({ ...asked, use: 'api', lifetimeMs: 3_600_000 })).text
    }
    const holds = async (text: string): Promise<boolean> =>
      stores.authenticator.authenticate(presenting(bearer(text))).then(
        () => true,
        () => false,
      )
    const ends: readonly (() => Promise<unknown>)[] = [
      async () => stores.tokens.revoke((await stores.tokens.list(mia.id))[0]?.id ?? '', commandLine),
      () => stores.tokens.revokeAllOf(mia.id, commandLine),
      () => stores.accounts.update(mia.id, { disabled: true }, commandLine),
      () => stores.passwords.set(mia.id, goodPassword, commandLine),
      async () => {
        await stores.database.kysely.deleteFrom('tokens').execute()
        stores.changes.emit('sessions')
      },
    ]
    for (const end of ends) {
      const text = await open()
      expect(await holds(text)).toBe(true)
      await end()
      expect(await holds(text)).toBe(false)
      await stores.accounts.update(mia.id, { disabled: false }, commandLine)
      expect(await holds(text)).toBe(false)
    }
  })

  it('ends open sockets of it within a second, whichever process ended it', async ({ stores, openAgain, token }) => {
    const other = await openAgain()
    const principal = await stores.authenticator.authenticate(presenting(bearer(token)))
    const changed = new Promise<void>((resolve) => stores.authenticator.onCredentialsChanged(resolve))
    const startedMs = performance.now()

    await other.tokens.revokeAllOf(principal.accountId, commandLine)
    await changed

    expect(await stores.authenticator.reauthenticate(principal)).toBeUndefined()
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })
})

describe('a token where none belongs', () => {
  it('as the password of Basic lets nobody in', async ({ stores, token }) => {
    const basic = { kind: 'basic', userName: 'mia', key: token } as const
    await expect(stores.authenticator.authenticate(presenting(basic))).rejects.toMatchObject({ code: 'AUTH_INVALID' })
  })

  it.for(['owner', 'administration'] as const)(
    'lets nobody in on the %s listener',
    async (listener, { stores, token }) => {
      const asked = stores.authenticator.authenticate(presenting(bearer(token), { listener }))
      await expect(asked).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    },
  )

  it('of an administrator administers nothing', async ({ stores }) => {
    await addPerson(stores, 'ada', 'administrator')
    const asked = { userName: 'ada', password: goodPassword, clientAddress: '::1', secure: false, userAgent: undefined }
    const { text } = await stores.signIns.openToken({ ...asked, use: 'api', lifetimeMs: 3_600_000 })
    const principal = await stores.authenticator.authenticate(presenting(bearer(text)))
    expect(mayAdminister(principal)).toBe(false)
  })
})

describe('a planted cookie jwt_token', () => {
  const asCookie = (token: string, fromBrowser: boolean): PresentedCredential => ({
    kind: 'tokenCookie',
    token,
    fromBrowser,
  })
  const open = async (
    stores: Parameters<typeof addPerson>[0],
    use: 'cookie' | 'api',
    secure = false,
  ): Promise<string> =>
    (
      await stores.signIns.openToken({
        ...{ userName: 'mia', password: goodPassword, clientAddress: '192.168.1.66', secure },
        ...{ userAgent: undefined, use, lifetimeMs: 3_600_000 },
      })
    ).text

  it.for([
    ['a tool, any token', 'api', false, '192.168.1.20', false, true],
    ['a tool, one of /login', 'cookie', false, '192.168.1.20', false, true],
    ['a tool, one of /login over the other scheme', 'cookie', false, '192.168.1.66', true, false],
    ['a browser, one that /login set for it', 'cookie', true, '192.168.1.66', false, true],
    ['a browser, one generated for a tool', 'api', true, '192.168.1.66', false, false],
    ['a browser, one that /login gave somebody else', 'cookie', true, '192.168.1.20', false, false],
    ['a browser, one over the other scheme', 'cookie', true, '192.168.1.66', true, false],
  ] as const)('%s', async ([, use, fromBrowser, clientAddress, secure, isIn], { stores }) => {
    await addPerson(stores, 'mia')
    const text = await open(stores, use)
    const input = presenting(asCookie(text, fromBrowser), { clientAddress, secure })

    const first = await stores.authenticator.authenticate(input).then(
      () => true,
      () => false,
    )

    expect(first).toBe(isIn)
    expect(stores.authenticator.recall?.(input) !== undefined).toBe(isIn)
  })
})

describe('the secret in the environment (S-33)', () => {
  it('is taken out of it before anything is started', async ({ openAgain }) => {
    const environment: Record<string, string | undefined> = { SECRET_KEY: 'a word', PATH: '/usr/bin' }
    const stores = await openAgain({ environment })
    expect(environment).toEqual({ PATH: '/usr/bin' })

    await addPerson(stores, 'mia')
    const asked = { userName: 'mia', password: goodPassword, clientAddress: '::1', secure: false, userAgent: undefined }
    const { text } = await stores.signIns.openToken({ ...asked, use: 'api', lifetimeMs: 3_600_000 })
    await stores.close()
    const without = await openAgain({ environment: {} })
    const lookAt = (opened: typeof without) => opened.authenticator.authenticate(presenting(bearer(text)))
    await expect(lookAt(without)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    await without.close()
    // All API tokens died at each restart.
    await expect(lookAt(await openAgain({ environment: { SECRET_KEY: 'a word' } }))).resolves.toMatchObject({
      name: 'mia',
    })
  })

  it('never takes away what programs need, whatever the setting names', () => {
    const environment = { PATH: '/usr/bin', 'A=B': 'x' }
    expect([
      takeTokenSecret(environment, 'PATH'),
      takeTokenSecret(environment, 'A=B'),
      takeTokenSecret(environment, ''),
    ]).toEqual([undefined, undefined, undefined])
    expect(environment).toEqual({ PATH: '/usr/bin', 'A=B': 'x' })
  })
})

const gate = wholeGateTest.extend<{ client: SentinelClient }>({
  client: async ({ whole }, use) => use(new SentinelClient(whole.port)),
})
const browser = { 'user-agent': 'Mozilla/5.0', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }

describe("what ComfyUI-Sentinel's API did unsafely", () => {
  gate('S-19, S-20, S-21: whoever comes first registers nobody', async ({ whole, client }) => {
    const fields = { new_user_username: 'first', new_user_password: 'slow copper tram window' }
    for (const more of [{}, { username: 'first', password: 'slow copper tram window' }]) {
      const answer = await client.sendJson('/register', { ...fields, ...more })
      expect(answer.status).toBe(403)
      expect(answer.json().error).toContain('gatehouse user add')
    }
    expect(await whole.stores.accounts.list()).toEqual([])
  })

  gate('S-22: the sign-in form of a browser hands no token to scripts', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const answer = await ask(whole.port, '/login', {
      method: 'POST',
      headers: {
        ...browser,
        host: `localhost:${whole.port}`,
        accept: 'text/html,*/*',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ username: 'mia', password: goodPassword }).toString(),
    })
    expect([answer.status, answer.text]).toEqual([303, ''])
    expect(findSetCookie(answer, 'jwt_token')).toBeUndefined()
    expect(findSetCookie(answer, 'gatehouse_session')?.attributes).toContain('httponly')
    for (const text of ['undefined', 'null', '']) {
      expect((await client.getByCookie('/queue', text)).status).toBe(401)
    }
  })

  gate('S-23: generating a token signs no browser in', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const answer = await client.sendJson('/generate_token', { username: 'mia', password: goodPassword }, browser)
    expect(answer.status).toBe(200)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect((await client.getByCookie('/queue', answer.json().jwt_token, browser)).status).toBe(401)
  })

  gate('S-24: opening the pages while signed in signs nobody out', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const token = await client.login('mia', goodPassword)
    for (const path of ['/login', '/generate_token', '/register']) {
      const answer = await client.getByCookie(path, token, { ...browser, accept: 'text/html' })
      expect(answer.headers.location).toBeUndefined()
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    const elsewhere = { 'user-agent': 'Mozilla/5.0', 'sec-fetch-site': 'cross-site', accept: 'text/html' }
    expect((await client.getByCookie('/logout', token, elsewhere)).text).toContain('<form method="post"')
    expect((await client.getByCookie('/queue', token)).status).toBe(200)
  })

  gate('S-25: whoever claims HTTPS gets no cookie that says so', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const claims = { 'x-forwarded-proto': 'https' }
    const answer = await client.sendJson('/login', { username: 'mia', password: goodPassword }, claims)
    expect(findSetCookie(answer, 'jwt_token')?.attributes).not.toContain('secure')
  })

  gate('S-27: JSON works as documented, and what is no JSON is said', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    expect((await client.sendJson('/login', { username: 'mia', password: goodPassword })).status).toBe(200)
    const headers = { host: `localhost:${whole.port}`, 'content-type': 'application/json' }
    for (const path of ['/login', '/register', '/generate_token']) {
      for (const body of ['{', '[]', '"x"', 'null', '7', '{"username":{"__proto__":1}}']) {
        const answer = await ask(whole.port, path, { method: 'POST', headers, body })
        expect([path, body, answer.status]).toEqual([path, body, 400])
        expect(answer.json().error).toEqual(expect.any(String))
      }
    }
  })

  gate('S-28: passwords are compared as they were typed', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    for (const changed of [`${goodPassword}|`, ` ${goodPassword}`, `${goodPassword};`]) {
      const asForm = changed.endsWith(';')
      const fields = { username: 'mia', password: changed }
      const answer = await (asForm ? client.sendForm('/login', fields) : client.sendJson('/login', fields))
      expect([401, 403]).toContain(answer.status)
    }
    const tokens = await whole.stores.tokens.list()
    expect(tokens).toEqual([])
  })

  gate('S-29: a body of megabytes or of many parts is not parsed', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const large = await client.sendJson('/login', { username: 'mia', password: 'x'.repeat(100_000) })
    expect(large.status).toBe(413)
    const multipart = { 'content-type': 'multipart/form-data; boundary=x', host: `localhost:${whole.port}` }
    const parts = await ask(whole.port, '/login', { method: 'POST', headers: multipart, body: '--x--' })
    expect(parts.status).toBe(415)
  })

  gate('a session beside it decides, and the planted token is ignored', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    await addPerson(whole.stores, 'eve')
    const planted = await client.login('eve', goodPassword)
    const session = await signIn(whole.stores, 'mia')
    const cookie = `jwt_token=${planted}; gatehouse_session=${session}`
    const answer = await ask(whole.port, '/gatehouse/api/v1/session', {
      headers: { ...browser, host: `localhost:${whole.port}`, cookie },
    })
    expect(answer.json().user.name).toBe('mia')
  })

  gate('another site cannot use the cookie to change anything', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const token = await client.login('mia', goodPassword)
    const headers = { host: `localhost:${whole.port}`, cookie: `jwt_token=${token}`, origin: 'http://evil.example' }
    const answer = await ask(whole.port, '/interrupt', { method: 'POST', headers })
    expect([answer.status, answer.json().code]).toEqual([403, 'FOREIGN_ORIGIN'])
  })

  gate('an open socket closes with 4401 when its token ends', async ({ whole, client }) => {
    const mia = await addPerson(whole.stores, 'mia')
    const token = await client.login('mia', goodPassword)
    const tab = await TabClient.open(whole.port, '/ws', { headers: { authorization: `Bearer ${token}` } })
    await whole.stores.tokens.revokeAllOf(mia.id, commandLine)
    expect(await until(() => tab.closeCode, 'the socket closes', 1000)).toBe(4401)
  })
})
