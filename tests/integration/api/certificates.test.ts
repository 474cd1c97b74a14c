import { X509Certificate } from 'node:crypto'
import { describe, expect } from 'vitest'
import { makeKey } from '../../../proxy/network/certificates/certificateKeys.ts'
import { describeAuthority } from '../../../proxy/network/certificates/describeCertificates.ts'
import { makeAuthority } from '../../../proxy/network/certificates/makeCertificate.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { addPerson, openOwner, signIn } from '../../support/apiPeople.ts'
import type { TestApplication } from '../../support/ownApplicationFixture.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const DAY = 86_400_000
const authority = makeAuthority({
  key: makeKey(),
  commonName: 'Gatehouse authority of Studio-PC ab12',
  permittedNames: ['studio-pc', 'gatehouse.local'],
  notBeforeMs: Date.now() - DAY,
  notAfterMs: Date.now() + 700 * DAY,
  random: systemRandom,
})
const described = describeAuthority(authority)

function haveAuthority({ parts }: TestApplication): void {
  const certificate = { fingerprint: described.fingerprint, names: [], addresses: [], endsAt: described.endsAt }
  Object.assign(parts.certificates, { authority })
  parts.certificates.state = {
    ...parts.certificates.state,
    ...{ mode: 'auto', kind: 'authority', authority: described, certificate },
  }
}

const agents = {
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1',
  pixel: 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
  windows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}
const by = (agent: keyof typeof agents) => ({ headers: { 'user-agent': agents[agent] } })

describe('the certificate over the API', () => {
  it('is told to administrators, and renewed on their word', async ({ application, stores }) => {
    haveAuthority(application)
    const owner = await openOwner(stores)
    const told = await application.ask('GET', '/gatehouse/api/v1/certificates', owner)
    expect(told.json).toMatchObject({ kind: 'authority', authority: { names: ['studio-pc', 'gatehouse.local'] } })
    const renewed = await application.ask('POST', '/gatehouse/api/v1/certificates/renew', {
      ...owner,
      body: { what: 'authority' },
    })
    expect(renewed.status).toBe(200)
    expect(application.parts.calls).toEqual(['renew authority'])
  })

  it('is nothing for anybody else', async ({ application, stores }) => {
    haveAuthority(application)
    await addPerson(stores, 'Mia', 'user')
    const session = await signIn(stores, 'Mia')
    for (const options of [{}, { session }]) {
      expect([401, 403]).toContain((await application.ask('GET', '/gatehouse/api/v1/certificates', options)).status)
      const renew = await application.ask('POST', '/gatehouse/api/v1/certificates/renew', {
        ...options,
        body: { what: 'authority' },
      })
      expect([401, 403]).toContain(renew.status)
    }
    expect(application.parts.calls).toEqual([])
  })
})

