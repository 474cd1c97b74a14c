import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HashLane } from '../../../proxy/accounts/hashLane.ts'
import type { HashTurn } from '../../../proxy/accounts/hashLane.ts'
import { toHashingWidth } from '../../../proxy/accounts/passwordHasher.ts'

/** Work that ends when told to, and a record of how much ran at once. */
function createWork() {
  const state = { running: 0, most: 0, done: 0 }
  const finish: (() => void)[] = []
  const work = async (): Promise<void> => {
    state.running += 1
    state.most = Math.max(state.most, state.running)
    await new Promise<void>((resolve) => finish.push(resolve))
    state.running -= 1
    state.done += 1
  }
  return { state, work, finish }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a lane of hashes', () => {
  it('runs as many at once as it is wide, and every one in the end', async () => {
    const lane = new HashLane({ width: 2, maxWaiting: 10 })
    const { state, work, finish } = createWork()
    const all = Promise.all(Array.from({ length: 7 }, () => lane.run(work)))

    while (state.done < 7) {
      await settle()
      finish.shift()?.()
    }
    await all

    expect(state.most).toBe(2)
  })

  it('refuses when too many wait (hash flood), and takes work again later', async () => {
    const lane = new HashLane({ width: 1, maxWaiting: 1 })
    const { work, finish } = createWork()
    const first = lane.run(work)
    const second = lane.run(work)

    await expect(lane.run(work)).rejects.toMatchObject({ code: 'RATE_LIMITED' })

    await settle()
    finish.shift()?.()
    await first
    await settle()
    finish.shift()?.()
    await second
    await expect(lane.run(() => Promise.resolve('done'))).resolves.toBe('done')
  })

  it('goes on after work that failed', async () => {
    const lane = new HashLane({ width: 1, maxWaiting: 1 })

    await expect(lane.run(() => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
    await expect(lane.run(() => Promise.resolve('done'))).resolves.toBe('done')
  })
})

describe('a lane that strangers fill', () => {
  const strangers = { line: 'strangers' } as const

  it('keeps all places of those who are known, and lets them wait for one turn of a stranger each', async () => {
    const lane = new HashLane({ width: 1, maxWaiting: 3 })
    const { work, finish } = createWork()
    const order: string[] = []
    const run = (name: string, turn: HashTurn) => lane.run(work, turn).then(() => order.push(name))
    const flood = ['s1', 's2', 's3', 's4'].map((name) => run(name, strangers))
    await expect(lane.run(work, strangers)).rejects.toMatchObject({ code: 'RATE_LIMITED' })

    const known = ['k1', 'k2', 'k3'].map((name) => run(name, { line: 'known', of: name }))
    while (order.length < 7) {
      await settle()
      finish.shift()?.()
    }
    await Promise.all([...flood, ...known])

    expect(order).toEqual(['s1', 'k1', 's2', 'k2', 's3', 'k3', 's4'])
  })

  it('gives one who is known four places, so that nobody fills it for the others', async () => {
    const lane = new HashLane({ width: 1, maxWaiting: 32 })
    const { work, finish } = createWork()
    const mia = { line: 'known', of: 'Mia' } as const
    const first = Array.from({ length: 5 }, () => lane.run(work, mia))

    await expect(lane.run(work, mia)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    const noah = lane.run(() => Promise.resolve('hashed'), { line: 'known', of: 'Noah' })
    for (let ended = 0; ended < 5; ended += 1) {
      await settle()
      finish.shift()?.()
    }
    await Promise.all(first)
    await expect(noah).resolves.toBe('hashed')
  })
})

describe('strangers who must rest', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const strangers = { line: 'strangers' } as const
  const hash = () => new Promise<void>((resolve) => void setTimeout(resolve, 100))

  it('keep the processor for half the time after a burst (flood of wrong passwords from many addresses)', async () => {
    const lane = new HashLane({ width: 1, maxWaiting: 1000, strangersRest: { share: 0.5, burstMs: 1000 } })
    let done = 0
    for (let tries = 0; tries < 200; tries += 1) void lane.run(hash, strangers).then(() => (done += 1))

    await vi.advanceTimersByTimeAsync(1000)
    expect(done).toBe(10)
    await vi.advanceTimersByTimeAsync(10_000)
    // 11 s: a second of burst, and half of the time.
    expect(done).toBeGreaterThanOrEqual(60)
    expect(done).toBeLessThanOrEqual(66)
  })

  it('let those who are known go on meanwhile, and go on themselves when nobody else does', async () => {
    const lane = new HashLane({ width: 1, maxWaiting: 1000, strangersRest: { share: 0.5, burstMs: 100 } })
    let done = 0
    for (let tries = 0; tries < 6; tries += 1) void lane.run(hash, strangers).then(() => (done += 1))
    let isKnownDone = false
    // In the middle of a rest.
    await vi.advanceTimersByTimeAsync(350)
    void lane.run(hash, { line: 'known', of: 'Mia' }).then(() => (isKnownDone = true))
    await vi.advanceTimersByTimeAsync(200)
    expect(isKnownDone).toBe(true)

    await vi.advanceTimersByTimeAsync(2000)
    expect(done).toBe(6)
  })
})

describe('toHashingWidth', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [16, 2],
  ])('leaves a core to everybody else: %i cores, %i at once', (cores, width) => {
    expect(toHashingWidth(cores)).toBe(width)
  })
})
