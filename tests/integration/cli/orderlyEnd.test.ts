import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it as baseIt } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

const it = baseIt.extend<{ folder: string }>({
  // eslint-disable-next-line no-empty-pattern -- vitest wants the pattern
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-end-'))
    await use(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  },
})

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** A program that serves the practice engine without a window, in a process group of its own. */
async function startServing(folder: string, file: string, args: readonly string[], environment = {}) {
  const dataDirectory = join(folder, 'data')
  const port = await findFreePort()
  const child = spawn(file, [...args, '--data-dir', dataDirectory, '--port', String(port)], {
    cwd: root,
    detached: true,
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', GATEHOUSE_SECRETS: 'file', ...environment },
  })
  let output = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await expect.poll(() => output, { timeout: 60_000, message: stderr }).toContain('"event":"ready"')
  const ready = JSON.parse(/\{"event":"ready".*\}/.exec(output)?.[0] ?? '') as { pid: number; comfyuiPid: number }
  const pid = child.pid ?? 0
  return { child, pid, ready, enginePidFile: join(dataDirectory, 'engine.pid') }
}

describe.skipIf(process.platform !== 'linux')('an end that is asked for', () => {
  it.for(['SIGTERM', 'SIGKILL'] as const)(
    'by %s to npm alone ends app and engine in order',
    async (signal, { folder }) => {
      const { child, ready, enginePidFile } = await startServing(folder, 'npm', ['start', '--'])
      expect(existsSync(enginePidFile)).toBe(true)

      child.kill(signal)

      await expect.poll(() => isAlive(ready.pid), { timeout: 20_000 }).toBe(false)
      expect(isAlive(ready.comfyuiPid)).toBe(false)
      expect(existsSync(enginePidFile)).toBe(false)
    },
  )

  it('by a signal to all processes at once, and again while it stops, is not cut short', async ({ folder }) => {
    const { pid, ready, enginePidFile } = await startServing(folder, 'npm', ['start', '--'])

    for (let times = 0; times < 5; times += 1) process.kill(-pid, 'SIGTERM')

    await expect.poll(() => isAlive(ready.pid), { timeout: 20_000 }).toBe(false)
    expect(isAlive(ready.comfyuiPid)).toBe(false)
    expect(existsSync(enginePidFile)).toBe(false)
  })

  it.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s twice to serve ends the engine',
    async (signal, { folder }) => {
      const cli = [join(root, 'dist', 'cli.cjs'), 'serve', '--practice']
      const { child, ready, enginePidFile } = await startServing(folder, process.execPath, cli)
      const ended = new Promise((done) => child.once('close', (code, by) => done({ code, by })))

      child.kill(signal)
      child.kill(signal)

      expect(await ended).toEqual({ code: 0, by: null })
      expect(isAlive(ready.comfyuiPid)).toBe(false)
      expect(existsSync(enginePidFile)).toBe(false)
    },
  )
})

describe.skipIf(process.platform !== 'linux')('a fault in the middle of serving', () => {
  /** Serves, and does `fault` when it gets a signal: nothing from outside can make one. */
  async function serveWith(folder: string, fault: string) {
    const hook = join(folder, 'fault.cjs')
    writeFileSync(hook, `if (process.argv[2] === 'serve') process.on('SIGUSR2', () => { ${fault} })`)
    const cli = ['--require', hook, join(root, 'dist', 'cli.cjs'), 'serve', '--practice']
    const served = await startServing(folder, process.execPath, cli)
    let stderr = ''
    served.child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const ended = new Promise((done) => served.child.once('close', (code, by) => done({ code, by })))
    return { ...served, ended, stderr: () => stderr }
  }

  it('ends the engine too, and says where to look', async ({ folder }) => {
    const served = await serveWith(folder, `throw new Error('a fault')`)

    served.child.kill('SIGUSR2')

    expect(await served.ended).toEqual({ code: 1, by: null })
    expect(served.stderr()).toContain('so Gatehouse stops. The log says more.')
    expect(isAlive(served.ready.comfyuiPid)).toBe(false)
    expect(existsSync(served.enginePidFile)).toBe(false)
  })

  it('that nobody waited for is logged and sends nobody away', async ({ folder }) => {
    const served = await serveWith(folder, `Promise.reject(new Error('a fault'))`)

    served.child.kill('SIGUSR2')

    await expect.poll(() => served.stderr(), { timeout: 10_000 }).toContain('unhandled rejection')
    expect(isAlive(served.ready.comfyuiPid)).toBe(true)
    served.child.kill('SIGTERM')
    expect(await served.ended).toEqual({ code: 0, by: null })
  })
})