describe('the first page of a new device', () => {
  it('says what is going on, takes no password, sets no cookie', async ({ application }) => {
    haveAuthority(application)
    const answer = await application.ask('GET', '/gatehouse/welcome', by('iphone'))
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('This iPhone does not know Studio-PC yet')
    expect(answer.text).toContain('Trust it once')
    expect(answer.text).toContain('This time only')
    for (const word of described.fingerprint.words) expect(answer.text).toContain(`<span>${word}</span>`)
    expect(answer.text).toContain(`href="${application.origin.replace('http', 'https')}/gatehouse/"`)
    expect(answer.text).not.toMatch(/<input|<form|<script>|onclick|style="/)
    expect(answer.headers['set-cookie']).toBeUndefined()
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'none'")
    expect(policy).not.toContain('unsafe')
  })

  it.for([
    ['iphone', 'iPhone, iPad'],
    ['pixel', 'Android'],
    ['windows', 'Windows'],
    ['firefox', 'Firefox'],
  ] as const)('leads %s to its own steps', async ([agent, title], { application }) => {
    haveAuthority(application)
    const { text } = await application.ask('GET', '/gatehouse/welcome', by(agent))
    const link = /class="choice first" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const steps = await application.ask('GET', link, by(agent))
    expect(steps.text).toContain(`<h1>Trust Studio-PC: ${title}</h1>`)
    expect(steps.text).toContain('aria-current="page"')
    expect(steps.text).toContain('Remove it again')
    expect(steps.text).toContain(described.fingerprint.hex)
  })

  it.for([['ios'], ['android'], ['windows'], ['macos'], ['linux'], ['firefox']])(
    'has steps and a way back for %s with every name filled in',
    async ([on], { application }) => {
      haveAuthority(application)
      const { text, status } = await application.ask('GET', `/gatehouse/welcome?on=${on ?? ''}`)
      expect(status).toBe(200)
      expect(text).not.toMatch(/\{\w+\}|undefined/)
      expect(text).toContain('href="/gatehouse/authority.')
    },
  )

  it('attack: goes on to no other site', async ({ application }) => {
    haveAuthority(application)
    for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const { text } = await application.ask('GET', `/gatehouse/welcome?next=${encodeURIComponent(next)}`)
      expect(text).not.toContain('evil.example')
      expect(text).not.toContain('javascript:')
    }
    const own = await application.ask('GET', '/gatehouse/welcome?next=%2Fgatehouse%2Finvite')
    expect(own.text).toContain('/gatehouse/invite"')
  })

  it('attack: what stands in the address does not stand in the page as HTML', async ({ application }) => {
    haveAuthority(application)
    const text = encodeURIComponent('"><img src=x onerror=alert(1)>')
    for (const query of [`on=${text}`, `next=/${text}`, `x=${text}`]) {
      expect((await application.ask('GET', `/gatehouse/welcome?${query}`)).text).not.toContain('<img')
    }
  })

  it('without an authority offers the one way there is', async ({ application }) => {
    haveAuthority(application)
    Object.assign(application.parts.certificates, { authority: undefined })
    application.parts.certificates.state = {
      ...application.parts.certificates.state,
      ...{ kind: 'selfSigned', authority: null },
    }
    const { text } = await application.ask('GET', '/gatehouse/welcome', by('pixel'))
    expect(text).not.toContain('Trust it once')
    expect(text).toContain('no safe place for keys')
    expect(text).toContain('This time only')
    for (const path of ['authority.crt', 'authority.mobileconfig']) {
      expect((await application.ask('GET', `/gatehouse/${path}`)).status).toBe(404)
    }
  })

  it('is not shown where nothing is encrypted, or where everybody trusts', async ({ application }) => {
    const off = await application.ask('GET', '/gatehouse/welcome')
    expect([off.status, off.headers.location]).toEqual([303, '/gatehouse/'])
    haveAuthority(application)
    application.parts.certificates.state = {
      ...application.parts.certificates.state,
      ...{ kind: 'own', publiclyTrusted: true },
    }
    const known = await application.ask('GET', '/gatehouse/welcome?next=/gatehouse/me')
    expect(known.headers.location).toBe(`${application.origin.replace('http', 'https')}/gatehouse/me`)
  })

  it('is not at the owner’s window, and only read', async ({ application }) => {
    haveAuthority(application)
    expect((await application.ask('GET', '/gatehouse/welcome', { listener: 'owner' })).status).toBe(404)
    for (const name of ['welcome', 'trusted.gif', 'authority.crt', 'authority.mobileconfig']) {
      expect((await application.ask('POST', `/gatehouse/${name}`, { body: {} })).status).toBe(405)
    }
  })
})

describe('downloads of a new device', () => {
  it('hold the certificate and never a key', async ({ application }) => {
    haveAuthority(application)
    const der = await application.ask('GET', '/gatehouse/authority.crt')
    expect(der.headers['content-type']).toBe('application/x-x509-ca-cert')
    expect(new X509Certificate(der.bytes).fingerprint256).toBe(described.fingerprint.hex)
    expect(der.headers['content-disposition']).toBe('inline; filename="gatehouse-studio-pc.crt"')
    const pem = await application.ask('GET', '/gatehouse/authority.crt?form=pem')
    expect(new X509Certificate(pem.text).fingerprint256).toBe(described.fingerprint.hex)
    expect(pem.text).not.toContain('PRIVATE')
  })

  it('are for iPhones a profile with that certificate and nothing else, the same each time', async ({
    application,
  }) => {
    haveAuthority(application)
    const { text, headers } = await application.ask('GET', '/gatehouse/authority.mobileconfig')
    expect(headers['content-type']).toBe('application/x-apple-aspen-config')
    expect(text.match(/com\.apple\.[a-z.]+/g)).toEqual(['com.apple.security.root'])
    const data = /<data>([^<]+)<\/data>/.exec(text)?.[1] ?? ''
    expect(new X509Certificate(Buffer.from(data, 'base64')).fingerprint256).toBe(described.fingerprint.hex)
    const uuids = text.match(/<string>[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}<\/string>/g)
    expect(new Set(uuids).size).toBe(2)
    expect((await application.ask('GET', '/gatehouse/authority.mobileconfig')).text).toBe(text)
  })

  it('show a page of plain HTTP whether HTTPS is trusted, by a dot that says nothing', async ({ application }) => {
    const { bytes, headers } = await application.ask('GET', '/gatehouse/trusted.gif')
    expect(bytes.subarray(0, 3).toString()).toBe('GIF')
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
    expect(headers['set-cookie']).toBeUndefined()
  })
})
