import { describe, expect, it } from 'vitest'
import { NetworkWatch } from '../../../service/networkWatch.ts'

function setUp() {
  const world = { at: 1_000_000, signature: 'a', id: 'router:1', reads: 0 }
  const watch = new NetworkWatch({
    clock: { nowMs: () => world.at },
    read: () => {
      world.reads += 1
      return Promise.resolve({ network: { id: world.id, name: 'Ours' }, category: undefined })
    },
    signature: () => world.signature,
    maxAgeMs: 60_000,
    sleepMs: 20_000,
  })
  return { world, watch }
}

describe('the network this computer is in', () => {
  it('is not read again while nothing has changed', async () => {
    const { world, watch } = setUp()
    await watch.look()
    world.at += 5_000
    await watch.look()
    expect(world.reads).toBe(1)
  })

  it('is read again when an address changed', async () => {
    const { world, watch } = setUp()
    await watch.look()
    Object.assign(world, { signature: 'b', id: 'router:2' })
    await watch.look()
    expect(watch.network?.id).toBe('router:2')
  })

  it('is read again after a sleep, because a café may give the address of home', async () => {
    const { world, watch } = setUp()
    await watch.look()
    world.at += 20_001
    world.id = 'router:2'
    await watch.look()
    expect(watch.network?.id).toBe('router:2')
  })

  it('is read again after a while', async () => {
    const { world, watch } = setUp()
    for (let step = 0; step < 14; step += 1) {
      await watch.look()
      world.at += 5_000
    }
    expect(world.reads).toBe(2)
  })

  it('is read once for all who ask at the same time', async () => {
    const { world, watch } = setUp()
    await Promise.all([watch.look(), watch.look()])
    expect(world.reads).toBe(1)
  })
})
