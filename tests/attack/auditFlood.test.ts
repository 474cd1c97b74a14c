import { describe, expect } from 'vitest'
import type { AuditEvent } from '../../proxy/contract/audit.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { PipelineEvent } from '../../proxy/pipeline/audit.ts'
import { createGateAudit } from '../../service/gateAudit.ts'
import { bearer, keyPrincipal, openGateFixture, tokens } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { storesTest as it } from '../support/storesFixture.ts'

const MINUTE_MS = 60_000

const denied = (clientAddress: string, path = '/prompt'): PipelineEvent => ({
  type: 'request.denied',
  listener: 'public',
  clientAddress,
  principal: undefined,
  method: 'POST',
  path,
  code: 'AUTH_REQUIRED',
})

const mia = { kind: 'account', id: 'a'.repeat(16), name: 'Mia' } as const
const changed: AuditEvent = { event: 'request.changed', actor: mia, details: { path: '/settings' } }

async function readRows(stores: Stores) {
  await stores.audit.flush()
  const rows = await stores.database.kysely.selectFrom('audit').selectAll().orderBy('seq').execute()
  return rows.map(({ event, address, details }) => ({ event, address, details: JSON.parse(details) }))
}

describe('somebody who wants to fill the disk or bury a trace with refused requests', () => {
  it('gets twenty rows a minute, and one with the number of the others', async ({ stores, clock }) => {
    const gate = createGateAudit(stores.audit)
    for (let turn = 0; turn < 5000; turn += 1) gate.record(denied('192.168.1.66'))
    gate.record(denied('192.168.1.20'))
    clock.advance(MINUTE_MS)
    gate.record(denied('192.168.1.66'))

    const rows = await readRows(stores)

    expect(rows.map((row) => row.event === 'request.denied' && row.address)).toEqual([
      ...new Array<string>(20).fill('192.168.1.66'),
      '192.168.1.20',
      false,
      '192.168.1.66',
    ])
    expect(rows[21]).toMatchObject({
      event: 'log.shortened',
      details: { omitted: 4980, mostly: ['192.168.1.66: 4980'] },
    })
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 23 })
  })

  it('hides nothing for longer when the clock is set back', async ({ stores, clock }) => {
    const gate = createGateAudit(stores.audit)
    for (let turn = 0; turn < 30; turn += 1) gate.record(denied('192.168.1.66'))
    clock.advance(-60 * MINUTE_MS)
    gate.record(denied('192.168.1.66', '/of/the/hour/before'))

    const rows = await readRows(stores)
    expect(rows.slice(20).map(({ event }) => event)).toEqual(['log.shortened', 'request.denied'])
    expect(rows[20]?.details).toMatchObject({ omitted: 10 })
  })

  it('gains nothing from the many addresses of one IPv6 device, nor from many devices', async ({ stores }) => {
    const gate = createGateAudit(stores.audit)
    for (let turn = 0; turn < 500; turn += 1) gate.record(denied(`fd00::5:${turn.toString(16)}`))
    expect(await readRows(stores)).toHaveLength(20)

    for (let turn = 0; turn < 500; turn += 1) gate.record(denied(`10.0.${turn >> 8}.${turn & 255}`))
    expect(await readRows(stores)).toHaveLength(200)
  })

  it('cannot hide what was done with a right, nor what others do', async ({ stores }) => {
    const gate = createGateAudit(stores.audit)
    for (let turn = 0; turn < 20_000; turn += 1) gate.record(denied(`10.0.0.${turn % 250}`))
    for (let turn = 0; turn < 100; turn += 1) stores.audit.record({ event: 'key.created', actor: mia })
    stores.audit.record(changed)

    const rows = await readRows(stores)

    expect(rows.filter(({ event }) => event === 'key.created')).toHaveLength(100)
    expect(rows.at(-1)?.event).toBe('request.changed')
  })

  it('is bounded as a person too', async ({ stores }) => {
    for (let turn = 0; turn < 1000; turn += 1) stores.audit.record(changed)

    expect(await readRows(stores)).toHaveLength(60)
  })

  it.for(['job.held', 'job.moved', 'output.shared'] as const)(
    'is bounded in what is done to own jobs and pictures, while what an administrator does to those of others is kept: %s',
    async (event, { stores }) => {
      const done = (of: string): AuditEvent => ({ event, actor: mia, details: { job: 'j', of } })
      for (let turn = 0; turn < 1000; turn += 1) stores.audit.record(done(mia.id))
      for (let turn = 0; turn < 100; turn += 1) stores.audit.record(done('b'.repeat(16)))

      const rows = await readRows(stores)

      expect(rows.filter(({ details }) => details.of === mia.id)).toHaveLength(60)
      expect(rows.filter(({ details }) => details.of !== mia.id)).toHaveLength(100)
    },
  )

  it('buries no refusal of theirs under thousands of jobs', async ({ stores }) => {
    const principal = { ...keyPrincipal('mia', 'user', ['run']), accountId: mia.id, name: mia.name }
    const gate = createGateAudit(stores.audit)
    const event = {
      listener: 'public',
      clientAddress: '192.168.1.66',
      principal,
      method: 'POST',
      path: '/prompt',
    } as const
    for (let turn = 0; turn < 5000; turn += 1) gate.record({ ...event, type: 'prompt.accepted', detail: String(turn) })
    gate.record({ ...event, type: 'request.denied', code: 'PERMISSION_DENIED' })
    await stores.audit.flush()

    const rows = await readRows(stores)

    expect(rows.filter((row) => row.event === 'prompt.accepted')).toHaveLength(60)
    expect(rows.filter((row) => row.event === 'request.denied')).toHaveLength(1)
  })

  it('buries nothing that a person changes under what they are refused, nor the other way round', async ({
    stores,
  }) => {
    const refused: AuditEvent = { event: 'request.denied', actor: mia, details: { path: '/settings' } }
    for (let turn = 0; turn < 1000; turn += 1) stores.audit.record(refused)
    stores.audit.record(changed)
    const leo = { ...mia, id: 'b'.repeat(16) }
    for (let turn = 0; turn < 1000; turn += 1) stores.audit.record({ ...changed, actor: leo })
    stores.audit.record({ ...refused, actor: leo })

    const events = (await readRows(stores)).map(({ event }) => event)

    const rows = (event: string): string[] => new Array<string>(60).fill(event)
    expect(events).toEqual([...rows('request.denied'), 'request.changed', ...rows('request.changed'), 'request.denied'])
  })

  it('hides no change behind empty ones of another part of ComfyUI, and the rest is told by its part', async ({
    stores,
    clock,
  }) => {
    for (let turn = 0; turn < 1000; turn += 1) stores.audit.record(changed)
    stores.audit.record({ ...changed, details: { path: '/api/userdata/workflows%2Fours.json' } })
    clock.advance(MINUTE_MS)
    stores.audit.record(changed)

    const rows = await readRows(stores)

    expect(rows.filter(({ details }) => details.path?.startsWith('/api/userdata/'))).toHaveLength(1)
    const mostly = [`account ${mia.id}, /settings: 940`]
    expect(rows.find(({ event }) => event === 'log.shortened')?.details).toEqual({ omitted: 940, mostly })
  })

  it.each([
    ['an administrator at a route that nobody else has', 'admin', '/somebodys-pack/anything', true],
    ['somebody at a route of their own', 'creator', '/settings', false],
  ] as const)('is told by the gate which changes are which: %s', async (_who, who, path, reserved) => {
    const fixture = await openGateFixture()
    try {
      const headers = { ...bearer(tokens[who]), 'content-type': 'application/json' }
      await ask(fixture.port, path, { method: 'POST', headers, body: '{}' })
      const told = fixture.events.find(({ type }) => type === 'request.changed')
      expect(told?.path).toBe(path)
      expect(told?.reserved === true).toBe(reserved)
    } finally {
      await fixture.close()
    }
  })

  it('hides no change that only administrators make', async ({ stores }) => {
    const principal = { ...keyPrincipal('mia', 'administrator', ['administer']), accountId: mia.id, name: mia.name }
    const gate = createGateAudit(stores.audit)
    const about = { listener: 'public', clientAddress: '192.168.1.66', principal, method: 'POST' } as const
    const noise = { ...about, type: 'request.changed', path: '/manager/noise' } as const
    for (let turn = 0; turn < 1000; turn += 1) gate.record({ ...noise, reserved: false })
    for (let turn = 0; turn < 100; turn += 1) gate.record({ ...noise, reserved: true })

    const rows = await readRows(stores)

    expect(rows.filter(({ details }) => details.reserved === true)).toHaveLength(100)
    expect(rows).toHaveLength(160)
  })

  it('leaves a row that says how much was lost when more comes than can be written', async ({ stores }) => {
    for (let turn = 0; turn < 10_050; turn += 1) stores.audit.record({ event: 'key.created', actor: mia })
    await stores.audit.flush()
    stores.audit.record({ event: 'key.created', actor: mia })

    const last = (await readRows(stores)).slice(-2)

    expect(last).toMatchObject([{ event: 'log.shortened', details: { omitted: 50 } }, { event: 'key.created' }])
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 10_002 })
  })

  it('is summed up when the gate ends before the minute does', async ({ stores, openAgain }) => {
    for (let turn = 0; turn < 100; turn += 1) createGateAudit(stores.audit).record(denied('192.168.1.66'))
    await stores.close()

    const rows = await readRows(await openAgain())

    expect(rows.at(-1)).toMatchObject({ event: 'log.shortened', details: { omitted: 80 } })
  })
})

describe('a path made for the log', () => {
  it('is kept by its beginning', async ({ stores }) => {
    createGateAudit(stores.audit).record(denied('192.168.1.66', `/${'x'.repeat(15_000)}`))

    expect((await readRows(stores))[0]?.details.path).toHaveLength(201)
  })

  it('takes no key into it', async ({ stores }) => {
    const key = `gh_abcdefghij12_${'A'.repeat(86)}_0011aabb`
    createGateAudit(stores.audit).record(denied('192.168.1.66', `/view/${key}`))

    expect((await readRows(stores))[0]?.details.path).toBe('/view/[removed]')
  })
})
