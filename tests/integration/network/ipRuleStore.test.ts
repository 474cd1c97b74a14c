import { describe, expect, vi } from 'vitest'
import { commandLine, system } from '../../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { parseNetwork } from '../../../proxy/network/ipNetwork.ts'
import type { NewIpRule } from '../../../proxy/network/ipRuleStore.ts'
import { storesTest as it } from '../../support/storesFixture.ts'

const rule = (kind: 'allow' | 'deny', cidr: string, more: Partial<NewIpRule> = {}): NewIpRule => ({
  kind,
  network: parseNetwork(cidr),
  comment: '',
  expiresAtMs: null,
  source: 'owner',
  ...more,
})

const sayings = ({ ipRules }: Stores) => ipRules.list().map(({ kind, network }) => `${kind} ${network.cidr}`)

async function readLog(stores: Stores, event: string) {
  await stores.audit.flush()
  const rows = await stores.database.kysely.selectFrom('audit').selectAll().where('event', '=', event).execute()
  return rows.map(({ details }): unknown => JSON.parse(details))
}

describe('rules for addresses', () => {
  it('hold at once, after a restart, and stand in the log', async ({ stores, openAgain }) => {
    await stores.ipRules.add(rule('deny', '192.168.1.40/24', { comment: 'the office' }), commandLine)

    expect(stores.addressRules.decide('192.168.1.7')).toBe('blocked')
    expect(stores.addressRules.decide('192.168.2.7')).toBe('allowed')
    expect(await readLog(stores, 'ipRule.created')).toEqual([{ kind: 'deny', cidr: '192.168.1.0/24', source: 'owner' }])
    await stores.close()
    const again = await openAgain()
    expect(again.ipRules.list()).toMatchObject([{ comment: 'the office', source: 'owner' }])
    expect(again.addressRules.decide('192.168.1.7')).toBe('blocked')
  })

  it('hold also when another process wrote them, and tell whoever holds connections open', async ({
    stores,
    openAgain,
  }) => {
    const commandOfAnother = await openAgain()
    let changes = 0
    stores.addressRules.onChange(() => (changes += 1))

    await commandOfAnother.ipRules.add(rule('deny', '10.0.0.9'), commandLine)

    await vi.waitFor(() => expect(stores.addressRules.decide('10.0.0.9')).toBe('blocked'))
    expect(changes).toBe(1)
    const [made] = stores.ipRules.list()
    await commandOfAnother.ipRules.remove(made?.id ?? '', commandLine)
    await vi.waitFor(() => expect(stores.addressRules.decide('10.0.0.9')).toBe('allowed'))
    expect(changes).toBe(2)
  })

  it('end at their time without a restart, and tell whoever holds connections open (expired rule)', async ({
    stores,
    clock,
  }) => {
    const expiresAtMs = clock.nowMs() + 7_200_000
    await stores.ipRules.add(rule('deny', '10.0.0.9', { expiresAtMs }), commandLine)
    let changes = 0
    stores.addressRules.onChange(() => (changes += 1))
    clock.advance(7_199_999)
    expect(stores.addressRules.decide('10.0.0.9')).toBe('blocked')

    clock.advance(1)

    expect(stores.addressRules.decide('10.0.0.9')).toBe('allowed')
    expect(stores.ipRules.list()).toEqual([])
    await vi.waitFor(() => expect(changes).toBe(1))
    await vi.waitFor(async () => {
      expect(await stores.database.kysely.selectFrom('ip_rules').selectAll().execute()).toEqual([])
    })
    expect(await readLog(stores, 'ipRule.removed')).toEqual([{ kind: 'deny', cidr: '10.0.0.9/32', ended: true }])
  })

  it('say what was said last of the same network', async ({ stores }) => {
    await stores.ipRules.add(rule('deny', '10.0.0.9', { comment: 'first' }), commandLine)
    await stores.ipRules.add(rule('deny', '::ffff:10.0.0.9', { comment: 'second' }), commandLine)

    expect(stores.ipRules.list()).toMatchObject([{ comment: 'second' }])
  })

  it('take a second and a thousandth entry, one by one and at once (second blacklist entry fails, S-3)', async ({
    stores,
    openAgain,
  }) => {
    await stores.ipRules.add(rule('deny', '10.0.0.1'), system)
    await stores.ipRules.add(rule('deny', '10.0.0.2'), system)
    const many = Array.from({ length: 10_000 }, (_, at) => rule('deny', `10.1.${at >> 8}.${at & 255}`))

    expect(await stores.ipRules.addMissing([rule('deny', '10.0.0.1'), ...many], commandLine)).toBe(10_000)

    await stores.close()
    const again = await openAgain()
    expect(again.ipRules.list()).toHaveLength(10_002)
    expect(again.addressRules.decide('10.1.39.15')).toBe('blocked')
    expect(again.addressRules.decide('10.1.39.16')).toBe('allowed')
    expect(await readLog(again, 'ipRule.created')).toHaveLength(3)
  })

  it('do not fill up by lockouts: the oldest of those leave, nobody’s own do', async ({ stores, clock }) => {
    await stores.ipRules.add(rule('deny', '10.9.9.9'), commandLine)
    clock.advance(1)
    const blocked = Array.from({ length: 5000 }, (_, at) =>
      rule('deny', `10.1.${at >> 8}.${at & 255}`, { source: 'lockout' }),
    )
    await stores.ipRules.addMissing(blocked, system)
    clock.advance(1)

    await stores.ipRules.add(rule('deny', '10.2.0.1', { source: 'lockout' }), system)

    expect(stores.ipRules.list()).toHaveLength(5001)
    expect(sayings(stores)).toContain('deny 10.2.0.1/32')
    expect(sayings(stores)).toContain('deny 10.9.9.9/32')
  })

  it('that cannot be read let nobody in but whom another one allows (damaged database)', async ({
    stores,
    openAgain,
    logger,
  }) => {
    await stores.ipRules.add(rule('deny', '10.0.0.9'), commandLine)
    await stores.database.kysely.updateTable('ip_rules').set({ cidr: 'my-laptop' }).execute()

    const again = await openAgain()

    expect(again.addressRules.decide('10.0.0.9')).toBe('blocked')
    expect(again.addressRules.decide('192.168.1.1')).toBe('blocked')
    expect(logger.lines.join('\n')).toContain('cannot be read')
    await again.ipRules.add(rule('allow', '192.168.1.1'), commandLine)
    expect(again.addressRules.decide('192.168.1.1')).toBe('allowed')
    const damaged = again.ipRules.list().find(({ network }) => network.cidr === 'my-laptop')
    await again.ipRules.remove(damaged?.id ?? '', commandLine)
    expect(sayings(again)).toEqual(['allow 192.168.1.1/32'])
  })
})
