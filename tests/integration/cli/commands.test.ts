import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import type { CommandContext } from '../../../cli/commandContext.ts'
import { parseGlobalOptions, runCommand } from '../../../cli/gatehouse.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { AttackResult, ProtectionReport } from '../../../proxy/contract/protection.ts'
import { defaultJobLimits, defaultJobWeights } from '../../../proxy/contract/jobs.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { acquireLock } from '../../../proxy/database/lockFile.ts'
import { isSettingName, settingDefinitions } from '../../../proxy/contract/settings.ts'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { openFoldersOf } from '../../../service/openFolders.ts'
import { goodPassword, storesTest } from '../../support/storesFixture.ts'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What the attacks of a test found. */
const attacked: ProtectionReport = { startedAt: '2026-01-01T00:00:00.000Z', tookMs: 1000, version: '0', cases: [] }
const attack: Omit<AttackResult, 'outcome'> = {
  id: 'a',
  title: 'A suffix',
  holes: ['L-3'],
  on: 'standIn',
  seen: 'let in',
}

type Run = (command: string, stdin?: string) => Promise<Outcome>

const it = storesTest.extend<{ run: Run }>({
  run: async ({ dataDirectory, openAgain, clock }, use) => {
    await use(async (command, stdin = '') => {
      const out: string[] = []
      const err: string[] = []
      const options = parseGlobalOptions(command.split(' '))
      const context: CommandContext = {
        dataDirectory,
        json: options.json,
        print: (text) => out.push(text),
        complain: (text) => err.push(text),
        readStdin: () => Promise.resolve(stdin),
        openStores: () => openAgain(),
        checkWindow: () => Promise.resolve([]),
        runAttacks: () => Promise.resolve(attacked),
        nowMs: () => clock.nowMs(),
      }
      const code = await runCommand(options.rest, context)
      return { code, out: out.join('\n'), err: err.join('\n') }
    })
  },
})

const addMia = (run: Run, role = 'creator') => run(`user add Mia --role ${role} --password-stdin`, `${goodPassword}\n`)

