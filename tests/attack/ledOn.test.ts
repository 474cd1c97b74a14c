import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { answerRefusal } from '../../proxy/api/problem.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { createPortal } from '../../proxy/portal/portal.ts'
import { FakeCertificates } from '../support/fakeCertificates.ts'
import { openGateFixture } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'

let directory: string
let fixture: GateFixture
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-led-'))
  mkdirSync(join(directory, 'assets'))
  for (const name of ['owner.html', 'portal.html']) writeFileSync(join(directory, name), '<!doctype html>')
  const certificates = new FakeCertificates()
  certificates.state = { ...certificates.state, kind: 'own', publiclyTrusted: false }
  const portal = createPortal({
    // None of these pages asks for anybody.
    ...{ logger: silentLogger, stores: {} as Stores, pagesDirectory: directory, certificates },
    freeIdleMemory: () => Promise.resolve(false),
    sharing: { describe: () => ({ primaryUrl: null }) },
  })
  fixture = await openGateFixture({
    ownApplication: (incoming, outgoing, context) => {
      portal(incoming, outgoing, context).catch((error: unknown) =>
        answerRefusal(error, outgoing, { audience: 'page', ownPath: context.target.path, logger: silentLogger }),
      )
    },
  })
})
afterAll(async () => {
  await fixture.close()
  rmSync(directory, { recursive: true, force: true })
})

const acting = [
  '/of/a/pack',
  '/manager/reboot',
  '/api/snapshot/save',
  '/api/tasks/1',
  '/logout',
  '/a/../manager/reboot',
]
const looking = ['/gatehouse/run', '/view?filename=a.png&type=output', '/?canvas', '/gatehouse/keys#new']

/**
 * A link of a stranger's page to a page of ours that leads on: the browser says of the last step that it came from
 * this very origin, so the rule about origins would let it act.
 */
describe('a foreign page that has one of our own pages make the request', () => {
  const ofWelcome = async (next: string): Promise<string> => {
    const answer = await ask(fixture.port, `/gatehouse/welcome?next=${encodeURIComponent(next)}`)
    expect(answer.status).toBe(200)
    return /id="on" href="https:\/\/[^/"]+([^"]*)"/.exec(answer.body.toString())?.[1]?.replaceAll('&amp;', '&') ?? ''
  }
  const ofSignIn = (next: string) =>
    ask(fixture.port, `/login?failed=SIGN_IN_FAILED&next=${encodeURIComponent(next)}`, {
      headers: { accept: 'text/html' },
    })

  it.each(acting)('is led by the first page of a device to nothing that acts: %s', async (path) => {
    expect(await ofWelcome(path)).toBe('/gatehouse/')
  })

  it.each(acting)('is led by the sign-in page to nothing that acts: %s', async (path) => {
    const answer = await ofSignIn(path)
    expect([answer.status, answer.headers['location']]).toEqual([303, '/login?failed=SIGN_IN_FAILED'])
  })

  it.each(looking)('is led to what only shows something: %s', async (path) => {
    expect(await ofWelcome(path)).toBe(path)
    expect((await ofSignIn(path)).status).toBe(200)
  })
})
