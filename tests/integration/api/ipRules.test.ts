import { describe, expect } from 'vitest'
import type { Connection } from '../../../proxy/contract/sharing.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const rulesUrl = `${api}/ip-rules`

const connection = (user: { id: string; name: string }, address: string): Connection => ({
  user: { id: user.id, name: user.name },
  device: 'Chrome on Android',
  address,
  sockets: 1,
  open: true,
  credential: 'session',
  lastActiveAt: '2026-11-01T12:00:00.000Z',
})

describe('rules for addresses', () => {
  it('are made, listed page by page, and removed, by administrators', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const body = { kind: 'deny', cidr: '10.9.0.7/16', comment: 'the lab', expiresAt: '2026-11-01T14:00:00Z' }

    const made = await application.ask('POST', rulesUrl, { ...owner, body })

    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      kind: 'deny',
      cidr: '10.9.0.0/16',
      comment: 'the lab',
      source: 'owner',
      expiresAt: '2026-11-01T14:00:00.000Z',
    })
    expect(stores.addressRules.decide('10.9.1.1')).toBe('blocked')
    await application.ask('POST', rulesUrl, { ...owner, body: { kind: 'deny', cidr: 'fd00::1' } })
    const first = await application.ask('GET', `${rulesUrl}?limit=1`, owner)
    const second = await application.ask('GET', `${rulesUrl}?limit=1&cursor=${first.json.nextCursor as string}`, owner)
    expect([...first.json.items, ...second.json.items].map(({ cidr }) => cidr).sort()).toEqual([
      '10.9.0.0/16',
      'fd00::1/128',
    ])
    expect(second.json.nextCursor).toBeNull()

    expect((await application.ask('DELETE', `${rulesUrl}/${made.json.id as string}`, owner)).status).toBe(204)

    expect(stores.addressRules.decide('10.9.1.1')).toBe('allowed')
    expect((await application.ask('DELETE', `${rulesUrl}/${made.json.id as string}`, owner)).status).toBe(404)
  })

  it('are found by an address that they name, a network that they lie in, and their comment', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    for (const [cidr, comment] of [
      ['10.9.0.0/16', 'the lab'],
      ['10.9.1.7', ''],
      ['192.168.1.0/24', 'Lab at home'],
    ] as const) {
      await application.ask('POST', rulesUrl, { ...owner, body: { kind: 'deny', cidr, comment } })
    }
    const find = async (search: string) => {
      const { items, total } = (await application.ask('GET', `${rulesUrl}?search=${encodeURIComponent(search)}`, owner))
        .json
      expect(total).toBe(items.length)
      return items.map(({ cidr }: { cidr: string }) => cidr).sort()
    }

    expect(await find('10.9.1.7')).toEqual(['10.9.0.0/16', '10.9.1.7/32'])
    expect(await find('10.0.0.0/8')).toEqual(['10.9.0.0/16', '10.9.1.7/32'])
    expect(await find('lab')).toEqual(['10.9.0.0/16', '192.168.1.0/24'])
    expect(await find('nothing')).toEqual([])
  })

  it.for(['creator', 'user', 'viewer'] as const)('are nothing for a %s', async (role, { stores, application }) => {
    await addPerson(stores, 'Mia', role)
    const session = await signIn(stores, 'Mia')
    const asked = [
      ['GET', rulesUrl, {}],
      ['POST', rulesUrl, { body: { kind: 'deny', cidr: '10.0.0.1' } }],
      ['POST', `${rulesUrl}/preview`, { body: { kind: 'deny', cidr: '10.0.0.1' } }],
      ['POST', `${rulesUrl}/import`, { body: { kind: 'deny', text: '10.0.0.1' } }],
      ['DELETE', `${rulesUrl}/aaaaaaaaaaaaaaaa`, {}],
    ] as const
    for (const [method, url, options] of asked) {
      expect((await application.ask(method, url, { session, ...options })).status).toBe(403)
    }
    expect(stores.ipRules.list()).toEqual([])
  })

  it.for([
    [{ kind: 'deny', cidr: 'my-laptop' }, 'is no address and no network'],
    [{ kind: 'deny', cidr: '10.0.0.1/33' }, 'is no address and no network'],
    [{ kind: 'block', cidr: '10.0.0.1' }, 'kind'],
    [{ kind: 'deny', cidr: '10.0.0.1', comment: 'two\nlines' }, 'one line'],
    [{ kind: 'deny', cidr: '10.0.0.1', expiresAt: '2026-11-01T11:59:59Z' }, 'ended already'],
  ] as const)('refuses %j in words', async ([body, words], { stores, application }) => {
    const answer = await application.ask('POST', rulesUrl, { ...(await openOwner(stores)), body })

    expect(answer.status).toBe(422)
    expect(answer.json.detail).toContain(words)
    expect(stores.ipRules.list()).toEqual([])
  })

  it('ask the administrator first whom they would lock out of their own device', async ({ stores, application }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const key = await makeKey(stores, anna, ['administer'])
    const asking = { key, address: '192.168.1.20' }
    const body = { kind: 'allow', cidr: '192.168.2.0/24' }

    const refused = await application.ask('POST', rulesUrl, { ...asking, body })

    expect(refused.status).toBe(409)
    expect(refused.json.code).toBe('CONFIRMATION_NEEDED')
    expect(refused.json.detail).toContain('You would lock out the device that you are using now.')
    expect(refused.json.effect).toMatchObject({ ownDevice: true, startsAllowList: true })
    expect(stores.ipRules.list()).toEqual([])
    const sent = await application.ask('POST', rulesUrl, { ...asking, body: { ...body, confirm: true } })
    expect(sent.status).toBe(201)
    expect(stores.addressRules.decide('192.168.1.20')).toBe('blocked')
  })

  it('ask when the last thing that lets one in would be removed, too', async ({ stores, application }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const asking = { key: await makeKey(stores, anna, ['administer']), address: '192.168.1.20' }
    for (const cidr of ['192.168.2.0/24', '192.168.1.0/24']) {
      await application.ask('POST', rulesUrl, { ...asking, body: { kind: 'allow', cidr, confirm: true } })
    }
    const mine = stores.ipRules.findByNetwork('allow', '192.168.1.0/24')?.id ?? ''

    expect((await application.ask('DELETE', `${rulesUrl}/${mine}`, asking)).json.code).toBe('CONFIRMATION_NEEDED')
    expect(stores.ipRules.list()).toHaveLength(2)
    expect((await application.ask('DELETE', `${rulesUrl}/${mine}?confirm=true`, asking)).status).toBe(204)
  })

  it('name in the window who is here and would be cut off', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    await addPerson(stores, 'Leo')
    await signIn(stores, 'Leo')
    application.parts.connections = [connection(mia, '192.168.1.40')]
    const body = { kind: 'deny', cidr: '192.168.1.40' }

    const refused = await application.ask('POST', rulesUrl, { ...owner, body })

    expect(refused.json.detail).toContain('Mia would be cut off now.')
    expect(refused.json.effect).toMatchObject({
      connections: 1,
      ownDevice: false,
      thisComputer: false,
      lockedOut: [{ name: 'Mia', address: '192.168.1.40', connected: true }],
    })
  })

  it('ask before an allow list keeps the programs of this computer out, and let them in on request', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const body = { kind: 'allow', cidr: '192.168.1.0/24' }
    const refused = await application.ask('POST', rulesUrl, { ...owner, body })
    expect(refused.json.code).toBe('CONFIRMATION_NEEDED')
    expect(refused.json.detail).toContain('Programs on this computer')

    const made = await application.ask('POST', rulesUrl, { ...owner, body: { ...body, alsoThisComputer: true } })

    expect(made.status).toBe(201)
    expect(stores.addressRules.decide('127.0.0.1')).toBe('allowed')
    expect(stores.addressRules.decide('::1')).toBe('allowed')
    expect(stores.addressRules.decide('192.168.2.1')).toBe('blocked')
  })

  it('say before they are made whom they would meet, and change nothing by that', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    await signIn(stores, 'Mia')
    clock.advance(10 * 60_000)
    const preview = (body: object) => application.ask('POST', `${rulesUrl}/preview`, { ...owner, body })

    expect((await preview({ kind: 'deny', cidr: '192.168.1.0/24' })).json).toEqual({
      cidr: '192.168.1.0/24',
      addresses: '256 addresses',
      lockedOut: [{ id: mia.id, name: 'Mia', address: '192.168.1.30', connected: false }],
      othersLockedOut: 0,
      letIn: [],
      connections: 0,
      ownDevice: false,
      thisComputer: false,
      startsAllowList: false,
      without: null,
    })
    expect((await preview({ kind: 'allow', cidr: '203.0.113.7' })).json.without).toContain('outside your home')
    expect((await preview({ kind: 'allow', cidr: '0.0.0.0/0' })).json).toMatchObject({
      addresses: 'every IPv4 address',
      without: null,
    })
    expect(stores.ipRules.list()).toEqual([])
    const made = await application.ask('POST', rulesUrl, { ...owner, body: { kind: 'deny', cidr: '192.168.1.30' } })
    expect((await preview({ remove: made.json.id })).json.letIn).toMatchObject([{ name: 'Mia' }])
  })

  it('come from the lists of another program, line by line, and lose nothing (whitelist file kills the server, S-1)', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    const text = ['# blocked by me', '203.0.113.7', '', 'kids-tablet', '10.0.0.0/8', '203.0.113.7'].join('\n')
    await application.ask('POST', rulesUrl, { ...owner, body: { kind: 'deny', cidr: '10.0.0.0/8', comment: 'mine' } })

    const answer = await application.ask('POST', `${rulesUrl}/import`, { ...owner, body: { kind: 'deny', text } })

    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ added: 1, known: 1, skipped: [{ line: 4, text: 'kids-tablet' }], othersSkipped: 0 })
    expect(stores.ipRules.findByNetwork('deny', '10.0.0.0/8')).toMatchObject({ comment: 'mine', source: 'owner' })
    expect(stores.ipRules.findByNetwork('deny', '203.0.113.7/32')).toMatchObject({ source: 'import' })
    expect((await application.ask('GET', rulesUrl, owner)).status).toBe(200)
  })

  it('takes a list of 10,000 at once', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const lines = Array.from({ length: 10_000 }, (_, at) => `2001:db8:${at.toString(16)}:1:2:3:4:5`)

    const body = { kind: 'deny', text: lines.join('\n') }
    const answer = await application.ask('POST', `${rulesUrl}/import`, { ...owner, body })

    expect(answer.json).toMatchObject({ added: 10_000, skipped: [] })
    expect((await application.ask('GET', `${rulesUrl}?limit=200`, owner)).json.items).toHaveLength(200)
  })

  it('asks before an imported list lets only strangers in (allow list with only somebody else’s address)', async ({
    stores,
    application,
  }) => {
    const anna = await addPerson(stores, 'Anna', 'administrator')
    const asking = { key: await makeKey(stores, anna, ['administer']), address: '192.168.1.20' }
    const body = { kind: 'allow', text: '192.168.1.99\n' }

    expect((await application.ask('POST', `${rulesUrl}/import`, { ...asking, body })).json.code).toBe(
      'CONFIRMATION_NEEDED',
    )
    expect(stores.ipRules.list()).toEqual([])
  })
})
