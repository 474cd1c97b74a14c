import { describe, expect } from 'vitest'
import { system } from '../../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { parseNetwork } from '../../../proxy/network/ipNetwork.ts'
import { describeLocalBlock } from '../../../service/localBlock.ts'
import { storesTest as it } from '../../support/storesFixture.ts'

const add = (stores: Stores, kind: 'allow' | 'deny', cidr: string) =>
  stores.ipRules.add({ kind, network: parseNetwork(cidr), comment: '', expiresAtMs: null, source: 'owner' }, system)

describe('whether a rule keeps this computer out', () => {
  it('is told with the rule that does, as long as it is there', async ({ stores }) => {
    await add(stores, 'deny', '192.168.1.40')
    await add(stores, 'deny', '127.0.0.66')
    expect(describeLocalBlock(stores)).toBeNull()
    const rule = await add(stores, 'deny', '127.0.0.1')
    expect(describeLocalBlock(stores)).toBe('The rule “Keep out 127.0.0.1” keeps this computer out.')
    await stores.ipRules.remove(rule.id, system)
    await add(stores, 'deny', '127.0.0.0/8')
    expect(describeLocalBlock(stores)).toBe('The rule “Keep out 127.0.0.0/8” keeps this computer out.')
  })

  it('is told of a list that lets in others only', async ({ stores }) => {
    await add(stores, 'allow', '192.168.1.0/24')
    expect(describeLocalBlock(stores)).toMatch(/let only some in, and this computer is not one of them/)
    await add(stores, 'allow', '127.0.0.1')
    expect(describeLocalBlock(stores)).toBeNull()
  })
})
