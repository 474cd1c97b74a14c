import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'

describe('somebody who asks without end', () => {
  let fixture: GateFixture
  beforeEach(async () => {
    fixture = await openGateFixture()
    fixture.upstream.on('GET /object_info', (_request, response) => response.end('{}'))
  })
  afterEach(() => fixture.close())

  const askTimes = async (times: number, path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answers = []
    for (let at = 0; at < times; at += 1) answers.push(await ask(fixture.port, path, { headers }))
    return answers
  }

  it('with a key is answered 429 with the time to wait, and ComfyUI sees nothing of it', async () => {
    fixture.settings.set('limits.requestsPerMinute', 60)
    await askTimes(60, '/object_info', bearer(tokens.creator))
    const seen = fixture.upstream.seen.length

    const [refused] = await askTimes(1, '/object_info', bearer(tokens.creator))

    expect(refused).toMatchObject({ status: 429 })
    expect(refused?.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': '"key";q=60;w=60',
      ratelimit: '"key";r=0;t=1',
    })
    expect(refused?.json()).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 })
    expect(fixture.upstream.seen).toHaveLength(seen)
    const [other] = await askTimes(1, '/object_info', bearer(tokens.creator2))
    expect(other?.status).toBe(200)
  })

  it('without signing in is kept short, and who signed in at the same address is not', async () => {
    fixture.settings.set('limits.strangerRequestsPerMinute', 10)
    const statuses = (await askTimes(12, '/object_info')).map(({ status }) => status)
    expect(statuses).toEqual([...new Array<number>(10).fill(401), 429, 429])
    const [signedIn] = await askTimes(1, '/object_info', bearer(tokens.creator))
    expect(signedIn?.status).toBe(200)
  })

  it('guessing keys is kept short like a stranger, and the key that is guessed at is not', async () => {
    fixture.settings.set('limits.strangerRequestsPerMinute', 10)
    const statuses = (await askTimes(12, '/object_info', bearer('a-wrong-key'))).map(({ status }) => status)
    expect(statuses).toEqual([...new Array<number>(10).fill(401), 429, 429])
    const malformed = await askTimes(1, '/object_info', { authorization: 'Digest x' })
    expect(malformed[0]?.status).toBe(429)
    const [right] = await askTimes(1, '/object_info', bearer(tokens.creator))
    expect(right?.status).toBe(200)
  })

  it('with an old cookie counts as a stranger', async () => {
    fixture.settings.set('limits.strangerRequestsPerMinute', 10)
    const statuses = (await askTimes(12, '/object_info', { cookie: 'gatehouse_session=old' })).map((one) => one.status)
    expect(statuses).toEqual([...new Array<number>(10).fill(401), 429, 429])
  })

  it('by upgrades is refused before the upgrade', async () => {
    fixture.settings.set('limits.strangerRequestsPerMinute', 10)
    await askTimes(10, '/object_info')
    const answer = await ask(fixture.port, '/ws', {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    })
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toBe('6')
  })
})
