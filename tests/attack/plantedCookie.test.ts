import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'

let fixture: GateFixture
beforeAll(async () => {
  fixture = await openGateFixture()
})
afterAll(() => fixture.close())

const navigate = (path: string, headers: Record<string, string>) =>
  ask(fixture.port, path, { headers: { accept: 'text/html', ...headers } })

describe('a second session cookie, planted by another program on this host name', () => {
  const cookie = `gatehouse_session=${tokens.creatorSession}; gatehouse_session=planted`

  it('case 46: does not decide who one is', async () => {
    const answer = await ask(fixture.port, '/prompt', { headers: { cookie } })

    expect([answer.status, answer.json().code]).toEqual([401, 'AUTH_INVALID'])
    expect(fixture.upstream.seen).toEqual([])
  })

  it('does not send the browser round and round, but says in words what to do', async () => {
    const first = await navigate('/gatehouse/', { cookie })
    expect([first.status, first.headers.location]).toEqual([302, '/login?next=%2Fgatehouse%2F'])

    for (const path of ['/login', '/login?next=%2Fgatehouse%2F']) {
      const answer = await navigate(path, { cookie })
      expect([answer.status, answer.headers.location]).toEqual([401, undefined])
      expect(answer.text).toContain('Delete the cookies of this address, then sign in again.')
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })
})
