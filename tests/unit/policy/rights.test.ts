import { describe, expect, it } from 'vitest'
import { checkHolderScopes } from '../../../proxy/accounts/keyScopes.ts'
import { roles } from '../../../proxy/contract/accounts.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import type { Credential } from '../../../proxy/pipeline/requestContext.ts'
import { decideAdminister, decideJobs, decideOwnThings, mayAdminister } from '../../../proxy/policy/rights.ts'

const session = (surface: 'people' | 'owner', fromOwnerWindow = false): Credential => ({
  kind: 'session',
  sessionId: 's',
  surface,
  fromOwnerWindow,
})
const key = (...scopes: readonly Scope[]): Credential => ({ kind: 'apiKey', keyId: 'k', scopes })
const person = (role: Role, credential: Credential) => ({ accountId: 'a', name: 'A', role, credential })

describe('decideAdminister', () => {
  it.each([
    ["the owner's window", session('owner')],
    ['a key with the scope', key('administer')],
    ['a key with more scopes', key('run', 'administer')],
  ])('allows an administrator with %s', (_, credential) => {
    expect(decideAdminister(person('administrator', credential))).toEqual({ allowed: true })
    expect(mayAdminister(person('administrator', credential))).toBe(true)
  })

  it.each([
    [
      'a session of the public listener (session riding)',
      session('people'),
      'Open Gatehouse on this computer to do that.',
    ],
    ["the session of ComfyUI's own window", session('people', true), 'Open Gatehouse on this computer to do that.'],
    [
      'a key without the scope',
      key('run', 'read', 'keys'),
      'This key may not do that: it lacks the scope "administer".',
    ],
  ])('denies it to an administrator with %s, in words', (_, credential, message) => {
    expect(decideAdminister(person('administrator', credential))).toEqual({
      allowed: false,
      code: 'PERMISSION_DENIED',
      message,
    })
    expect(mayAdminister(person('administrator', credential))).toBe(false)
  })

  it.each(roles.filter((role) => role !== 'administrator'))('denies it to a %s whatever they hold', (role) => {
    for (const credential of [session('people'), session('owner'), key('run', 'read', 'keys', 'administer')]) {
      expect(decideAdminister(person(role, credential))).toMatchObject({
        allowed: false,
        message: 'Only an administrator may do that.',
      })
    }
  })
})

describe('decideOwnThings', () => {
  it.each(roles)('opens what is their own to a %s who is signed in or has a key for it', (role) => {
    for (const credential of [session('people'), session('owner'), key('keys'), key('administer')]) {
      expect(decideOwnThings(person(role, credential))).toEqual({ allowed: true })
    }
  })

  it('denies it to a key that may only run', () => {
    expect(decideOwnThings(person('administrator', key('run', 'read')))).toEqual({
      allowed: false,
      code: 'PERMISSION_DENIED',
      message: 'This key may not do that: it lacks the scope "keys".',
    })
  })
})

describe('decideJobs', () => {
  it.each([
    ['read', key('read')],
    ['read', key('run')],
    ['read', key('administer')],
    ['read', session('people')],
    ['run', key('run')],
    ['run', key('administer')],
    ['run', session('owner')],
  ] as const)('lets somebody %s their own jobs with %o', (scope, credential) => {
    expect(decideJobs(person('creator', credential), scope)).toEqual({ allowed: true })
  })

  it.each([
    ['read', key('keys')],
    ['run', key('keys')],
    ['run', key('read')],
  ] as const)('denies to %s jobs with a key for something else', (scope, credential) => {
    expect(decideJobs(person('administrator', credential), scope)).toMatchObject({
      allowed: false,
      code: 'PERMISSION_DENIED',
      message: `This key may not do that: it lacks the scope "${scope}".`,
    })
  })
})

describe('checkHolderScopes', () => {
  it('refuses a key that administers to whoever does not', () => {
    for (const role of roles) {
      const check = () => checkHolderScopes(['run', 'administer'], { name: 'Mia', role })
      if (role === 'administrator') expect(check).not.toThrow()
      else expect(check).toThrow('Mia is no administrator, so the key cannot administer.')
    }
  })

  it('lets everybody hold the other scopes', () => {
    expect(() => checkHolderScopes(['run', 'read', 'keys'], { name: 'Mia', role: 'guest' })).not.toThrow()
  })
})