describe('gatehouse user add --invite', () => {
  it('prints the link once, alone, and adds nobody before it is used', async ({ run, openAgain, dataDirectory }) => {
    const stores = await openAgain()
    const lock = acquireLock({ directory: dataDirectory, clock: systemClock, random: systemRandom })
    lock.setUrl('http://127.0.0.1:8190/', 'http://192.168.1.20:8190/')
    const { code, out, err } = await run('user add Mia --role administrator --invite')
    lock.release()

    expect([code, err]).toEqual([0, ''])
    const token = /^http:\/\/192\.168\.1\.20:8190\/gatehouse\/invite#([\w-]{43})$/.exec(out)?.[1] ?? ''
    expect(await stores.accounts.list()).toEqual([])
    expect(await stores.invitations.list()).toMatchObject([{ role: 'administrator', name: 'Mia', state: 'open' }])
    const offer = await stores.invitationUse.look({ token, clientAddress: '192.168.1.30' })
    expect(offer).toMatchObject({ kind: 'account', name: 'Mia', role: 'administrator' })
  })

  it('says why there is no address, and makes no invitation', async ({ run, openAgain, dataDirectory }) => {
    const stores = await openAgain()
    expect(await run('user add Mia --role user --invite')).toMatchObject({ code: 1, out: '' })
    const lock = acquireLock({ directory: dataDirectory, clock: systemClock, random: systemRandom })
    lock.setUrl('http://127.0.0.1:8190/')
    const { code, out, err } = await run('user add Mia --role user --invite')
    lock.release()

    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('Gatehouse is not shared, so no device could open the link.')
    expect(await stores.invitations.list()).toEqual([])
  })

  it('takes an address that is named, and for programs all of it in JSON', async ({ run }) => {
    const { out } = await run('--json user add Mia --role user --invite --address https://pc.example:8190')
    expect(JSON.parse(out)).toMatchObject({
      name: 'Mia',
      role: 'user',
      link: expect.stringMatching(/^https:\/\/pc\.example:8190\/gatehouse\/invite#[\w-]{43}$/),
    })
    expect((await run('user add Mia --role user --invite --address file:///etc')).code).toBe(2)
  })
})

describe('gatehouse ip', () => {
  it('says who gets in, until when and why, and forgets it again', async ({ run, openAgain, clock }) => {
    await openAgain()
    const denied = await run('ip deny 192.168.1.40/24 --comment office --expires 2h')
    expect(denied).toMatchObject({ code: 0, err: '' })
    expect(denied.out).toBe('192.168.1.0/24 does not get in until 2026-11-01T14:00:00.000Z.')
    expect(JSON.parse((await run('--json ip list')).out)).toMatchObject([
      {
        kind: 'deny',
        cidr: '192.168.1.0/24',
        comment: 'office',
        source: 'owner',
        expiresAt: '2026-11-01T14:00:00.000Z',
      },
    ])
    expect((await run('ip list')).out).toContain('deny  192.168.1.0/24')

    expect((await run('ip remove 192.168.1.7/24')).out).toBe('There is no rule for 192.168.1.0/24 any more.')
    expect((await run('ip list')).out).toBe('No rules.')
    expect(await run('ip remove 192.168.1.7/24')).toMatchObject({ code: 1 })

    await run('ip deny 10.0.0.1 --expires 30m')
    clock.advance(30 * 60_000)
    expect((await run('--json ip list')).out).toBe('[]')
  })

  it('warns that this computer would not get in either', async ({ run, openAgain }) => {
    await openAgain()
    const allowed = await run('ip allow 192.168.1.40')
    expect(allowed.out).toBe('Only what is allowed gets in: 192.168.1.40/32 does.')
    expect(allowed.err).toContain('ip allow 127.0.0.0/8')
    expect((await run('ip allow 127.0.0.0/8')).err).toBe('')
  })

  it.for([
    ['ip', 2],
    ['ip block 10.0.0.1', 2],
    ['ip deny', 2],
    ['ip deny 10.0.0.1 --expires soon', 2],
    ['ip deny my-laptop', 1],
    ['ip deny 10.0.0.1/33', 1],
  ] as const)('refuses "%s" with %i', async ([command, code], { run, openAgain }) => {
    await openAgain()
    expect(await run(command)).toMatchObject({ code, out: '' })
    expect((await run('--json ip list')).out).toBe('[]')
  })
})

describe('gatehouse lockout', () => {
  const guessFrom = async (stores: Stores, clientAddress: string, times: number) => {
    const asked = { userName: 'Mia', password: 'wrong', clientAddress, secure: false, userAgent: undefined }
    for (let turn = 0; turn < times; turn += 1) await stores.signIns.signIn(asked).catch(() => undefined)
  }

  it('lists who waits and lets them try again, by address and by name', async ({ run, openAgain }) => {
    await addMia(run)
    const stores = await openAgain()
    await guessFrom(stores, '192.168.1.66', 3)
    await stores.lockouts.tick()

    const listed = JSON.parse((await run('--json lockout list')).out)
    expect(listed).toMatchObject([
      { failures: 3, blocked: false, waitsUntil: '2026-11-01T12:01:00.000Z', people: ['Mia'] },
      { failures: 3, blocked: false, waitsUntil: '2026-11-01T12:01:00.000Z', people: ['Mia'] },
    ])
    expect((await run('lockout lift Mia')).out).toBe('Mia may try again.')
    expect((await run('lockout lift 192.168.1.66')).out).toBe('192.168.1.66 may try again.')
    expect((await run('lockout list')).out).toBe('Nobody waits or is blocked.')
    expect(await run('lockout lift 192.168.1.66')).toMatchObject({ code: 1 })
    await vi.waitFor(() => expect(stores.lockouts.list()).toEqual([]))
  })

  it('forgets the tries of an address whose block is removed as a rule', async ({ run, openAgain }) => {
    await addMia(run)
    const stores = await openAgain()
    await stores.settings.set('lockout.blacklistAfter', 2)
    await guessFrom(stores, '192.168.1.66', 2)
    await vi.waitFor(() => expect(stores.addressRules.decide('192.168.1.66')).toBe('blocked'))
    await stores.lockouts.tick()

    expect((await run('ip remove 192.168.1.66')).code).toBe(0)

    await vi.waitFor(() => expect(stores.addressRules.decide('192.168.1.66')).toBe('allowed'))
    await vi.waitFor(() => expect(stores.lockouts.list()).toEqual([]))
    await guessFrom(stores, '192.168.1.66', 1)
    await stores.lockouts.tick()
    expect(stores.addressRules.decide('192.168.1.66')).toBe('allowed')
  })
})

describe('gatehouse workflow', () => {
  it('publishes a file, again under its name, and leaves the people named in the window', async ({
    run,
    openAgain,
    dataDirectory,
  }) => {
    const file = join(dataDirectory, '..', 'lake.json')
    const inputs = { seed: 3, width: 64, height: 64, text: 'a lake' }
    writeFileSync(file, JSON.stringify({ '1': { class_type: 'PracticeSampler', inputs } }))
    const mia = JSON.parse((await run('--json user add Mia --role user --password-stdin', `${goodPassword}\n`)).out)
    const published = await run(`--json workflow publish ${file} --name Lake --editable 1.seed`)
    expect(published).toMatchObject({ code: 0, err: '' })
    const one = JSON.parse(published.out)
    expect(one).toMatchObject({ version: 1, public: false, roles: ['user'], people: [], editable: ['1.seed'] })

    const stores = await openAgain()
    const grant = { workflow_id: one.id, role: null, account_id: mia.id }
    await stores.database.kysely.insertInto('workflow_grants').values(grant).execute()
    const again = await run(`--json workflow publish ${file} --name Lake --editable 1.seed --roles user,guest`)
    expect(JSON.parse(again.out)).toMatchObject({
      ...{ id: one.id, version: 2, roles: expect.arrayContaining(['user', 'guest']), people: [mia.id] },
    })

    expect((await run(`workflow publish ${file} --name Lake --editable 1.nothing`)).code).not.toBe(0)
    expect((await run('workflow unpublish Lake')).code).toBe(0)
    expect(JSON.parse((await run('--json workflow list')).out)).toEqual([])
  })
})

describe('gatehouse user', () => {
  it('adds a person whose password is the one of stdin', async ({ run, openAgain }) => {
    const added = await run('--json user add Mia --role creator --password-stdin', `${goodPassword}\n`)

    expect(added.code).toBe(0)
    const user = JSON.parse(added.out)
    expect(user).toEqual({ id: expect.stringMatching(/^[a-z0-9]{16}$/), name: 'Mia', role: 'creator' })
    const stores = await openAgain()
    await expect(stores.passwords.verify(user.id, goodPassword)).resolves.toBe(true)
    expect(JSON.parse((await run('user list --json')).out)).toEqual([user])
  })

  it('disables, enables, changes the role, resets the password and removes', async ({ run, openAgain }) => {
    await addMia(run)
    const stores = await openAgain()
    const mia = await stores.accounts.getByName('Mia')

    expect(await run('user disable mia')).toMatchObject({ code: 0, out: 'Mia is disabled and signed out.' })
    expect(await stores.accounts.findByName('Mia')).toMatchObject({ disabled: true })
    expect((await run('user enable Mia')).code).toBe(0)
    expect((await run('--json user set-role Mia viewer')).out).toBe(
      JSON.stringify({ id: mia.id, name: 'Mia', role: 'viewer' }),
    )
    const reset = await run('user reset-password Mia')
    await expect(stores.passwords.verify(mia.id, reset.out)).resolves.toBe(true)
    expect((await run('user reset-password Mia --password-stdin', 'a river of seven lamps')).code).toBe(0)
    await expect(stores.passwords.verify(mia.id, 'a river of seven lamps')).resolves.toBe(true)
    expect((await run('user remove Mia')).code).toBe(0)
    expect((await run('user list')).out).toBe('Nobody yet.')
  })

  it.for([
    ['user add Mia --role creator --password-stdin', 'password1234', 'PASSWORD_TOO_WEAK'],
    ['user add Mia --role creator --invite', '', 'BAD_REQUEST'],
    ['user disable Nobody', '', 'NOT_FOUND'],
    ['user remove Anna', '', 'LAST_ADMINISTRATOR'],
    ['user add ANNA --role guest --password-stdin', goodPassword, 'ALREADY_EXISTS'],
    ['key create --user Nobody --name x', '', 'NOT_FOUND'],
    ['key revoke abcdefghijkl', '', 'NOT_FOUND'],
    ['settings get nothing', '', 'NOT_FOUND'],
    ['settings set sharing.port 0', '', 'VALIDATION_FAILED'],
    ['user set-role Anna creator', '', 'LAST_ADMINISTRATOR'],
  ] as const)('refuses "%s" with exit 1 and the reason', async ([command, stdin, code], { run, openAgain }) => {
    await run('user add Anna --role administrator --password-stdin', goodPassword)

    const plain = await run(command, stdin)
    const json = await run(`--json ${command}`, stdin)

    expect(plain).toMatchObject({ code: 1, out: '' })
    expect(plain.err).toMatch(/^gatehouse: \S.*\.$/)
    expect(json).toMatchObject({ code: 1, out: '' })
    expect(JSON.parse(json.err)).toEqual({ code, message: plain.err.replace('gatehouse: ', '') })
    expect(await (await openAgain()).accounts.list()).toHaveLength(1)
  })

  it.for([
    [''],
    ['nonsense'],
    ['user'],
    ['user nonsense'],
    ['user add'],
    ['user add Mia'],
    ['user add Mia --role King --password-stdin'],
    ['user add Mia --role creator'],
    ['user add Mia Leo --role creator --password-stdin'],
    ['user add Mia --role creator --password secret'],
    ['user constructor'],
    ['key create --name x'],
    ['key create --user Mia'],
    ['key create --user Mia --name x --expires tomorrow'],
    ['key create --user Mia --name x --scopes everything'],
    [`key revoke gh_${'a'.repeat(108)}`],
    ['settings get'],
    ['settings set x'],
    ['toString'],
  ])('calls "%s" wrong usage with exit 2 and touches nothing', async ([command = ''], { run, dataDirectory }) => {
    const outcome = await run(command, goodPassword)

    expect(outcome).toMatchObject({ code: 2, out: '' })
    expect(outcome.err).toContain('gatehouse ')
    expect(existsSync(dataDirectory)).toBe(false)
  })
})

describe('gatehouse role', () => {
  it('makes a copy, allows a list, is given to somebody, and is removed when nobody has it', async ({
    run,
    openAgain,
  }) => {
    await addMia(run)
    const stores = await openAgain()
    const given = async () => [...(await stores.roles.get('studio')).permissions]

    expect((await run('--json role create Studio --copy user')).out).toBe('{"id":"studio","title":"Studio"}')
    expect(await run('role allow studio --only canvas,workflows')).toMatchObject({
      code: 0,
      out: 'Studio may: open ComfyUI’s own page; run the workflows that were made ready for them.',
    })
    await expect.poll(given).toEqual(['canvas', 'workflows'])
    expect((await run('user set-role Mia studio')).code).toBe(0)
    expect((await run('role remove studio')).err).toContain('One person has the role Studio.')
    const listed = JSON.parse((await run('--json role list')).out)
    expect(listed.at(-1)).toEqual({ id: 'studio', title: 'Studio', permissions: ['canvas', 'workflows'], people: 1 })
    expect((await run('user set-role Mia viewer')).code).toBe(0)
    expect((await run('role remove studio')).code).toBe(0)
  })

  it('gives nothing that is reserved, and is wrong usage for what is no permission', async ({ run, openAgain }) => {
    await addMia(run)
    await run('role create Studio --copy administrator')

    expect((await run('role allow studio --only canvas,administer')).err).toContain('Only administrators may')
    expect((await run('role allow studio --only flying')).code).toBe(2)
    expect((await run('user add Leo --role king --password-stdin', goodPassword)).err).toContain(
      'There is no such role.',
    )
    const stores = await openAgain()
    expect((await stores.roles.get('studio')).permissions.has('administer')).toBe(false)
    expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['Mia'])
  })
})

