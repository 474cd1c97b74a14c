import { describe, expect, it } from 'vitest'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import { findLandingPath } from '../../../renderer/features/account/landingPath.ts'

const origin = 'http://192.168.1.20:8190'
const sessionOf = (permissions: readonly Permission[]) => ({
  permissions: [...permissions],
  surface: 'people' as const,
})
const wide = true
const narrow = false
const landing = (next: string) =>
  findLandingPath(`?next=${encodeURIComponent(next)}`, origin, sessionOf(rolePermissions.creator), wide)

describe('the page after signing in', () => {
  it.each(['/', '/gatehouse/', '/view?filename=a.png&type=output', '/gatehouse/keys#new'])('goes on to %s', (next) => {
    expect(landing(next)).toBe(next)
  })

  it.each([
    ['another host', 'https://evil.example/'],
    ['a host without a scheme', '//evil.example/'],
    ['a backslash that browsers read as a slash', '/\\evil.example/'],
    ['a tab that browsers drop', '/\t/evil.example/'],
    ['a line end that browsers drop', '/\n/evil.example'],
    ['a script', 'javascript:alert(1)'],
    ['a relative path', 'evil.example'],
    ['nothing', ''],
    ['a path that leaves by dots', '/..//evil.example'],
  ])('stays at home for %s (open redirect)', (_name, next) => {
    const target = new URL(landing(next), origin)
    expect(target.origin).toBe(origin)
    expect(target.host).not.toContain('evil')
  })

  it('does not come back to the sign-in page in a circle', () => {
    expect(landing('/login?next=/login')).toBe('/gatehouse/')
  })

  it('goes to one’s own page without a wish', () => {
    expect(findLandingPath('', origin, sessionOf(rolePermissions.creator), wide)).toBe('/gatehouse/')
  })

  it.each(['viewer', 'guest'] as const)(
    'takes a %s to their own page instead of a canvas that refuses them',
    (role) => {
      expect(findLandingPath('?next=%2F', origin, sessionOf(rolePermissions[role]), wide)).toBe('/gatehouse/')
      expect(findLandingPath('?next=%2Fgatehouse%2Fkeys', origin, sessionOf(rolePermissions[role]), wide)).toBe(
        '/gatehouse/keys',
      )
    },
  )

  it('leads who builds nothing to what is ready, and to ComfyUI’s page only what was asked of it by name', () => {
    expect(findLandingPath('?next=%2F', origin, sessionOf(rolePermissions.user), wide)).toBe('/gatehouse/')
    expect(findLandingPath('?next=%2Fview%3Fx', origin, sessionOf(rolePermissions.user), wide)).toBe('/view?x')
  })

  it('leads who builds to ComfyUI where there is room for it, and on a phone to their own page', () => {
    for (const role of ['creator', 'administrator'] as const) {
      const session = sessionOf(rolePermissions[role])
      expect([role, findLandingPath('?next=/', origin, session, wide)]).toEqual([role, '/'])
      expect([role, findLandingPath('?next=/', origin, session, narrow)]).toEqual([role, '/gatehouse/'])
      // Asked for by name.
      expect(findLandingPath('?next=%2F%3Fcanvas', origin, session, narrow)).toBe('/?canvas')
    }
    expect(findLandingPath('?next=/', origin, sessionOf(rolePermissions.user), wide)).toBe('/gatehouse/')
  })

  it('of whoever signed in to manage are the pages of the window, and nothing else', () => {
    const administrator = { permissions: [...rolePermissions.administrator], surface: 'administration' as const }
    const land = (next: string) => findLandingPath(`?next=${encodeURIComponent(next)}`, origin, administrator, wide)
    expect(land('/')).toBe('/gatehouse/owner')
    expect(land('/gatehouse/owner/people')).toBe('/gatehouse/owner/people')
    expect(land('/gatehouse/keys')).toBe('/gatehouse/owner')
    expect(land('//elsewhere.example/gatehouse/owner')).toBe('/gatehouse/owner')
  })
})
