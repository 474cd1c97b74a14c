import { request as httpRequest } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { AskOptions, TestApplication } from '../../support/ownApplicationFixture.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

async function addMia(stores: Stores): Promise<string> {
  const passwordHash = await stores.passwords.hashNew('Mia', goodPassword)
  await stores.accounts.create({ name: 'Mia', role: 'creator', passwordHash }, commandLine)
  const request = { userName: 'Mia', password: goodPassword, clientAddress: '::1', secure: false, userAgent: undefined }
  return (await stores.signIns.signIn(request)).token
}

const form = (fields: Record<string, string>): AskOptions => ({
  rawBody: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
})

/** Sends the path as it is: no client library tidies it first. */
function askRaw(application: TestApplication, path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(application.origin)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, agent: false })
      .on('error', reject)
      .on('response', (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      .end()
  })
}

describe('pages', () => {
  it.for([['/login'], ['/gatehouse/'], ['/gatehouse/pictures'], ['/gatehouse/me']])(
    'serves the portal at %s',
    async ([path], { application }) => {
      const answer = await application.ask('GET', path ?? '')

      expect(answer.status).toBe(200)
      expect(answer.text).toContain('portal page')
      expect(answer.headers['cache-control']).toBe('no-store')
    },
  )

  it("serves the owner's page on the owner's listener only", async ({ application }) => {
    expect((await application.ask('GET', '/gatehouse/owner', { listener: 'owner' })).text).toContain('owner page')
    expect((await application.ask('GET', '/gatehouse/owner/people', { listener: 'owner' })).text).toContain(
      'owner page',
    )
    for (const path of ['/gatehouse/owner', '/gatehouse/owner/people', '/gatehouse/owner.html']) {
      const answer = await application.ask('GET', path)
      expect(answer.status).toBe(404)
      expect(answer.text).not.toContain('owner page')
    }
    expect((await application.ask('GET', '/login', { listener: 'owner' })).status).toBe(404)
  })

  it('allows scripts and styles from its own assets alone (scripts in outputs, inline scripts)', async ({
    application,
  }) => {
    const answer = await application.ask('GET', '/login')
    const policy = String(answer.headers['content-security-policy'])

    expect(policy).toContain(`script-src ${application.origin}/gatehouse/assets/;`)
    expect(policy).toContain(`style-src ${application.origin}/gatehouse/assets/;`)
    expect(policy).toContain("default-src 'none'")
    // People's files are looked at and played; nothing of them runs.
    expect(policy).toContain(
      `img-src ${['assets', 'api/v1/outputs', 'api/v1/shared', 'api/v1/jobs', 'api/v1/workflows'].map((path) => `${application.origin}/gatehouse/${path}/`).join(' ')} data: blob:`,
    )
    expect(policy).toContain(`media-src ${application.origin}/gatehouse/api/v1/outputs/;`)
    expect(/script-src [^;]*/.exec(policy)?.[0]).not.toContain('outputs')
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|'self'(?!$)[^;]*script|\*/)
    expect(answer.headers['referrer-policy']).toBe('same-origin')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it.for([['evil.example; script-src *'], ['a b'], ["x'unsafe-inline'"]])(
    'gives no origin to a Host that breaks out of the policy: %s',
    async ([host], { application }) => {
      const answer = await application.ask('GET', '/login', { headers: { host: host ?? '' } })

      expect(answer.headers['content-security-policy']).toContain("script-src 'none'")
    },
  )
})

describe('assets', () => {
  it('are served with their type, once and for ever when named by their content', async ({ application }) => {
    const hashed = await application.ask('GET', '/gatehouse/assets/portal-DkW0x9_a.js')
    const plain = await application.ask('GET', '/gatehouse/assets/appearance.js')
    const again = await application.ask('GET', '/gatehouse/assets/appearance.js', {
      headers: { 'if-none-match': String(plain.headers.etag) },
    })

    expect(hashed.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(plain.headers['cache-control']).toBe('no-cache')
    expect(again.status).toBe(304)
  })

  it('are compressed for those who take it', async ({ application }) => {
    const zipped = await new Promise<Buffer>((resolve) => {
      httpRequest(`${application.origin}/gatehouse/assets/portal-DkW0x9_a.js`, {
        headers: { 'accept-encoding': 'gzip' },
      })
        .on('response', (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)))
        })
        .end()
    })

    expect(gunzipSync(zipped).toString()).toContain('use strict')
  })

  it.for([
    ['/gatehouse/assets/../owner.html'],
    ['/gatehouse/assets/..%2f..%2fsecret.txt'],
    ['/gatehouse/assets/../../secret.txt'],
    ['/gatehouse/assets/....//....//secret.txt'],
    ['/gatehouse/assets/%2e%2e/%2e%2e/secret.txt'],
    ['/gatehouse/assets/'],
    ['/gatehouse/assets/portal-DkW0x9_a.js/..'],
    ['/gatehouse/assets/__proto__'],
    ['/gatehouse/assets/constructor'],
  ])('lead nowhere else: %s (path traversal)', async ([path], { application }) => {
    const answer = await askRaw(application, path ?? '')

    expect(answer.status).toBe(404)
    expect(answer.text).not.toContain('outside of the pages')
    expect(answer.text).not.toContain('owner page')
  })

  it('are read-only', async ({ application }) => {
    expect((await application.ask('POST', '/gatehouse/assets/appearance.js', { body: {} })).status).toBe(405)
  })
})

