import { describe, expect, it } from 'vitest'
import { checkHolderScopes } from '../../../proxy/accounts/keyScopes.ts'
import { roles } from '../../../proxy/contract/accounts.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import { permissions, reservedPermissions } from '../../../proxy/contract/permissions.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import type { Credential, Principal } from '../../../proxy/pipeline/requestContext.ts'
import { mayRunJob, noGrants } from '../../../proxy/policy/mayRun.ts'
import type { WorkflowGrantReader } from '../../../proxy/policy/mayRun.ts'
import { decideOneWorkflow } from '../../../proxy/policy/oneWorkflow.ts'
import { decideAdminister, decideOwn, decidePermission, holds, mayAdminister } from '../../../proxy/policy/rights.ts'
import { personOf } from '../../support/gateFixture.ts'

const session = (surface: 'people' | 'owner', fromOwnerWindow = false): Credential => ({
  kind: 'session',
  sessionId: 's',
  surface,
  fromOwnerWindow,
})
const key = (...scopes: readonly Scope[]): Credential => ({ kind: 'apiKey', keyId: 'k', scopes, workflowId: undefined })
const person = (role: Role, credential: Credential): Principal => ({ ...personOf('A', role), credential })
/** Somebody of a role that the owner made. */
const custom = (given: readonly Permission[], credential: Credential): Principal => ({
  ...personOf('A', { id: 'studio', title: 'Studio', base: 'creator', permissions: given }),
  credential,
})

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

describe('a permission', () => {
  const ask = (permission: Permission, method = 'GET', isOwn = false) => ({
    permission,
    method,
    isOwn,
    managerFromOtherDevices: true,
  })

  it.each(roles)('is given to a signed-in %s exactly when the role has it', (role) => {
    for (const permission of permissions.filter((one) => one !== 'administer')) {
      const { allowed } = decidePermission(person(role, session('people')), ask(permission, 'POST'))
      expect([permission, allowed]).toEqual([permission, rolePermissions[role].includes(permission)])
    }
  })

  it('says which role lacks what', () => {
    expect(decidePermission(person('viewer', session('people')), ask('canvas'))).toEqual({
      allowed: false,
      code: 'PERMISSION_DENIED',
      message: 'People with the role “Viewer” may not open ComfyUI’s own page.',
    })
  })

  it('to run any workflow is one to run those made ready, and not the other way round', () => {
    expect(holds(custom(['graphs'], session('people')), 'workflows')).toBe(true)
    expect(holds(custom(['workflows'], session('people')), 'graphs')).toBe(false)
  })

  it.each(reservedPermissions)(
    'that is reserved (%s) is nobody else’s, whatever their role lists (privilege escalation)',
    (permission) => {
      for (const credential of [session('people'), session('owner'), key('run', 'read', 'keys', 'administer')]) {
        expect(decidePermission(custom(permissions, credential), ask(permission, 'GET', true))).toMatchObject({
          allowed: false,
          message: 'Only an administrator may do that.',
        })
      }
    },
  )

  it.each([
    ['reads with read', 'outputs', 'GET', true, key('read')],
    ['reads with run', 'outputs', 'HEAD', false, key('run')],
    ['changes with run', 'jobs', 'POST', false, key('run')],
    ['reads the API with administer', 'jobs', 'GET', true, key('administer')],
    ['changes by the API with administer', 'jobs', 'DELETE', true, key('administer')],
    ['sees the account with keys', 'account', 'GET', true, key('keys')],
    ['sees the account with administer', 'account', 'PUT', true, key('administer')],
  ] as const)('%s', (_, permission, method, isOwn, credential) => {
    expect(decidePermission(person('creator', credential), ask(permission, method, isOwn))).toEqual({ allowed: true })
  })

  it.each([
    ['changing with read', 'jobs', 'POST', false, key('read'), 'run'],
    ['reading with keys', 'outputs', 'GET', true, key('keys'), 'read'],
    ['ComfyUI with administer alone', 'canvas', 'GET', false, key('administer'), 'read'],
    ['the account with run and read', 'account', 'GET', true, key('run', 'read'), 'keys'],
    ['an unknown route of a custom node with read', 'packs', 'GET', false, key('read'), 'run'],
  ] as const)('is narrowed by the scopes of a key: not %s', (_, permission, method, isOwn, credential, scope) => {
    expect(decidePermission(person('administrator', credential), ask(permission, method, isOwn))).toEqual({
      allowed: false,
      code: 'PERMISSION_DENIED',
      message: `This key may not do that: it lacks the scope "${scope}".`,
    })
  })

  it('is never widened by the scopes of a key', () => {
    const all = key('run', 'read', 'keys', 'administer')
    expect(decideOwn(person('viewer', all), 'jobs', 'GET').allowed).toBe(false)
    expect(decideOwn(person('guest', all), 'account', 'GET').allowed).toBe(false)
  })
})