describe('serve with a folder that is no ComfyUI', () => {
  it('refuses before it makes or opens anything', async ({ folder }) => {
    const dataDirectory = join(folder, 'data')
    const args = ['serve', '--comfyui', join(folder, 'nonexistent'), '--data-dir', dataDirectory]
    const child = spawn(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))

    expect(await new Promise((done) => child.once('close', done))).toBe(1)
    expect(stderr).toContain(join(folder, 'nonexistent'))
    expect(existsSync(dataDirectory)).toBe(false)
  })
})

describe.skipIf(process.platform !== 'linux')("the window's program that dies by itself", () => {
  /** Runs a stand-in for Electron the way `npm start` runs the real one. */
  async function runStandIn(folder: string, script: string) {
    const executable = join(folder, 'electron')
    writeFileSync(executable, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const module = pathToFileURL(join(root, 'scripts', 'lib', 'runDesktop.mjs')).href
    const runtime = JSON.stringify({ executablePath: executable, version: '1.2.3' })
    const code = `import { runDesktop } from '${module}'
process.exitCode = await runDesktop(${runtime}, [], { env: process.env, log: (line) => console.error(line) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, XDG_CACHE_HOME: folder },
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const exitCode = await new Promise((done) => child.once('close', done))
    const logFile = join(folder, 'gatehouse', 'desktop-runtime.log')
    return { exitCode, stderr, log: readdirSync(folder).includes('gatehouse') ? readFileSync(logFile, 'utf8') : '' }
  }

  it('is named, with its last grave line and what to do', async ({ folder }) => {
    const fatal = '[77:1123/131234.622224:FATAL:setuid_sandbox_host.cc(158)] The sandbox is not configured'
    const { exitCode, stderr } = await runStandIn(folder, `echo '${fatal}' >&2; kill -TRAP $$`)

    expect(exitCode).toBe(133)
    expect(stderr).toContain('(Electron 1.2.3) was ended by SIGTRAP')
    expect(stderr).toContain(`Its last message: ${fatal}`)
    expect(stderr).toContain('npm run -s gatehouse -- doctor')
  })

  it('is named when it left no word at all', async ({ folder }) => {
    const { exitCode, stderr } = await runStandIn(folder, 'kill -TRAP $$')

    expect(exitCode).toBe(133)
    expect(stderr).toContain('was ended by SIGTRAP')
  })

  it('keeps its chatter out of the terminal and in a file, and shows every other line', async ({ folder }) => {
    const chatter = '[8337:1123/124453.685433:ERROR:bus.cc(399)] Failed to connect to the bus'
    const angle = 'ERR: Display.cpp:1004 (initialize): ANGLE Display::initialize error 12289'
    const lines = [chatter, angle, 'Gatehouse says this', '{"level":50,"msg":"and this"}']
    const { exitCode, stderr, log } = await runStandIn(folder, lines.map((line) => `echo '${line}' >&2`).join('\n'))

    expect(exitCode).toBe(0)
    expect(stderr).toBe('Gatehouse says this\n{"level":50,"msg":"and this"}\n')
    expect(log).toBe(`${lines.join('\n')}\n`)
  })
})
