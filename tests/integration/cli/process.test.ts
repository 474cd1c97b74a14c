import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { systemClock } from '../../../proxy/core/clock.ts'
import { goodPassword, storesTest as it } from '../../support/storesFixture.ts'

const root = resolve(import.meta.dirname, '../../..')
const node = resolve(createRequire(import.meta.url).resolve('node/package.json'), '../bin/node')

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** The arguments as any process on the computer could read them. */
  readonly commandLine: string
}

/** The program as people start it: a process of its own. */
function gatehouse(dataDirectory: string, args: readonly string[], stdin = ''): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(node, ['--no-warnings', `${root}/cli/main.ts`, '--data-dir', dataDirectory, ...args], {
      env: { ...process.env, GATEHOUSE_SECRETS: 'file' },
    })
    const procFile = `/proc/${child.pid ?? 0}/cmdline`
    const commandLine = existsSync(procFile) ? readFileSync(procFile, 'utf8').replaceAll('\0', ' ') : ''
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', fail).on('close', (code) => done({ code, out, err, commandLine }))
    child.stdin.end(stdin)
  })
}

describe('the program', () => {
  it('adds a person, makes a key alone on stdout, and shows neither password nor key to other processes', async ({
    dataDirectory,
  }) => {
    const added = await gatehouse(
      dataDirectory,
      ['user', 'add', 'Mia', '--role', 'creator', '--password-stdin'],
      `${goodPassword}\n`,
    )
    const created = await gatehouse(dataDirectory, ['key', 'create', '--user', 'Mia', '--name', 'tool'])

    expect(added).toMatchObject({ code: 0, err: '' })
    expect(created.code).toBe(0)
    expect(created.out).toMatch(/^gh_[a-z0-9]{12}_[\w-]{86}_[0-9a-f]{8}\n$/)
    expect(added.commandLine + created.commandLine).not.toContain(goodPassword)
  })

  it('explains the one command that --help is asked of, and makes no data folder for it', async ({ dataDirectory }) => {
    const folder = `${dataDirectory}-new`
    const [all, one, none, byWord] = await Promise.all([
      gatehouse(folder, ['--help']),
      gatehouse(folder, ['user', 'add', '--help']),
      gatehouse(folder, ['nothing', '--help']),
      gatehouse(folder, ['help', 'user']),
    ])
    expect([byWord.code, byWord.out]).toEqual([0, one.out])
    expect([all.code, all.err, one.code, one.err]).toEqual([0, '', 0, ''])
    expect(all.out).toContain('  gatehouse key create')
    expect(one.out).toContain('  gatehouse user add NAME')
    expect(one.out).not.toContain('gatehouse key')
    expect(none).toMatchObject({ code: 2, out: '', err: expect.stringContaining('no command "nothing"') })
    expect(existsSync(folder)).toBe(false)
  })

  it('exits 1 with JSON on stderr when refused, 2 when misused', async ({ dataDirectory }) => {
    const refused = await gatehouse(dataDirectory, ['--json', 'user', 'remove', 'Nobody'])
    const misused = await gatehouse(dataDirectory, ['user', 'add'])

    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(JSON.parse(refused.err)).toEqual({ code: 'NOT_FOUND', message: expect.stringContaining(dataDirectory) })
    expect(misused).toMatchObject({ code: 2, out: '' })
  })

  it('revokes a key in another process within a second of its end', async ({ openAgain, dataDirectory }) => {
    const stores = await openAgain({ clock: systemClock, watchMs: 250 })
    await gatehouse(dataDirectory, ['user', 'add', 'Mia', '--role', 'creator', '--password-stdin'], goodPassword)
    const { out } = await gatehouse(dataDirectory, ['--json', 'key', 'create', '--user', 'Mia', '--name', 'tool'])
    const { id, key } = JSON.parse(out) as { id: string; key: string }
    const presented = { kind: 'bearer', token: key } as const
    const input = { presented, listener: 'public', secure: false, clientAddress: '127.0.0.1' } as const
    const principal = await stores.authenticator.authenticate(input)

    expect((await gatehouse(dataDirectory, ['key', 'revoke', id])).code).toBe(0)

    await vi.waitFor(async () => expect(await stores.authenticator.reauthenticate(principal)).toBeUndefined(), {
      timeout: 1000,
      interval: 20,
    })
    await expect(stores.authenticator.authenticate(input)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole' })
  })

  it('started many times at once makes one set of secrets and one whole log', async ({ dataDirectory, openAgain }) => {
    const outcomes = await Promise.all(
      ['Mia', 'Leo', 'Tom', 'Ida'].map((name) =>
        gatehouse(dataDirectory, ['user', 'add', name, '--role', 'creator', '--password-stdin'], goodPassword),
      ),
    )

    expect(outcomes.map(({ code, err }) => ({ code, err }))).toEqual(Array(4).fill({ code: 0, err: '' }))
    const stores = await openAgain()
    expect(await stores.accounts.list()).toHaveLength(4)
    await expect(stores.audit.verify()).resolves.toMatchObject({ kind: 'whole', rows: 4 })
  })
})
