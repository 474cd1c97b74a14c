import { describe, expect } from 'vitest'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const system = { kind: 'system' } as const

describe('the log over the API', () => {
  it.for(['/audit', '/audit/verify', '/audit/export', '/audit/export?format=json'])(
    '%s is for administrators, and for nobody else with any key or session',
    async (path, { stores, application }) => {
      const mia = await addPerson(stores, 'Mia')
      const anna = await addPerson(stores, 'Ada', 'administrator')
      const credentials = [
        { session: await signIn(stores, 'Mia') },
        { session: await signIn(stores, 'Ada') },
        { key: await makeKey(stores, mia, ['run', 'read']) },
        { key: await makeKey(stores, anna, ['run', 'read']) },
      ]
      for (const credential of credentials) {
        const answer = await application.ask('GET', `${api}${path}`, credential)
        expect(answer.status).toBe(403)
      }
      expect((await application.ask('GET', `${api}${path}`)).status).toBe(401)
      const owner = await openOwner(stores)
      expect((await application.ask('GET', `${api}${path}`, owner)).status).toBe(200)
      const key = await makeKey(stores, anna, ['administer'])
      expect((await application.ask('GET', `${api}${path}`, { key })).status).toBe(200)
    },
  )

  it('lists the newest first, page by page, by person, group, address, time and refusals', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const startMs = clock.nowMs()
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(60_000)
      stores.audit.record({ event: 'jobs.paused', actor: system, details: { turn } })
    }
    const actor = { kind: 'account', id: mia.id, name: 'Mia' } as const
    stores.audit.record({ event: 'key.created', actor, address: '192.168.1.40', details: { key: 'k' } })
    stores.audit.record({
      event: 'signIn.failed',
      actor: { kind: 'unknown' },
      address: '192.168.1.41',
      details: { account: mia.id, name: 'Mia' },
    })
    await stores.audit.flush()
    const events = async (query: string) => {
      const { json } = await application.ask('GET', `${api}/audit?${query}`, owner)
      return json.items.map(({ event }: { event: string }) => event)
    }

    expect(await events('limit=2')).toEqual(['signIn.failed', 'key.created'])
    expect(await events(`person=${mia.id}`)).toEqual(['signIn.failed', 'key.created', 'account.created'])
    expect(await events('group=keys')).toEqual(['key.created'])
    expect(await events('address=1.168')).toEqual([])
    expect(await events('address=.1.4')).toEqual(['signIn.failed', 'key.created'])
    expect(await events('refusals=true')).toEqual(['signIn.failed'])
    expect(await events('refusals=true&group=keys')).toEqual([])
    const from = new Date(startMs + 60_000).toISOString()
    const to = new Date(startMs + 120_000).toISOString()
    expect(await events(`from=${from}&to=${to}`)).toEqual(['jobs.paused', 'jobs.paused'])

    const seen: number[] = []
    let cursor = ''
    do {
      const { json } = await application.ask('GET', `${api}/audit?limit=3${cursor}`, owner)
      seen.push(...json.items.map(({ seq }: { seq: number }) => seq))
      cursor = json.nextCursor === null ? '' : `&cursor=${json.nextCursor}`
    } while (cursor !== '')
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => seen.length - at))
  })

  it('says whether somebody changed it', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { json } = await application.ask('GET', `${api}/audit/verify`, owner)
    expect(json).toMatchObject({ state: 'done', verdict: { kind: 'whole', findings: [] } })
  })

  it('gives a file that spreadsheets take for text, and JSON with its anchor', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const actor = { kind: 'account', id: 'abcdefghijklmnop', name: '=HYPERLINK("http://x","y")' } as const
    stores.audit.record({ event: 'key.created', actor, details: { name: 'a, "b"\n@c' } })

    const csv = await application.ask('GET', `${api}/audit/export`, owner)
    const json = await application.ask('GET', `${api}/audit/export?format=json`, owner)

    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="gatehouse-activity-[\d-]+\.csv"$/)
    expect(csv.text).toContain(`"'=HYPERLINK(""http://x"",""y"")"`)
    expect(csv.text.split('\r\n')[0]).toBe('seq,at,event,actorKind,actorId,actorName,address,details,hmac')
    expect(json.json.anchor.seq).toBe(json.json.rows[0].seq)
    expect(json.json.anchor.hmac).toBe(json.json.rows[0].hmac)
    expect(json.json.rows[0]).toMatchObject({ event: 'log.exported', details: { format: 'json' } })
  })
})
