import { describe, expect, it } from 'vitest'
import { SignInThrottle } from '../../../proxy/accounts/signInThrottle.ts'
import { createMovableClock } from '../../support/storesFixture.ts'

const keys = ['address:10.0.0.1', 'name:mia']

describe('the sign-in throttle', () => {
  it('pauses 60, 90 and 300 seconds after 3, 6 and 9 failures, and 300 after each three more', () => {
    const clock = createMovableClock()
    const throttle = new SignInThrottle(clock)
    const pauses = []
    for (let failure = 1; failure <= 15; failure += 1) {
      throttle.begin(keys)
      const { waitMs } = throttle.state(keys)
      if (waitMs > 0) pauses.push([failure, waitMs / 1000])
      clock.advance(waitMs)
    }

    expect(pauses).toEqual([
      [3, 60],
      [6, 90],
      [9, 300],
      [12, 300],
      [15, 300],
    ])
  })

  it('says how many tries are left and what follows', () => {
    const throttle = new SignInThrottle(createMovableClock())
    expect(throttle.state(keys)).toEqual({ waitMs: 0, triesLeft: 3, failures: 0, nextPauseMs: 60_000 })
    throttle.begin(keys)
    expect(throttle.state(keys)).toEqual({ waitMs: 0, triesLeft: 2, failures: 1, nextPauseMs: 60_000 })
  })

  it('counts tries that are still running (many at once)', () => {
    const throttle = new SignInThrottle(createMovableClock())
    for (let attempt = 0; attempt < 3; attempt += 1) throttle.begin(keys)

    expect(throttle.state(keys).waitMs).toBe(60_000)
  })

  it('counts by name from everywhere, and by address for every name', () => {
    const throttle = new SignInThrottle(createMovableClock())
    for (const address of ['address:a', 'address:b', 'address:c']) throttle.begin([address, 'name:mia'])
    for (const name of ['name:a', 'name:b', 'name:c']) throttle.begin(['address:x', name])

    expect(throttle.state(['address:new', 'name:mia']).waitMs).toBe(60_000)
    expect(throttle.state(['address:x', 'name:new']).waitMs).toBe(60_000)
    expect(throttle.state(['address:new', 'name:new']).waitMs).toBe(0)
  })

  it("forgets a name's failures after a success but keeps the address's (own account as a sponge)", () => {
    const throttle = new SignInThrottle(createMovableClock())
    throttle.begin(['address:x', 'name:victim'])
    throttle.begin(['address:x', 'name:victim'])
    throttle.begin(['address:x', 'name:attacker'])
    throttle.succeed(['address:x', 'name:attacker'], ['name:attacker'])

    expect(throttle.state(['address:x', 'name:attacker'])).toMatchObject({ waitMs: 0, triesLeft: 1 })
    throttle.begin(['address:x', 'name:victim'])
    expect(throttle.state(['address:x', 'name:other']).waitMs).toBe(60_000)
  })

  it('is not lifted by a success that ran beside the failures', () => {
    const throttle = new SignInThrottle(createMovableClock())
    throttle.begin(['address:x', 'name:attacker'])
    for (let attempt = 0; attempt < 3; attempt += 1) throttle.begin(['address:x', 'name:victim'])
    throttle.succeed(['address:x', 'name:attacker'], ['name:attacker'])

    expect(throttle.state(['address:x', 'name:victim']).waitMs).toBe(60_000)
  })

  it('forgets after half an hour without a failure', () => {
    const clock = createMovableClock()
    const throttle = new SignInThrottle(clock)
    throttle.begin(keys)
    throttle.begin(keys)
    clock.advance(30 * 60_000)

    expect(throttle.state(keys).triesLeft).toBe(3)
  })
})
