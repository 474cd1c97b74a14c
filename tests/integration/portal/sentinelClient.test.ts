import { decodeJwt } from 'jose'
import { describe, expect } from 'vitest'
import { freeIdleMemory } from '../../../proxy/pipeline/memoryRelief.ts'
import { addPerson, api } from '../../support/apiPeople.ts'
import { ask } from '../../support/httpClient.ts'
import { findSetCookie, SentinelClient } from '../../support/sentinelClient.ts'
import { goodPassword } from '../../support/storesFixture.ts'
import { until } from '../../support/tabClient.ts'
import { wholeGateTest } from '../../support/wholeGate.ts'

const it = wholeGateTest.extend<{ client: SentinelClient }>({
  client: async ({ whole }, use) => use(new SentinelClient(whole.port)),
})

describe('a client that knows only what ComfyUI-Sentinel documents', () => {
  it('logs in with JSON and is given a token, in the answer and as cookie', async ({ whole, client }) => {
    const mia = await addPerson(whole.stores, 'mia')

    const answer = await client.sendJson('/login', { username: 'mia', password: goodPassword })

    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({ message: 'Login successful', jwt_token: expect.any(String) })
    const cookie = findSetCookie(answer, 'jwt_token')
    expect(cookie?.value).toBe(answer.json().jwt_token)
    expect(cookie?.attributes).toEqual(['path=/', 'httponly', 'samesite=lax', 'max-age=43200'])
    const claims = decodeJwt(answer.json().jwt_token)
    expect(claims).toMatchObject({ id: mia.id, username: 'mia' })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(12 * 3600)
  })

  it('logs in with a form as well', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')

    const answer = await client.sendForm('/login', { username: 'mia', password: goodPassword })

    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ message: 'Login successful' })
    expect((await client.getByHeader('/queue', answer.json().jwt_token)).status).toBe(200)
  })

  it('reaches ComfyUI with the token as header and as cookie, and with none not at all', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const token = await client.login('mia', goodPassword)

    expect((await client.getByHeader('/queue', token)).status).toBe(200)
    expect((await client.getByCookie('/queue', token)).status).toBe(200)
    expect((await client.getByHeader('/queue', '')).status).toBe(401)
    const session = await client.getByHeader(`${api}/session`, token)
    expect(session.json()).toMatchObject({ user: { name: 'mia' }, surface: 'people', mayAdminister: false })
  })

  it.for([
    [{ username: 'mia', password: 'wrong' }, 401, { error: 'Invalid username or password' }],
    [{ username: 'nobody', password: goodPassword }, 401, { error: 'Invalid username or password' }],
    [{ username: 'mia' }, 400, { error: 'Missing login credentials (username and password)' }],
    [{ username: 7, password: [] }, 400, { error: 'Missing login credentials (username and password)' }],
  ] as const)('hears %o with %i', async ([fields, status, body], { whole, client }) => {
    await addPerson(whole.stores, 'mia')
    for (const path of ['/login', '/generate_token']) {
      const answer = await client.sendJson(path, fields)
      expect(answer.status).toBe(status)
      expect(answer.json()).toEqual(body)
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
  })

  it('is told how long to wait after three wrong passwords', async ({ whole, client, clock }) => {
    await addPerson(whole.stores, 'mia')
    const wrong = { username: 'mia', password: 'wrong' }
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await client.sendJson('/login', wrong)).status).toBe(401)
    }
    clock.advance(20_000)

    const others = ['/login', '/generate_token', '/register']
    for (const path of others) {
      const answer = await client.sendJson(path, { username: 'mia', password: goodPassword })
      expect(answer.status).toBe(403)
      expect(answer.headers['retry-after']).toBe('40')
      expect(answer.json()).toEqual({ error: expect.any(String), failed_attempts: 3, remaining_seconds: 40 })
    }
    clock.advance(40_000)
    expect((await client.sendJson('/login', { username: 'mia', password: goodPassword })).status).toBe(200)
  })

  it.for([
    [undefined, 12],
    [1, 1],
    ['48', 48],
    [8760, 8760],
  ] as const)('generates a token for %s hours', async ([hours, lasts], { whole, client }) => {
    await addPerson(whole.stores, 'mia')

    const answer = await client.sendJson('/generate_token', {
      username: 'mia',
      password: goodPassword,
      expire_hours: hours,
    })

    expect(answer.status).toBe(200)
    expect(answer.json().message).toBe('JWT Token successfully generated')
    const { exp = 0, iat = 0 } = decodeJwt(answer.json().jwt_token)
    expect(exp - iat).toBe(lasts * 3600)
    expect((await client.getByHeader('/queue', answer.json().jwt_token)).status).toBe(200)
  })

  it.for([
    ['soon', 'Expiration hours must be a number'],
    ['', 'Expiration hours must be a number'],
    [null, 'Expiration hours must be a number'],
    ['Infinity', 'Expiration hours must be a number'],
    [{}, 'Expiration hours must be a number'],
    [8761, 'Expiration hours must be smaller than 8760'],
    [0, 'Expiration hours must be greater than 0'],
    [-1, 'Expiration hours must be greater than 0'],
  ] as const)('is refused a token for %s hours', async ([hours, error], { whole, client }) => {
    await addPerson(whole.stores, 'mia')

    const answer = await client.sendJson('/generate_token', {
      username: 'mia',
      password: goodPassword,
      expire_hours: hours,
    })

    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({ error })
    expect(await whole.stores.tokens.list()).toEqual([])
  })

  it('registers a user with the password of an administrator, who then logs in', async ({ whole, client }) => {
    await addPerson(whole.stores, 'ada', 'administrator')
    const fields = {
      new_user_username: 'new_user',
      new_user_password: 'slow copper tram window',
      username: 'ada',
      password: goodPassword,
    }

    const answer = await client.sendJson('/register', fields)

    expect([answer.status, answer.json()]).toEqual([200, { message: 'User registered successfully' }])
    expect(await whole.stores.accounts.getByName('new_user')).toMatchObject({ role: 'user' })
    const token = await client.login('new_user', 'slow copper tram window')
    expect((await client.getByHeader('/queue', token)).status).toBe(200)
    const again = await client.sendForm('/register', fields)
    expect([again.status, again.json()]).toEqual([400, { error: 'Username already exists' }])
  })

  it('makes a creator when the administrator says so, and nothing higher', async ({ whole, client }) => {
    await addPerson(whole.stores, 'ada', 'administrator')
    const fields = { new_user_password: 'slow copper tram window', username: 'ada', password: goodPassword }

    const creator = await client.sendJson('/register', { ...fields, new_user_username: 'cleo', role: 'creator' })
    const higher = await client.sendJson('/register', { ...fields, new_user_username: 'eve', role: 'administrator' })

    expect([creator.status, higher.status]).toEqual([200, 400])
    expect((await whole.stores.accounts.getByName('cleo')).role).toBe('creator')
    expect(await whole.stores.accounts.findByName('eve')).toBeUndefined()
  })

  it.for([
    [{ new_user_username: '', new_user_password: 'slow copper tram window' }, 400],
    [{ new_user_username: 'ab', new_user_password: 'slow copper tram window' }, 400],
    [{ new_user_username: 'with space', new_user_password: 'slow copper tram window' }, 400],
    [{ new_user_username: 'new_user', new_user_password: 'short' }, 400],
    [{ new_user_username: 'new_user', new_user_password: 'slow copper tram window', password: '' }, 400],
    [{ new_user_username: 'new_user', new_user_password: 'slow copper tram window', password: 'wrong' }, 403],
    [{ new_user_username: 'new_user', new_user_password: 'slow copper tram window', username: 'mia' }, 403],
  ] as const)('registers nobody with %o', async ([fields, status], { whole, client }) => {
    await addPerson(whole.stores, 'ada', 'administrator')
    await addPerson(whole.stores, 'mia')

    const answer = await client.sendJson('/register', { username: 'ada', password: goodPassword, ...fields })

    expect(answer.status).toBe(status)
    expect(answer.json().error).toEqual(expect.any(String))
    expect((await whole.stores.accounts.list()).map(({ name }) => name).sort()).toEqual(['ada', 'mia'])
  })

  it('logs out: the token ends with it, and the cookie is cleared', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const token = await client.login('mia', goodPassword)

    const answer = await client.getByCookie('/logout', token)

    expect([answer.status, answer.headers.location]).toEqual([303, '/login'])
    expect(findSetCookie(answer, 'jwt_token')).toMatchObject({ value: '' })
    expect((await client.getByHeader('/queue', token)).status).toBe(401)
  })

  it('finds nothing of it once the setting is off, and its tokens hold no longer', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    const token = await client.login('mia', goodPassword)
    await whole.stores.settings.set('tokens.on', false)

    const fields = { username: 'mia', password: goodPassword }
    expect((await client.sendJson('/generate_token', fields)).status).toBe(404)
    expect((await client.sendJson('/register', fields)).status).toBe(404)
    expect((await client.getByHeader('/register', '')).status).not.toBe(200)
    expect((await client.sendJson('/login', fields)).status).toBe(415)
    expect((await client.getByHeader('/queue', token)).status).toBe(401)
    expect((await client.getByCookie('/queue', token)).status).toBe(401)
  })
})

