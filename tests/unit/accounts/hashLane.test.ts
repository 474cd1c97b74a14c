import { describe, expect, it } from 'vitest'
import { HashLane, toHashingWidth } from '../../../proxy/accounts/passwordHasher.ts'

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
