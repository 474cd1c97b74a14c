import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { roles } from '../../proxy/contract/roles.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { stages } from '../../proxy/pipeline/pipeline.ts'
import { knowMadeUpFolders, MadeUpFolders } from '../../proxy/probe/madeUpFolders.ts'
import { knowMadeUp, MadeUpPeople, withoutMadeUp } from '../../proxy/probe/madeUpPeople.ts'
import { RoleProbe } from '../../proxy/probe/roleProbe.ts'
import { cookie, openGateFixture } from '../support/gateFixture.ts'
import type { FixtureOptions, GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { probedRole } from '../support/probedRoles.ts'

const packRoutes = [
  { method: 'POST', path: '/shell-tools/run', pack: 'shell-tools', isNew: true },
  { method: 'GET', path: '/shell-tools/run/{name}', pack: 'shell-tools', isNew: true },
]

interface Trial {
  readonly fixture: GateFixture
  readonly madeUp: MadeUpPeople
  readonly probe: RoleProbe
}

let directory: string
let trial: Trial | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-probe-'))
})
afterEach(async () => {
  await trial?.fixture.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(options: FixtureOptions = {}): Promise<Trial> {
  const madeUp = new MadeUpPeople(systemRandom)
  const folders = new MadeUpFolders(directory, process.platform)
  const fixture = await openGateFixture({
    ...options,
    adapt: (parts) => ({
      ...parts,
      authenticator: knowMadeUp(parts.authenticator, madeUp),
      folders: knowMadeUpFolders(parts.folders, madeUp, folders),
      audit: withoutMadeUp(parts.audit),
    }),
  })
  const surroundings = {
    port: () => fixture.port,
    routes: () => Promise.resolve(packRoutes),
    models: () => Promise.resolve([]),
    managerFromOtherDevices: () => false,
  }
  const probe = new RoleProbe({ clock: systemClock, madeUp, folders, surroundings })
  trial = { fixture, madeUp, probe }
  return trial
}

/** What reached the engine in somebody's name. */
const changesAt = ({ upstream }: GateFixture): string[] =>
  upstream.started.filter((line) => !/^(?:GET|HEAD) /.test(line) && !line.includes('/gatehouse/companion/users/'))

describe.each(roles)('a try as %s', (role) => {
  it('changes nothing at the engine and in the API, and finds every answer as decided', async () => {
    const { fixture, probe } = await open()
    const result = await probe.run(probedRole(role))
    expect(result.mismatches).toEqual([])
    expect(result.left).toBe(0)
    expect(result.refused).toBeGreaterThan(100)
    expect(changesAt(fixture)).toEqual([])
    expect(fixture.upstream.started.filter((line) => line.includes('shell-tools'))).toEqual([])
    expect(fixture.ownSeen.filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([])
  })

  it('is named in no refusal of the log, and leaves nothing behind', async () => {
    const { fixture, probe } = await open()
    await probe.run(probedRole(role))
    expect(fixture.events).toEqual([])
    expect(fixture.gate.connections()).toEqual([])
    expect(existsSync(join(directory, 'try-out'))).toBe(false)
  })
})

describe('a gate whose policy is broken', () => {
  it('does not carry out what a try asks for, and the try says so', async () => {
    const { fixture, probe } = await open({ stages: stages.filter(({ name }) => name !== 'authorize') })
    const result = await probe.run(probedRole('viewer'))
    expect(result.mismatches.length).toBeGreaterThan(100)
    expect(result.mismatches).toContainEqual({ method: 'POST', path: '/shell-tools/run', expected: 403, seen: 204 })
    expect(changesAt(fixture)).toEqual([])
    expect(fixture.upstream.started.filter((line) => line.includes('shell-tools'))).toEqual([])
    expect(fixture.ownSeen.filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([])
  })
})

describe('the session of somebody made up', () => {
  it('is nobody’s as soon as the try has ended', async () => {
    const { fixture, madeUp } = await open()
    const { token } = madeUp.make(probedRole('creator'))
    expect((await ask(fixture.port, '/queue', { headers: cookie(token) })).status).toBe(200)
    madeUp.end()
    expect((await ask(fixture.port, '/queue', { headers: cookie(token) })).status).toBe(401)
  })

  it('opens nothing on the owner’s listener', async () => {
    const { fixture, madeUp } = await open()
    const { port } = await fixture.gate.openOwnerListener()
    const { token } = madeUp.make(probedRole('administrator'))
    const headers = { ...cookie(token), host: `gatehouse.localhost:${port}` }
    expect((await ask(port, '/gatehouse/api/v1/users', { headers })).status).toBe(401)
    expect(fixture.ownSeen).toEqual([])
  })

  it('cannot run, upload or change anything even while it holds', async () => {
    const { fixture, madeUp } = await open()
    const { token } = madeUp.make(probedRole('creator'))
    for (const path of ['/prompt', '/upload/image', '/queue', '/interrupt', '/gatehouse/api/v1/keys']) {
      const answer = await ask(fixture.port, path, {
        method: 'POST',
        headers: { ...cookie(token), 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: '{"prompt":{}}',
      })
      expect(answer.status).toBe(204)
    }
    expect(changesAt(fixture)).toEqual([])
    expect(fixture.ownSeen).toEqual([])
  })
})

describe('a try that cannot end well', () => {
  it('takes back what it made when the engine’s addresses cannot be read', async () => {
    const { fixture, madeUp } = await open()
    const failing = new RoleProbe({
      clock: systemClock,
      madeUp,
      folders: new MadeUpFolders(directory, process.platform),
      surroundings: {
        port: () => fixture.port,
        routes: () => Promise.reject(new Error('broken')),
        models: () => Promise.resolve([]),
        managerFromOtherDevices: () => false,
      },
    })
    await expect(failing.run(probedRole('user'))).rejects.toThrow('broken')
    expect(madeUp.make(probedRole('user')).role.id).toBe('user')
  })

  it('is refused while another one is under way', async () => {
    const { probe } = await open()
    const first = probe.run(probedRole('user'))
    await expect(probe.run(probedRole('guest'))).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    expect((await first).mismatches).toEqual([])
  })

  it('clears away what a try left that ended with the program', async () => {
    const left = join(directory, 'try-out', 'a'.repeat(16), 'input')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'x'), '')
    await new MadeUpFolders(directory, process.platform).removeAll()
    expect(existsSync(join(directory, 'try-out'))).toBe(false)
  })
})