describe('signing in by form', () => {
  it('sets the cookie and goes on to the own path asked for', async ({ stores, application }) => {
    await addMia(stores)

    const answer = await application.ask(
      'POST',
      '/login',
      form({ username: 'Mia', password: goodPassword, next: '/gatehouse/account?x=1' }),
    )

    expect(answer.status).toBe(303)
    expect(answer.headers.location).toBe('/gatehouse/account?x=1')
    const session = /^gatehouse_session=([\w-]{43});/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''
    expect((await application.ask('GET', '/gatehouse/api/v1/session', { session })).status).toBe(200)
  })

  it.for([
    ['https://evil.example/'],
    ['//evil.example/'],
    ['/\\evil.example'],
    ['/\t/evil.example'],
    ['/%09/../..//evil.example'],
    ['javascript:alert(1)'],
    ['/..//evil.example'],
    ['/./\\evil.example'],
    [''],
  ])('goes on to the start page instead of %s (open redirect)', async ([next], { stores, application }) => {
    await addMia(stores)

    const answer = await application.ask(
      'POST',
      '/login',
      form({ username: 'Mia', password: goodPassword, next: next ?? '' }),
    )

    expect(answer.status).toBe(303)
    const target = new URL(answer.headers.location ?? '', 'http://gate.example')
    expect(target.origin).toBe('http://gate.example')
    expect(target.pathname.startsWith('//')).toBe(false)
    expect(answer.headers.location).not.toMatch(/^\/[/\\]/)
  })

  it('sends a browser back to the page and tells a tool why', async ({ stores, application }) => {
    await addMia(stores)
    const fields = form({ username: 'Mia', password: 'wrong', next: '/gatehouse/run' })

    const page = await application.ask('POST', '/login', {
      ...fields,
      headers: { ...fields.headers, accept: 'text/html' },
    })
    const tool = await application.ask('POST', '/login', fields)

    expect(page.headers.location).toBe('/login?next=%2Fgatehouse%2Frun&failed=SIGN_IN_FAILED')
    expect(page.headers['set-cookie']).toBeUndefined()
    expect(tool).toMatchObject({ status: 401, json: { code: 'SIGN_IN_FAILED' } })
  })
})

describe('signing out', () => {
  const status = async (application: TestApplication, session: string): Promise<number> =>
    (await application.ask('GET', '/gatehouse/api/v1/session', { session })).status

  it('case 45: ends the session at once by POST, and empties the cache of the browser', async ({
    stores,
    application,
  }) => {
    const session = await addMia(stores)

    const answer = await application.ask('POST', '/logout', { session, ...form({}) })

    expect(answer).toMatchObject({ status: 303, headers: { location: '/login' } })
    expect(answer.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect(answer.headers['clear-site-data']).toBe('"cache", "storage"')
    expect(await status(application, session)).toBe(401)
  })

  it.for([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ referer: 'https://evil.example/' }],
    [{ origin: 'null' }],
    [{ 'accept-language': 'de' }],
  ] as const)(
    'shows a button instead when another site may have asked: %o (cross-site sign-out)',
    async ([headers], { stores, application }) => {
      const session = await addMia(stores)

      const answer = await application.ask('GET', '/logout', { session, headers: { ...headers } })

      expect(answer.status).toBe(200)
      expect(answer.text).toContain('<form method="post" action="/logout">')
      expect(await status(application, session)).toBe(200)
    },
  )

  it('acts on GET for our own pages and for tools', async ({ stores, application }) => {
    const first = await addMia(stores)
    const request = {
      userName: 'Mia',
      password: goodPassword,
      clientAddress: '::1',
      secure: false,
      userAgent: undefined,
    }
    const second = (await stores.signIns.signIn(request)).token

    await application.ask('GET', '/logout', { session: first, headers: { 'sec-fetch-site': 'same-origin' } })
    await application.ask('GET', '/logout', { session: second })

    expect(await status(application, first)).toBe(401)
    expect(await status(application, second)).toBe(401)
  })
})

describe('health', () => {
  it('says no more than that it is there', async ({ application }) => {
    expect(await application.ask('GET', '/gatehouse/healthz')).toMatchObject({ status: 200, text: '{"ok":true}' })
  })
})