describe('a key for one workflow', () => {
  const mine = 'workflow00000001'
  const decide = (method: string, path: string) =>
    decideOneWorkflow(mine, { method, segments: path.split('/') }).allowed

  it.each([
    ['GET', `gatehouse/api/v1/workflows/${mine}`],
    ['HEAD', `gatehouse/api/v1/workflows/${mine}`],
    ['POST', `gatehouse/api/v1/workflows/${mine}/run`],
    ['POST', 'upload/image'],
    ['POST', 'api/upload/image'],
    ['GET', 'gatehouse/api/v1/jobs'],
    ['GET', 'gatehouse/api/v1/jobs/11111111-1111-4111-8111-111111111111'],
    ['GET', 'gatehouse/api/v1/outputs'],
    ['GET', 'gatehouse/api/v1/outputs/output0000000001/file'],
  ])('reaches %s /%s', (method, path) => {
    expect(decide(method, path)).toBe(true)
  })

  it.each([
    ['GET', 'gatehouse/api/v1/workflows'],
    ['GET', 'gatehouse/api/v1/workflows/workflow00000002'],
    ['POST', 'gatehouse/api/v1/workflows/workflow00000002/run'],
    ['GET', `gatehouse/api/v1/workflows/${mine}/canvas`],
    ['GET', `gatehouse/api/v1/workflows/${mine}/run`],
    ['DELETE', `gatehouse/api/v1/workflows/${mine}`],
    ['POST', `gatehouse/api/v1/workflows/${mine}/run/x`],
    ['POST', `api/gatehouse/api/v1/workflows/${mine}/run`],
    ['POST', 'prompt'],
    ['POST', 'api/prompt'],
    ['GET', 'ws'],
    ['GET', 'history'],
    ['GET', 'view'],
    ['POST', 'upload/mask'],
    ['GET', 'upload/image'],
    ['GET', 'gatehouse/api/v1/session'],
    ['GET', 'gatehouse/api/v1/events'],
    ['GET', 'gatehouse/api/v1/jobs/queue'],
    ['GET', 'gatehouse/api/v1/jobs/use'],
    ['DELETE', 'gatehouse/api/v1/jobs/11111111-1111-4111-8111-111111111111'],
    ['DELETE', 'gatehouse/api/v1/outputs/output0000000001'],
    ['GET', 'gatehouse/api/v1/outputs/output0000000001/workflow'],
    ['POST', 'gatehouse/api/v1/outputs/output0000000001/input'],
    ['GET', 'gatehouse/api/v1/users'],
    ['POST', 'gatehouse/api/v1/keys'],
    ['GET', 'upload%2Fimage'],
  ])('does not reach %s /%s', (method, path) => {
    expect(decide(method, path)).toBe(false)
  })

  it('never administers, whatever its scopes say', () => {
    const credential = { ...key('administer'), workflowId: mine } as const
    expect(mayAdminister(person('administrator', credential))).toBe(false)
  })
})

describe('whether a job may run', () => {
  const granted: WorkflowGrantReader = { isGranted: (id) => Promise.resolve(id === 'granted000000001') }
  const may = (role: Role, publishedId: string | undefined, grants = granted) =>
    mayRunJob(personOf('A', role), publishedId, grants)

  it('of one’s own making: whoever may build', async () => {
    const runners = await Promise.all(roles.map(async (role) => ((await may(role, undefined)) ? role : '')))
    expect(runners.filter((role) => role !== '')).toEqual(['administrator', 'creator'])
  })

  it('of a published workflow: as long as it is granted', async () => {
    for (const role of ['creator', 'user', 'guest'] as const) {
      expect(await may(role, 'granted000000001')).toBe(true)
      expect(await may(role, 'another000000001')).toBe(false)
      expect(await may(role, 'granted000000001', noGrants)).toBe(false)
    }
    expect(await may('viewer', 'granted000000001')).toBe(false)
    expect(await may('administrator', 'another000000001')).toBe(true)
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