describe('tokens beside sessions', () => {
  it('are listed for their person and ended there, one or all', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    await addPerson(whole.stores, 'eve')
    const token = await client.login('mia', goodPassword)
    const made = await client.sendJson('/generate_token', { username: 'mia', password: goodPassword })
    const tool = String(made.json().jwt_token)
    const foreign = await client.login('eve', goodPassword)

    const listed = (await client.getByHeader(`${api}/sessions`, token)).json().items

    const kinds = listed.map(({ kind, current, device }: Record<string, unknown>) => [kind, current, device])
    expect(kinds).toEqual(
      expect.arrayContaining([
        ['signInToken', true, 'Python'],
        ['token', false, 'Python'],
      ]),
    )
    const { id } = listed.find(({ kind }: { kind: string }) => kind === 'token')
    const endAs = (bearer: string, path: string) =>
      ask(whole.port, path, { method: 'DELETE', headers: { authorization: `Bearer ${bearer}` } })
    expect((await endAs(foreign, `${api}/sessions/${id}`)).status).toBe(404)
    expect((await client.getByHeader('/queue', tool)).status).toBe(200)
    expect((await endAs(token, `${api}/sessions/${id}`)).status).toBe(204)
    expect((await client.getByHeader('/queue', tool)).status).toBe(401)

    const other = await client.login('mia', goodPassword)
    expect((await endAs(token, `${api}/sessions`)).status).toBe(204)
    expect((await client.getByHeader('/queue', other)).status).toBe(401)
    expect((await client.getByHeader('/queue', token)).status).toBe(200)
  })
})

