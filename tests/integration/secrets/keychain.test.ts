import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const node = resolve(createRequire(import.meta.url).resolve('node/package.json'), '../bin/node')

const isHere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** A real secret service on a bus of its own; GATEHOUSE_TEST_KEYRING=0 leaves it out. */
const hasKeyring =
  process.platform === 'linux' &&
  process.env['GATEHOUSE_TEST_KEYRING'] !== '0' &&
  ['dbus-run-session', 'dbus-send', 'gnome-keyring-daemon'].every(isHere)

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Session {
  readonly folder: string
  /** Runs a script whose `$GATEHOUSE` is the program; inside the session when asked to. */
  run(script: string, where: 'session' | 'outside'): Promise<Outcome>
}

/** Starts and unlocks a keyring, and waits until it is on the bus. */
const unlockKeyring = `printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
ask() { dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>/dev/null; }
until KEYRING=$(ask | awk '{print $2}') && [ -n "$KEYRING" ]; do :; done
trap 'kill -CONT $KEYRING; kill $KEYRING' EXIT
`

const it = test.extend<{ session: Session }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  session: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-keyring-'))
    const folder = join(directory, 'folder')
    const runtime = join(directory, 'runtime')
    mkdirSync(runtime, { mode: 0o700 })
    const env = {
      ...process.env,
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(runtime, 'nothing')}`,
      XDG_RUNTIME_DIR: runtime,
      XDG_DATA_HOME: join(directory, 'share'),
      GATEHOUSE: `${node} --no-warnings ${root}/cli/main.ts --data-dir ${folder}`,
    }
    await use({
      folder,
      run: (script, where) =>
        new Promise((done, fail) => {
          const command =
            where === 'session'
              ? (['dbus-run-session', ['--', 'sh', '-c', unlockKeyring + script]] as const)
              : (['sh', ['-c', script]] as const)
          const child = spawn(command[0], command[1], { env })
          let out = ''
          let err = ''
          child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
          child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
          child.on('error', fail).on('close', (code) => done({ code, out, err }))
        }),
    })
    rmSync(directory, { recursive: true, force: true })
  },
})

const addMia = `echo 'violet kayak orbit lamp' | $GATEHOUSE user add Mia --role administrator --password-stdin`

describe.skipIf(!hasKeyring)('the keychain of a real desktop (needs gnome-keyring)', () => {
  it('keeps the secrets of a folder, under its own names, and in no file', async ({ session }) => {
    const outcome = await session.run(
      `${addMia}; $GATEHOUSE key create --user Mia --name tool > /dev/null && $GATEHOUSE --json doctor`,
      'session',
    )

    expect(outcome.code).toBe(0)
    const doctor = JSON.parse(outcome.out.trim().split('\n').at(-1) ?? '') as {
      checks: { check: string; words: string }[]
    }
    expect(doctor.checks.find((entry) => entry.check === 'secrets')?.words).toContain('in the keychain')
    expect(existsSync(join(session.folder, 'secrets.json'))).toBe(false)
  })

  it('that is out of reach later is named in words, and no file takes its place', async ({ session }) => {
    await session.run(addMia, 'session')

    const outcome = await session.run('$GATEHOUSE --json user list', 'outside')

    expect(outcome.code).toBe(1)
    expect(JSON.parse(outcome.err)).toMatchObject({ code: 'SECRETS_UNAVAILABLE' })
    expect(existsSync(join(session.folder, 'secrets.json'))).toBe(false)
  })

  it('that hangs is given up after its deadline, and the program ends', async ({ session }) => {
    const outcome = await session.run(
      `${addMia}; kill -STOP $KEYRING; timeout 20 $GATEHOUSE user list; echo "list $?"; kill -CONT $KEYRING; $GATEHOUSE --json user list`,
      'session',
    )

    const lines = outcome.out.trim().split('\n')
    expect(lines).toContain('list 1')
    expect(outcome.err).toContain('does not answer')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject([{ name: 'Mia' }])
  })
})

describe('a computer without a keychain', () => {
  it('gets a private file, and later a keychain changes nothing', async ({ session }) => {
    const first = await session.run(addMia, 'outside')
    expect(first.code).toBe(0)
    expect(readdirSync(session.folder)).toContain('secrets.json')
    const secrets = readFileSync(join(session.folder, 'secrets.json'), 'utf8')

    if (hasKeyring) {
      const second = await session.run('$GATEHOUSE --json user list', 'session')
      expect(second.code).toBe(0)
    }

    expect(readFileSync(join(session.folder, 'secrets.json'), 'utf8')).toBe(secrets)
  })
})