describe('gatehouse key', () => {
  it('prints the key once, alone, lists it without the secret, and revokes it', async ({ run, openAgain, clock }) => {
    await addMia(run)

    const created = await run('key create --user mia --name Krita')
    const key = created.out
    const [listed] = JSON.parse((await run('--json key list --user Mia')).out)

    expect(created.err).toBe('')
    expect(key).toMatch(/^gh_[a-z0-9]{12}_[\w-]{86}_[0-9a-f]{8}$/)
    expect(listed).toEqual({
      id: key.slice(3, 15),
      name: 'Krita',
      user: 'Mia',
      scopes: ['run', 'read'],
      expiresAt: new Date(clock.nowMs() + 90 * 86_400_000).toISOString(),
      lastUsedAt: null,
    })
    expect((await run('key list')).out).not.toContain(key.slice(16, 102))
    const stores = await openAgain()
    await expect(stores.keys.verify(key)).resolves.toBeDefined()
    expect((await run(`key revoke ${listed.id as string}`)).code).toBe(0)
    await expect(openAgain().then((fresh) => fresh.keys.verify(key))).resolves.toBeUndefined()
  })

  it('takes expiry and scopes', async ({ run }) => {
    await addMia(run, 'administrator')

    await run('key create --user Mia --name a --expires never --scopes administer')
    const json = JSON.parse((await run('--json key create --user Mia --name b --expires 2h --scopes read,keys')).out)

    expect(Object.keys(json)).toEqual(['id', 'key'])
    const keys: { name: string; scopes: string[]; expiresAt: string | null }[] = JSON.parse(
      (await run('--json key list')).out,
    )
    expect(keys.find((entry) => entry.name === 'a')).toMatchObject({ scopes: ['administer'], expiresAt: null })
    expect(keys.find((entry) => entry.name === 'b')).toMatchObject({
      scopes: ['read', 'keys'],
      expiresAt: '2026-11-01T14:00:00.000Z',
    })
  })

  it('makes no administering key for somebody who is no administrator', async ({ run }) => {
    await addMia(run)

    expect((await run('key create --user Mia --name a --scopes administer')).code).toBe(1)
    expect((await run('--json key list')).out).toBe('[]')
  })
})