describe('free_memory_on_logout (S-35)', () => {
  const freed = (whole: { upstream: { seen: readonly { method: string; url: string }[] } }) =>
    whole.upstream.seen.filter(({ method, url }) => method === 'POST' && url === '/free').length

  it('empties the memory at a sign-out when it is switched on, and not otherwise', async ({ whole, client }) => {
    await addPerson(whole.stores, 'mia')
    await client.getByCookie('/logout', await client.login('mia', goodPassword))
    await whole.stores.settings.set('sessions.freeMemoryOnSignOut', true)
    expect(freed(whole)).toBe(0)

    await client.getByCookie('/logout', await client.login('mia', goodPassword))

    await until(() => freed(whole) === 1, 'the engine is asked to empty its memory')
    await client.getByCookie('/logout', 'not signed in')
    expect(freed(whole)).toBe(1)
  })

  it.for([
    ['running', true],
    ['sent', true],
    ['waiting', true],
    ['held', false],
  ] as const)('lets a job that is %s keep what it needs: %s (L-19)', async ([state, isKept]) => {
    let asked = 0
    const freeMemory = () => Promise.resolve((asked += 1) > 0)

    expect(await freeIdleMemory({ list: () => [{ status: { state } }] }, { freeMemory })).toBe(!isKept)
    expect(asked).toBe(isKept ? 0 : 1)
  })
})
