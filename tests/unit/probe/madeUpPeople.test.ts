import { describe, expect, it, vi } from 'vitest'
import { systemRandom } from '../../../proxy/core/random.ts'
import { knowMadeUp, MadeUpPeople, withoutMadeUp } from '../../../proxy/probe/madeUpPeople.ts'
import type { PipelineEvent } from '../../../proxy/pipeline/audit.ts'
import type { AuthenticationInput } from '../../../proxy/pipeline/requestContext.ts'
import { FakeAuthenticator, sessionPrincipal } from '../../support/gateFixture.ts'
import { probedRole } from '../../support/probedRoles.ts'

const input = (token: string, more: Partial<AuthenticationInput> = {}): AuthenticationInput => ({
  presented: { kind: 'sessionCookie', token },
  listener: 'public',
  secure: false,
  clientAddress: '127.0.0.1',
  ...more,
})

describe('somebody made up', () => {
  it('is recognised by the very session and nothing else', () => {
    const people = new MadeUpPeople(systemRandom)
    const { token, principal } = people.make(probedRole('creator'))
    expect(people.recognise(input(token))).toBe(principal)
    expect(people.recognise(input(`${token}x`))).toBeUndefined()
    expect(people.recognise(input('', {}))).toBeUndefined()
    expect(people.recognise(input('', { presented: { kind: 'bearer', token } }))).toBeUndefined()
  })

  it.each([
    ['from another device', { clientAddress: '192.168.1.20' }],
    ['on the owner’s listener', { listener: 'owner' as const }],
  ])('is not recognised %s', (_where, more) => {
    const people = new MadeUpPeople(systemRandom)
    const { token } = people.make(probedRole('creator'))
    expect(people.recognise(input(token, more))).toBeUndefined()
  })

  it('is nobody any more when the try has ended', async () => {
    const people = new MadeUpPeople(systemRandom)
    const authenticator = knowMadeUp(new FakeAuthenticator(), people)
    const changed = vi.fn()
    authenticator.onCredentialsChanged(changed)
    const { token, principal } = people.make(probedRole('user'))
    expect(await authenticator.reauthenticate(principal)).toBe(principal)

    people.end()

    expect(changed).toHaveBeenCalledOnce()
    expect(await authenticator.reauthenticate(principal)).toBeUndefined()
    await expect(authenticator.authenticate(input(token))).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    expect(people.find(principal.accountId)).toBeUndefined()
  })

  it('is alone: a second try has to wait', () => {
    const people = new MadeUpPeople(systemRandom)
    people.make(probedRole('user'))
    expect(() => people.make(probedRole('guest'))).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }))
    people.end()
    expect(people.make(probedRole('guest')).principal.role).toBe('guest')
  })

  it('leaves everybody else as they were', async () => {
    const known = new FakeAuthenticator()
    const mia = sessionPrincipal('mia', 'creator')
    known.set('mias', mia)
    const authenticator = knowMadeUp(known, new MadeUpPeople(systemRandom))
    expect(await authenticator.authenticate(input('mias'))).toBe(mia)
    expect(await authenticator.reauthenticate(mia)).toBe(mia)
  })

  it('fills no log; others’ refusals stay in it', () => {
    const events: PipelineEvent[] = []
    const audit = withoutMadeUp({ record: (event) => events.push(event) })
    const { principal } = new MadeUpPeople(systemRandom).make(probedRole('user'))
    const event = { type: 'request.denied', listener: 'public', clientAddress: '127.0.0.1', method: 'POST' } as const
    audit.record({ ...event, principal, path: '/made-up' })
    audit.record({ ...event, principal: sessionPrincipal('mia', 'user'), path: '/mias' })
    audit.record({ ...event, principal: undefined, path: '/strangers' })
    expect(events.map(({ path }) => path)).toEqual(['/mias', '/strangers'])
  })
})
