import { describe, expect, it } from 'vitest'
import { roles } from '../../../proxy/contract/roles.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { MadeUpPeople } from '../../../proxy/probe/madeUpPeople.ts'
import { planProbe } from '../../../proxy/probe/probePlan.ts'
import { probedRole } from '../../support/probedRoles.ts'

const packRoutes = [
  { method: 'GET', path: '/shell-tools/list', pack: 'shell-tools' },
  { method: 'POST', path: '/shell-tools/run/{name}', pack: 'shell-tools' },
  { method: '*', path: '/shell-tools/any', pack: 'shell-tools' },
  { method: 'GET', path: '/extensions/shell-tools/*', pack: 'shell-tools' },
  { method: 'OPTIONS', path: '/shell-tools/list', pack: 'shell-tools' },
]
const plan = (role: (typeof roles)[number]) => {
  const { principal } = new MadeUpPeople(systemRandom).make(probedRole(role))
  return planProbe(principal, packRoutes, { managerFromOtherDevices: false })
}
const name = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`

describe.each(roles)('what is asked as %s', (role) => {
  it('changes nothing: of what is let through only reads are sent', () => {
    const open = plan(role).sent.filter(({ expected }) => expected === null)
    expect(open.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  })

  it('asks no address of a custom node that is open', () => {
    const { sent } = plan(role)
    expect(sent.filter(({ expected, path }) => expected === null && path.includes('shell-tools'))).toEqual([])
  })

  it('keeps nothing open and signs nobody out', () => {
    const open = plan(role)
      .sent.filter(({ expected }) => expected === null)
      .map(name)
    for (const dear of ['GET /logout', 'GET /ws', 'GET /gatehouse/api/v1/events', 'GET /object_info']) {
      expect(open).not.toContain(dear)
    }
  })

  it('asks each thing once', () => {
    const { sent, notSent } = plan(role)
    const all = [...sent, ...notSent].map(name)
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('what is asked', () => {
  it('is every address of custom nodes with every method, refused to a Creator', () => {
    const { sent } = plan('creator')
    const packs = sent.filter(({ path }) => path.startsWith('/shell-tools'))
    expect(packs.map(name)).toEqual([
      'GET /shell-tools/list',
      'POST /shell-tools/run/x',
      'GET /shell-tools/any',
      'POST /shell-tools/any',
    ])
    expect(packs.every(({ expected }) => expected === 403)).toBe(true)
  })

  it('is ComfyUI’s page for a Viewer, refused, and for a User, open', () => {
    const ask = (role: 'viewer' | 'user') =>
      plan(role).sent.find(({ path, method }) => path === '/queue' && method === 'GET')
    expect(ask('viewer')?.expected).toBe(403)
    expect(ask('user')?.expected).toBeNull()
  })

  it('has the twins below /api, and HEAD for every GET', () => {
    const sent = plan('viewer').sent.map(name)
    expect(sent).toContain('POST /api/prompt')
    expect(sent).toContain('HEAD /api/queue')
  })
})
