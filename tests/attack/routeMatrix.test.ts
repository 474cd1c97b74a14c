import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../../launcher/freePort.ts'
import { ADMINISTRATION_COOKIE, SESSION_COOKIE } from '../../proxy/core/cookieNames.ts'
import { openGateFixture } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { allProbes, columns, decide, renderRouteMatrix } from '../support/routeMatrix.ts'
import type { Column, Probe } from '../support/routeMatrix.ts'
import { FakeTls } from '../support/testCertificate.ts'

const file = join(import.meta.dirname, '../../docs/routes.md')

describe('route matrix', () => {
  it('is the one that was committed', () => {
    const generated = renderRouteMatrix()
    if (process.env['UPDATE_ROUTES'] === '1') writeFileSync(file, generated)
    expect(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).toBe(generated)
  })
})

describe.each(columns)('route matrix over HTTP: $title', (column: Column) => {
  let fixture: GateFixture
  let port: number
  let host: string
  const isAdministration = column.listener === 'administration'

  const openListener = async (): Promise<number> => {
    if (column.listener === 'public') return fixture.port
    if (column.listener === 'owner') return (await fixture.gate.openOwnerListener()).port
    const free = await findFreePort()
    await fixture.gate.openAdministration(['127.0.0.1'], free)
    return free
  }

  beforeAll(async () => {
    fixture = await openGateFixture(isAdministration ? { tls: new FakeTls() } : {})
    port = await openListener()
    host = column.listener === 'owner' ? `gatehouse.localhost:${port}` : `127.0.0.1:${port}`
  })
  afterAll(() => fixture.close())

  const credential = (): Record<string, string> => {
    if (column.token === undefined) return {}
    return column.asCookie
      ? { cookie: `${isAdministration ? ADMINISTRATION_COOKIE : SESSION_COOKIE}=${column.token}` }
      : { authorization: `Bearer ${column.token}` }
  }
  /** A body the route accepts, so that nothing but the policy can refuse. */
  const question = ({ method, path }: Probe) => {
    const ofOwnPage = isAdministration ? { 'sec-fetch-site': 'same-origin' } : {}
    const headers = { host, 'content-type': 'application/json', ...ofOwnPage, ...credential() }
    const tls = isAdministration
    if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return { method, headers, tls }
    const body = path.endsWith('/prompt') ? '{"prompt":{}}' : '{"clientId":"x","enabled":true}'
    return { method, headers, body, tls }
  }

  /** As it stands, by HEAD, and with a letter encoded: one decision for all of them. */
  function* writings(probe: Probe): Generator<Probe> {
    yield probe
    if (probe.method === 'GET') yield { ...probe, method: 'HEAD' }
    const path = probe.path.replace(/[a-z](?=[a-z]*$)/, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
    if (path !== probe.path) yield { ...probe, path }
  }

  it.each(allProbes())('$method $path is decided as the table says, however it is written', async (probe) => {
    const decision = decide(probe, column)
    for (const written of writings(probe)) {
      const before = fixture.upstream.started.length
      const ownBefore = fixture.ownSeen.length
      const { status } = await ask(port, written.path, question(written))
      const reached = fixture.upstream.started.length - before + (fixture.ownSeen.length - ownBefore)
      if (decision === 'pass') {
        // A job of which nobody has heard is no refusal either.
        if (probe.action !== 'jobs') expect([401, 404]).not.toContain(status)
        // The only refusal left to the action itself: nobody adds ComfyUI users.
        if (probe.action !== 'users') expect(status).not.toBe(403)
      } else {
        expect([written.method, written.path, status]).toEqual([written.method, written.path, decision])
        expect(reached).toBe(0)
      }
    }
  })
})