describe('gatehouse settings', () => {
  it('reads and writes, machine settings too, with values of every type', async ({ run }) => {
    expect((await run('settings set comfyui.arguments ["--lowvram"]')).out).toBe(
      'comfyui.arguments = ["--lowvram"]\nCounts from the next start of ComfyUI.',
    )
    expect((await run('settings set comfyui.directory /opt/comfyui')).code).toBe(0)
    expect((await run('settings set sharing.on true')).code).toBe(0)

    expect((await run('settings get comfyui.directory')).out).toBe('/opt/comfyui')
    expect((await run('--json settings get sharing.on')).out).toBe('true')
    expect(JSON.parse((await run('--json settings list')).out)).toMatchObject({ 'comfyui.arguments': ['--lowvram'] })
  })
})

describe('gatehouse settings set while Gatehouse runs', () => {
  it.for(Object.keys(settingDefinitions).filter(isSettingName))(
    'is followed, or says from when on it counts: %s',
    async (name, { run, openAgain }) => {
      const running = await openAgain()
      const told: string[] = []
      running.settings.onChange((names) => told.push(...names))
      const value = otherValues[name]

      const { code, out } = await run(
        `settings set ${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )

      expect(code).toBe(0)
      const promise = { atOnce: undefined, nextEngineStart: 'of ComfyUI', nextStart: 'of Gatehouse' }
      const words = promise[settingDefinitions[name].counts]
      expect(out.split('\n').slice(1)).toEqual(words === undefined ? [] : [`Counts from the next start ${words}.`])
      await vi.waitFor(() => expect(told).toEqual([name]))
      expect(running.settings.get(name)).toEqual(value)
    },
  )

  const otherValues: Settings = {
    'comfyui.engine': 'practice',
    'comfyui.directory': '/opt/comfyui',
    'comfyui.python': '/opt/python',
    'comfyui.arguments': ['--cpu'],
    'comfyui.port': 8188,
    'comfyui.memoryCeilingPercent': 80,
    'comfyui.startWithGatehouse': false,
    'comfyui.managerFromOtherDevices': true,
    'sharing.on': true,
    'sharing.port': 8200,
    'sharing.addresses': ['192.168.1.20'],
    'sharing.hostNames': ['studio.local'],
    'sharing.name': 'studio',
    'sharing.outsideHome': true,
    'sharing.networks': [{ id: 'aa:bb', name: 'Home' }],
    'sharing.trustedProxies': ['10.0.0.0/8'],
    'https.mode': 'off',
    'https.certificateFile': '/etc/cert.pem',
    'https.keyFile': '/etc/key.pem',
    'https.force': true,
    'https.allowWithout': true,
    'administration.on': true,
    'administration.port': 8201,
    'lockout.blacklistAfter': 12,
    'tokens.on': false,
    'tokens.hours': 6,
    'tokens.maxHours': 24,
    'tokens.secretVariable': 'STUDIO_SECRET',
    'sessions.freeMemoryOnSignOut': true,
    'audit.retentionDays': 30,
    'log.levels': ['ERROR'],
    'log.fileName': 'studio.log',
    'limits.requestsPerMinute': 100,
    'limits.requestsPerMinutePerAddress': 200,
    'limits.strangerRequestsPerMinute': 50,
    'sessions.idleHours': 2,
    'sessions.absoluteDays': 3,
    'limits.uploadBytes': 2_000_000,
    'limits.uploadPixels': 4_000_000,
    'limits.promptBytes': 2048,
    'limits.promptNodes': 9,
    'limits.socketsPerUser': 8,
    'limits.sockets': 7,
    'jobs.limits': { ...defaultJobLimits, guest: { ...defaultJobLimits.guest, queued: 3 } },
    'jobs.limitsByUser': { miamiamiamiamiam: { nodes: 40 } },
    'jobs.weights': { ...defaultJobWeights, guest: 0.5 },
    'jobs.historyDays': 7,
    'jobs.diskFloorBytes': 1_000_000,
    'jobs.paused': { untilMs: 1_900_000_000_000 },
    'folders.quotaBytes': 5_000_000_000,
    'folders.retentionDays': 30,
    'guests.allowed': true,
    'guests.hours': 3,
    'guests.perAddress': 4,
    'guests.total': 5,
    'guests.quotaBytes': 3_000_000,
    'window.keepInTray': false,
    'window.keepAwake': 'sharing',
    'window.startAtLogin': true,
    'window.appearance': 'dark',
    'window.trayExplained': true,
  }
})

describe('a data folder that is not there', () => {
  it.for([
    'user list',
    'key list',
    'settings list',
    'settings get sharing.port',
    'key revoke abcdefghijkl',
    'user disable Mia',
  ])('is named by "%s" and not made', async (command, { run, dataDirectory }) => {
    const outcome = await run(`--json ${command}`)

    expect(outcome).toMatchObject({ code: 1, out: '' })
    expect(JSON.parse(outcome.err)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(dataDirectory),
    })
    expect(existsSync(dataDirectory)).toBe(false)
  })
})

describe('a list in the settings', () => {
  it.for([
    ['settings set comfyui.arguments --cpu', '["--cpu"]'],
    ['settings set comfyui.arguments --cpu --preview-method auto', '["--cpu","--preview-method","auto"]'],
    ['settings set comfyui.arguments -- --cpu', '["--cpu"]'],
    ['settings set comfyui.arguments ["--cpu"]', '["--cpu"]'],
    ['settings set comfyui.arguments []', '[]'],
    ['settings set sharing.addresses 192.168.1.5', '["192.168.1.5"]'],
  ] as const)('is what "%s" says', async ([command, list], { run }) => {
    expect(await run(command)).toMatchObject({ code: 0, err: '' })
    expect((await run(`settings get ${command.split(' ')[2]}`)).out).toBe(list)
  })

  it('is asked for again, with an example, when a word could mean two things', async ({ run }) => {
    const outcome = await run('settings set comfyui.arguments --cpu\u00a0--fast')

    expect(outcome.code).toBe(2)
    expect(outcome.err).toContain(`'["--cpu", "--preview-method", "auto"]'`)
  })

  it('leaves other settings with one value and no unknown option', async ({ run }) => {
    expect((await run('settings set sharing.port 8191 8192')).code).toBe(2)
    expect((await run('settings set sharing.port --cpu')).code).toBe(2)
  })
})

describe('gatehouse doctor', () => {
  const verdicts = (outcome: Outcome): Record<string, string> =>
    Object.fromEntries(
      JSON.parse(outcome.out).checks.map((entry: { check: string; verdict: string }) => [entry.check, entry.verdict]),
    )

  it('finds nothing wrong with a new folder, and makes none', async ({ run, dataDirectory }) => {
    expect((await run('doctor')).code).toBe(0)
    expect(existsSync(dataDirectory)).toBe(false)
    await addMia(run, 'administrator')
    await run('settings set sharing.port 28613')

    const outcome = await run('--json doctor')

    expect(outcome.code).toBe(0)
    // What the firewall of whoever runs this test says is theirs.
    expect(['good', 'note']).toContain(verdicts(outcome)['firewall'])
    expect({ ...verdicts(outcome), firewall: 'note' }).toEqual({
      folder: 'good',
      database: 'good',
      secrets: 'note',
      log: 'good',
      clock: 'good',
      people: 'good',
      running: 'good',
      port: 'good',
      firewall: 'note',
      engine: 'note',
      results: 'good',
    })
  })

  it('names a tampered log, a clock behind, a port in use and a missing ComfyUI', async ({ run, openAgain, clock }) => {
    await addMia(run, 'administrator')
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    await run(`settings set sharing.port ${(server.address() as AddressInfo).port}`)
    await run('settings set comfyui.engine comfyui')
    await run('settings set comfyui.directory /nowhere/comfyui')
    const stores = await openAgain()
    await stores.database.kysely.updateTable('audit').set({ details: '{}' }).where('seq', '=', 1).execute()
    clock.advance(-86_400_000)

    const outcome = await run('--json doctor')
    server.close()

    expect(outcome.code).toBe(1)
    expect(verdicts(outcome)).toMatchObject({ log: 'bad', clock: 'bad', port: 'bad', engine: 'bad', database: 'good' })
  })

  it('names a folder that others can open, with the command that mends it', async ({ run, dataDirectory }) => {
    await addMia(run)
    const { chmodSync } = await import('node:fs')
    chmodSync(dataDirectory, 0o755)

    const outcome = await run('doctor')

    expect(outcome.code).toBe(1)
    expect(outcome.out).toContain(`chmod 700 ${dataDirectory}`)
    expect(await run('user list')).toMatchObject({ code: 1, out: '' })
    chmodSync(dataDirectory, 0o700)
  })

  it('names a damaged database and a lost key file', async ({ run, dataDirectory, openAgain }) => {
    await addMia(run)
    const secrets = readFileSync(join(dataDirectory, 'secrets.json'))
    writeFileSync(join(dataDirectory, 'secrets.json'), '{}')
    expect(verdicts(await run('--json doctor'))).toEqual({ secrets: 'bad' })
    writeFileSync(join(dataDirectory, 'secrets.json'), secrets)
    await (await openAgain()).close()

    writeFileSync(join(dataDirectory, 'gatehouse.db'), 'not a database any more'.repeat(500))

    expect(verdicts(await run('--json doctor'))).toEqual({ database: 'bad' })
    expect(await run('user list')).toMatchObject({ code: 1, out: '' })
  })
})

describe('gatehouse folder', () => {
  it('lists where everybody’s results lie, sets room and time, and goes back', async ({ run }) => {
    await addMia(run)
    expect((await run('folder quota Mia 50GB')).out).toBe('Mia has 50 GB; files stay for ever.')
    expect((await run('folder retention Mia 90d')).out).toBe('Mia has 50 GB; files are cleared away after 90 days.')
    expect(JSON.parse((await run('folder list --json')).out)).toMatchObject([
      { user: { name: 'Mia' }, state: 'notMadeYet', quotaBytes: 50 * 1024 ** 3, retentionDays: 90 },
    ])
    expect((await run('folder list')).out).toMatch(/Mia +not made yet +0 +0 bytes of 50 GB +90 days/)
    expect((await run('folder quota Mia none')).out).toContain('as much room as there is')
    expect((await run('folder retention Mia never')).out).toContain('for ever')
    expect(JSON.parse((await run('--json folder quota Mia default')).out)).toMatchObject({ hasOwnQuota: false })
  })

  it.for([
    'folder',
    'folder away',
    'folder quota Mia',
    'folder quota Mia 5',
    'folder quota Mia much',
    'folder retention Mia 0d',
    'folder retention Mia 4000d',
    'folder retention Mia 5 days',
    'folder set Mia',
  ])('%s is wrong usage', async (command, { run }) => {
    await addMia(run)
    expect((await run(command)).code).toBe(2)
  })

  it('moves somebody, and names what stays', async ({ run, dataDirectory, openAgain }) => {
    await addMia(run)
    const to = join(dataDirectory, '..', 'drive')
    const moved = await run(`folder set Mia ${to}`)
    expect([moved.code, moved.out]).toEqual([0, `Mia's results lie in ${to} now.`])
    expect(existsSync(join(to, '.gatehouse', 'account.json'))).toBe(true)
    const stores = await openAgain()
    const event = stores.database.kysely.selectFrom('audit').select('details').where('event', '=', 'folder.moved')
    await expect.poll(async () => JSON.parse((await event.executeTakeFirst())?.details ?? '{}')).toMatchObject({ to })
    expect(await run(`folder set Mia ${dataDirectory}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('the data folder of Gatehouse'),
    })
  })

  it('lets no name of a file speak to the terminal: escape sequences that a job left in a folder', async ({
    run,
    dataDirectory,
    openAgain,
  }) => {
    await addMia(run)
    const stores = await openAgain()
    const { folders } = openFoldersOf(stores)
    folders.attach({ vacate: () => Promise.resolve() })
    const { id } = await stores.accounts.getByName('Mia')
    const [first, second] = [join(dataDirectory, '..', 'first'), join(dataDirectory, '..', 'second')]
    await folders.move(id, first)
    writeFileSync(join(first, '\u001b]52;c;cm0gLXJm\u0007\u009b2J\n\u202egnp.txt'), '')

    const moved = await run(`folder set Mia ${second}`)

    expect(moved).toMatchObject({ code: 0, err: '' })
    expect(moved.out.split('\n')).toEqual([
      `Mia's results lie in ${second} now.`,
      `What no job made stays in ${first}: ?]52;c;cm0gLXJm??2J??gnp.txt`,
    ])
  })

  it('does not move under a Gatehouse that runs', async ({ run, dataDirectory }) => {
    await addMia(run)
    const lock = acquireLock({ directory: dataDirectory, clock: systemClock, random: systemRandom })
    const to = join(dataDirectory, '..', 'drive')
    expect(await run(`folder set Mia ${to}`)).toMatchObject({ code: 1, err: expect.stringContaining('Gatehouse runs') })
    lock.release()
    expect(existsSync(to)).toBe(false)
  })

  it('doctor names a folder that cannot be used', async ({ run, dataDirectory }) => {
    await addMia(run)
    const to = join(dataDirectory, '..', 'drive')
    await run(`folder set Mia ${to}`)
    expect((await run('doctor')).out).toMatch(/ok +results/)
    rmSync(to, { recursive: true })
    const outcome = await run('doctor')
    expect([outcome.code, outcome.out]).toEqual([1, expect.stringContaining(`Mia: ${to} is not there`)])
  })
})

describe('gatehouse doctor --attack', () => {
  it('exits 1 and says what to do when an attack worked, 0 when all held', async ({ run }) => {
    await addMia(run)
    attacked.cases.splice(0, Infinity, { ...attack, outcome: 'held' })
    expect((await run('doctor --attack')).code).toBe(0)
    attacked.cases.push({ ...attack, id: 'b', outcome: 'broken' })
    const { code, out } = await run('doctor --attack')
    expect(code).toBe(1)
    expect(out).toContain('1 attacks held, 1 did not, 0 were not tried.')
    expect(out).toContain('Switch sharing off')
    const inJson = await run('--json doctor --attack')
    expect(inJson.code).toBe(1)
    expect(JSON.parse(inJson.out)).toMatchObject({ ok: false, cases: [{ outcome: 'held' }, { outcome: 'broken' }] })
  })
})

describe('gatehouse import-sentinel', () => {
  it('says what it would do, does it, and makes nothing of a folder that is none', async ({ run, dataDirectory }) => {
    const folder = join(dataDirectory, '..', 'ComfyUI-Sentinel')
    expect(await run(`import-sentinel ${folder}`)).toMatchObject({ code: 1, out: '' })
    expect(existsSync(dataDirectory)).toBe(false)
    mkdirSync(folder)
    const root = { username: 'root_admin', password: `$2b$12$${'a'.repeat(53)}`, admin: true }
    writeFileSync(join(folder, 'users_db.json'), JSON.stringify({ 'f3ed8351-a487-4514-ba3e-7b90e850a23e': root }))

    const tried = await run(`import-sentinel ${folder} --dry-run --json`)
    expect(JSON.parse(tried.out)).toMatchObject({ dryRun: true, imported: [{ name: 'root_admin', role: 'user' }] })
    expect((await run('user list --json')).out).toBe('[]')

    const done = await run(`import-sentinel ${folder} --administrators`)
    expect(done.code).toBe(0)
    expect(done.out).toContain('+ root_admin (administrator)')
    expect(done.out).not.toContain('$2b$')
    expect(JSON.parse((await run('user list --json')).out)).toMatchObject([
      { name: 'root_admin', role: 'administrator' },
    ])
    expect((await run(`import-sentinel ${folder} --role administrator`)).code).toBe(2)
  })
})
