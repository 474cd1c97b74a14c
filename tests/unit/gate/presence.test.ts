import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { PresenceRegistry } from '../../../proxy/pipeline/presence.ts'
import type { LiveUse } from '../../../proxy/pipeline/presence.ts'
import type { Principal } from '../../../proxy/pipeline/requestContext.ts'
import { until } from '../../support/tabClient.ts'

const clientAddress = '192.168.1.40'
const minuteMs = 60_000

function personOf(sessionId: string): Principal {
  return {
    accountId: 'account000000001',
    name: 'Mia',
    role: 'user',
    roleTitle: 'User',
    baseRole: 'user',
    permissions: new Set(),
    credential: { kind: 'session', sessionId, surface: 'people', fromOwnerWindow: false },
  }
}

/** A request to Gatehouse's own pages, as their event stream is one that stays open. */
const pageUse = (more: Partial<LiveUse> = {}): LiveUse => ({
  principal: personOf('hers'),
  access: 'account',
  isOwn: true,
  method: 'GET',
  segments: ['gatehouse', 'api', 'v1', 'events'],
  listener: 'public',
  clientAddress,
  userAgent: 'Mozilla/5.0',
  revision: 0,
  kind: 'request',
  isStream: true,
  end: () => true,
  ...more,
})

describe('who is here', () => {
  let nowMs = 0
  let ended = new Set<string>()
  let credentialsChanged = (): void => undefined
  let registry: PresenceRegistry

  beforeEach(() => {
    nowMs = Date.parse('2026-11-01T12:00:00Z')
    ended = new Set()
    registry = new PresenceRegistry({
      clock: { nowMs: () => nowMs },
      logger: silentLogger,
      isAllowed: () => true,
      authenticator: {
        authenticate: () => Promise.reject(new Error('not asked here')),
        reauthenticate: (principal) => {
          const { credential } = principal
          return Promise.resolve(
            credential.kind === 'session' && ended.has(credential.sessionId) ? undefined : principal,
          )
        },
        onCredentialsChanged: (listener) => {
          credentialsChanged = () => listener()
          return () => undefined
        },
      },
    })
  })
  afterEach(() => registry.close())

  it('is whoever has a page of Gatehouse open, however long nothing is asked for', () => {
    const stream = pageUse()
    registry.add(stream)
    nowMs += 60 * minuteMs
    expect(registry.snapshot()).toMatchObject([
      { name: 'Mia', clientAddress, sockets: 0, isOpen: true, usesComfyui: false },
    ])
    registry.remove(stream)
    expect(registry.snapshot()).toEqual([])
  })

  it('is whoever asked for something in the last minute, and nobody after it', () => {
    const asked = pageUse({ isStream: false })
    registry.add(asked)
    registry.remove(asked)
    nowMs += minuteMs - 1
    expect(registry.snapshot()).toMatchObject([{ name: 'Mia', isOpen: false }])
    nowMs += 2
    expect(registry.snapshot()).toEqual([])
  })

  it('is told as soon as somebody comes, and not again with each request', () => {
    let told = 0
    registry.onChange(() => (told += 1))
    registry.add(pageUse())
    registry.add(pageUse({ isStream: false }))
    expect(told).toBe(1)
  })

  it('is not the owner’s window, nor somebody made up', () => {
    registry.add(pageUse({ listener: 'owner' }))
    registry.add(pageUse({ principal: { ...personOf('made up'), madeUp: true } }))
    expect(registry.snapshot()).toEqual([])
  })

  it('says who uses ComfyUI itself, which a page of Gatehouse does not', () => {
    registry.add(pageUse())
    const asked = pageUse({ isOwn: false, isStream: false })
    registry.add(asked)
    registry.remove(asked)
    expect(registry.snapshot()).toMatchObject([{ usesComfyui: true }])
    nowMs += 2 * minuteMs
    expect(registry.snapshot()).toMatchObject([{ isOpen: true, usesComfyui: false }])
  })

  it('is nobody whose access ended, though they asked a moment ago', async () => {
    const signingOut = pageUse({ isStream: false })
    registry.add(signingOut)
    registry.remove(signingOut)
    const other = pageUse({ principal: personOf('his') })
    registry.add(other)
    let told = 0
    registry.onChange(() => (told += 1))
    ended.add('hers')
    credentialsChanged()
    await until(() => registry.snapshot().length === 1, 'gone')
    expect(told).toBe(1)
    registry.remove(other)
  })
})
