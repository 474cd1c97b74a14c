import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { findFreePort, isPortFree } from '../../../launcher/freePort.ts'
import { LaunchRefused } from '../../../launcher/launchRefused.ts'
import type { SupervisorDeps } from '../../../launcher/supervisor.ts'
import { deed, isAlive, openStage, quick, request, until, untilState } from '../../support/fakeEngine/fakeEngine.ts'
import type { Stage } from '../../support/fakeEngine/fakeEngine.ts'

const stages: Stage[] = []
const servers: net.Server[] = []

function stage(overrides: Partial<SupervisorDeps> = {}): Stage {
  const opened = openStage(overrides)
  stages.push(opened)
  return opened
}

afterEach(async () => {
  for (const opened of stages.splice(0)) await opened.close()
  for (const server of servers.splice(0)) server.close()
})

async function ready(config: Parameters<Stage['setFake']>[0] = {}, port?: number): Promise<Stage> {
  const opened = stage()
  opened.setFake(config, port)
  await opened.supervisor.start()
  await untilState(opened.supervisor, 'ready')
  return opened
}

const kinds = (opened: Stage): string[] =>
  opened.states.map((state) => state.kind).filter((kind, index, all) => kind !== all[index - 1])

describe('starting', () => {
  it('goes from stopped to ready by proof and hands out the connection', async () => {
    const { supervisor, directory, pidFilePath, states } = stage()
    expect(supervisor.state).toEqual({ kind: 'stopped' })
    const opened = stages[0]!
    opened.setFake({ stderr: ['Starting server'] })
    await supervisor.start()
    expect(supervisor.state).toMatchObject({ kind: 'starting', attempt: 1 })
    expect(supervisor.connection()).toBeUndefined()
    const state = await untilState(supervisor, 'ready')
    expect(state).toMatchObject({ engine: 'practice', version: '1.2.3', pid: opened.starts()[0]?.pid })
    expect(states).toContainEqual(expect.objectContaining({ progress: { fraction: 0.95, text: 'Almost there' } }))
    const connection = supervisor.connection()
    expect(connection).toMatchObject({ port: state.port, bootId: state.bootId })
    expect(connection?.secret).toMatch(/^[0-9a-f]{64}$/)
    expect((await request(state.port, '/fake/none', { secret: connection?.secret ?? '' })).status).toBe(200)
    await until('the pid file with the start time', () => fs.readFileSync(pidFilePath, 'utf8').includes('startTime'))
    expect(fs.statSync(pidFilePath).mode & 0o777).toBe(0o600)
    expect(fs.readFileSync(pidFilePath, 'utf8')).not.toContain(connection?.secret)
    expect(fs.existsSync(directory)).toBe(true)
  })

  it('makes a new secret for each start', async () => {
    const { supervisor } = await ready()
    const before = supervisor.connection()
    await supervisor.restart()
    await untilState(supervisor, 'ready')
    expect(supervisor.connection()?.secret).not.toBe(before?.secret)
    expect(supervisor.connection()?.bootId).not.toBe(before?.bootId)
  })

  it('gives the engine no variable of Electron, Node or Gatehouse but its own', async () => {
    const environment = {
      ...process.env,
      NODE_OPTIONS: '--no-warnings',
      ELECTRON_RUN_AS_NODE: '1',
      GATEHOUSE_MASTER_KEY: 'x',
    }
    const opened = stage({ environment })
    opened.setFake({})
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'ready')
    const inherited = JSON.parse(fs.readFileSync(path.join(opened.directory, 'environment.json'), 'utf8'))
    expect(inherited).not.toHaveProperty('NODE_OPTIONS')
    expect(inherited).not.toHaveProperty('ELECTRON_RUN_AS_NODE')
    expect(inherited).not.toHaveProperty('GATEHOUSE_MASTER_KEY')
    expect(inherited.GATEHOUSE_SECRET).toBe(opened.supervisor.connection()?.secret)
  })

  it('keeps the secret out of the log when the engine prints it', async () => {
    const { supervisor } = await ready()
    const text = supervisor.log
      .lines()
      .map((line) => line.text)
      .join('\n')
    expect(text).toContain('leaking [removed] on purpose')
    expect(text).not.toContain(supervisor.connection()?.secret)
  })

  it('refuses to start without a plan, in words', async () => {
    const { supervisor } = stage()
    await expect(supervisor.start()).rejects.toThrow(LaunchRefused)
    await expect(supervisor.start()).rejects.toMatchObject({ code: 'NO_PLAN' })
    expect(supervisor.state).toEqual({ kind: 'stopped' })
  })

  it('fails at once, and starts nothing, when the asked-for port is taken', async () => {
    const port = await findFreePort()
    servers.push(net.createServer().listen(port, '127.0.0.1'))
    const opened = stage({ timings: { ...quick.timings, portFreeMs: 100 } })
    opened.setFake({}, port)
    await opened.supervisor.start()
    const state = await untilState(opened.supervisor, 'failed')
    expect(state.failure).toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(port)) })
    expect(opened.starts()).toEqual([])
  })

  it('fails at once with a program that is not there', async () => {
    const opened = stage()
    const nodeCommand = { file: path.join(opened.directory, 'no-such-node'), args: [], env: {} }
    opened.supervisor.setLaunch({ kind: 'practice', nodeCommand, entry: 'x', baseDirectory: opened.directory })
    await opened.supervisor.start()
    const state = await untilState(opened.supervisor, 'failed')
    expect(state.failure.code).toBe('PROGRAM_NOT_FOUND')
  })

  it('does nothing when it runs already', async () => {
    const opened = await ready()
    await opened.supervisor.start()
    expect(opened.supervisor.state.kind).toBe('ready')
    expect(opened.starts()).toHaveLength(1)
  })

  it('gives up a start that says nothing for too long, and ends it', async () => {
    const opened = stage({
      timings: { ...quick.timings, startSilenceMs: 300 },
      restartRules: { backoffMs: [1], budget: 0, windowMs: 60_000, healthyAfterMs: 60_000 },
    })
    opened.setFake({ listen: false })
    await opened.supervisor.start()
    const state = await untilState(opened.supervisor, 'failed')
    expect(state.failure.code).toBe('START_TIMEOUT')
    expect(isAlive(opened.starts()[0]?.pid ?? 0)).toBe(false)
  })
})

describe('an impostor on the port', () => {
  const lie = JSON.stringify({
    ok: true,
    bootId: 'a'.repeat(32),
    engine: 'practice',
    version: '1',
    patches: {},
    workerAlive: true,
    proof: 'b'.repeat(64),
  })

  it.each([
    ['a health answer with a wrong proof', `HTTP/1.1 200 OK\r\nContent-Length: ${lie.length}\r\n\r\n${lie}`],
    ['another web server', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ])('never gets the secret and never becomes ready: %s', async (_name, impostor) => {
    const opened = stage({ restartRules: { backoffMs: [1], budget: 0, windowMs: 60_000, healthyAfterMs: 60_000 } })
    opened.setFake({ impostor })
    await opened.supervisor.start()
    const { failure } = await untilState(opened.supervisor, 'failed')
    expect(failure.code).toBe('PORT_ANSWERED_BY_ANOTHER')
    expect(kinds(opened)).toEqual(['starting', 'failed'])
    const environment = JSON.parse(fs.readFileSync(path.join(opened.directory, 'environment.json'), 'utf8'))
    const heard = fs.readFileSync(path.join(opened.directory, 'heard.log'), 'utf8')
    expect(heard).toContain('GET /gatehouse/companion/health?nonce=')
    expect(heard).not.toContain(environment.GATEHOUSE_SECRET)
  })

  it('that takes the port of a running engine never gets the secret and ends the start', async () => {
    const opened = await ready()
    const { port, secret } = opened.supervisor.connection()!
    let heard = ''
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        heard += chunk.toString()
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
      })
    })
    servers.push(server)
    await deed(opened.supervisor, 'stopListening')
    const takePort = (): Promise<boolean> =>
      new Promise((resolve) => {
        server.once('error', () => resolve(false))
        server.listen(port, '127.0.0.1', () => resolve(true))
      })
    await until('the port to be taken', takePort)
    await until('the second start', () => opened.starts().length === 2)
    await untilState(opened.supervisor, 'ready')
    expect(opened.supervisor.connection()?.port).not.toBe(port)
    expect(heard).toContain('GET /gatehouse/companion/health')
    expect(heard).not.toContain(secret)
  })
})

describe('stopping', () => {
  it('leaves no process, no pid file and a free port', async () => {
    const opened = await ready()
    const { port } = opened.supervisor.connection()!
    await opened.supervisor.stop()
    expect(opened.supervisor.state).toEqual({ kind: 'stopped' })
    expect(opened.supervisor.connection()).toBeUndefined()
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
    expect(await isPortFree(port)).toBe(true)
    expect(fs.existsSync(opened.pidFilePath)).toBe(false)
    expect(kinds(opened)).toEqual(['starting', 'ready', 'stopping', 'stopped'])
  })

  it('ends grandchildren that ignore every polite signal', async () => {
    const opened = await ready()
    const grandchild = Number(await deed(opened.supervisor, 'stubbornChild'))
    expect(isAlive(grandchild)).toBe(true)
    await opened.supervisor.stop()
    expect(isAlive(grandchild)).toBe(false)
  })

  it('ends a grandchild that left the process group', async () => {
    const opened = await ready()
    const runaway = Number(await deed(opened.supervisor, 'runawayChild'))
    expect(isAlive(runaway)).toBe(true)
    await opened.supervisor.stop()
    expect(isAlive(runaway)).toBe(false)
  })

  it('ends an engine that ignores every polite signal', async () => {
    const opened = await ready({ ignoreSignals: true })
    await opened.supervisor.stop()
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
  })

  it('ends a start that is under way', async () => {
    const opened = stage()
    opened.setFake({ listen: false })
    await opened.supervisor.start()
    await until('the process', () => opened.starts().length === 1)
    await opened.supervisor.stop()
    expect(opened.supervisor.state).toEqual({ kind: 'stopped' })
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
  })

  it('survives commands in any order at once', async () => {
    const opened = stage()
    const { supervisor } = opened
    opened.setFake({})
    await Promise.all([
      supervisor.start(),
      supervisor.stop(),
      supervisor.start(),
      supervisor.restart(),
      supervisor.stop(),
    ])
    expect(supervisor.state).toEqual({ kind: 'stopped' })
    expect(opened.starts().filter(({ pid }) => isAlive(pid))).toEqual([])
  })
})

describe('an engine that takes too much memory', () => {
  const GiB = 1024 ** 3
  const withMemory = async (graceMs: number) => {
    let used = 1 * GiB
    const memory = { totalBytes: () => 10 * GiB, usedBytes: () => used, treeBytes: () => Promise.resolve(used) }
    const opened = stage({ memory, memoryRules: { pollMs: 10, graceMs }, memoryCeilingPercent: () => 50 })
    const pressed: string[] = []
    opened.supervisor.onMemoryPressure(() => pressed.push(opened.supervisor.state.kind))
    opened.setFake({ ignoreSignals: true })
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'ready')
    return { ...opened, pressed, take: (bytes: number) => (used = bytes) }
  }

  it('is told first, and lives on when it gives back', async () => {
    const { supervisor, pressed, take, states } = await withMemory(60_000)
    take(6 * GiB)
    await until('the word', () => pressed.length === 1)
    expect(pressed).toEqual(['ready'])
    take(1 * GiB)
    await deed(supervisor, 'none')
    expect(states.map(({ kind }) => kind)).not.toContain('backingOff')
  })

  it('is ended as out of memory when it does not, and started again', async () => {
    const opened = await withMemory(100)
    opened.take(6 * GiB)
    const { failure } = await untilState(opened.supervisor, 'backingOff')
    opened.take(1 * GiB)
    expect(failure).toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('memory') })
    expect(opened.pressed).toEqual(['ready'])
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
    await untilState(opened.supervisor, 'ready')
  })

  it('is ended without a word when the computer is about to run out', async () => {
    const opened = await withMemory(60_000)
    opened.take(9.5 * GiB)
    const { failure } = await untilState(opened.supervisor, 'backingOff')
    opened.take(1 * GiB)
    expect(failure.code).toBe('OUT_OF_MEMORY')
    expect(opened.pressed).toEqual([])
  })

  it.runIf(process.platform === 'linux')('is whom the system ends first when memory runs out at once', async () => {
    const opened = await ready()
    expect(fs.readFileSync(`/proc/${opened.starts()[0]!.pid}/oom_score_adj`, 'utf8').trim()).toBe('500')
  })
})

describe('an engine that does not react any more', () => {
  // So long that a test which waited for it would fail.
  const treeRules = { graceMs: 60_000, stragglerGraceMs: 60_000, killDeadlineMs: 5_000, pollMs: 25 }
  const deaf = async (rest: Partial<SupervisorDeps> = {}): Promise<Stage> => {
    const opened = stage({ treeRules, ...rest })
    opened.setFake({ ignoreSignals: true })
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'ready')
    return opened
  }

  it('is killed with all it started as soon as it is given up, and started again', async () => {
    const opened = await deaf()
    const child = Number(await deed(opened.supervisor, 'stubbornChild'))
    opened.supervisor.condemn()
    await opened.supervisor.restart()
    expect([isAlive(opened.starts()[0]!.pid), isAlive(child)]).toEqual([false, false])
    await untilState(opened.supervisor, 'ready')
    opened.supervisor.condemn()
  })

  it.each(['hang', 'workerDead'])('is killed when it is found out: %s', async (what) => {
    const opened = await deaf()
    await deed(opened.supervisor, what, 60_000)
    await untilState(opened.supervisor, 'backingOff')
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
    await untilState(opened.supervisor, 'ready')
    opened.supervisor.condemn()
  })

  it('with a dead worker is asked again at once, not at the next turn', async () => {
    const opened = await deaf({ timings: { ...quick.timings, pollIntervalMs: 60_000 } })
    await deed(opened.supervisor, 'workerDead')
    opened.supervisor.reportUnreachable()
    const { failure } = await untilState(opened.supervisor, 'backingOff')
    expect(failure.code).toBe('WORKER_DIED')
    await untilState(opened.supervisor, 'ready')
    opened.supervisor.condemn()
  })
})

describe('an engine that ends by itself', () => {
  it('comes back within its backoff after kill -9, and the state says so', async () => {
    const opened = await ready()
    const first = opened.supervisor.connection()
    process.kill(opened.starts()[0]!.pid, 'SIGKILL')
    const waiting = await untilState(opened.supervisor, 'backingOff')
    expect(waiting).toMatchObject({ attempt: 2, failure: { code: 'KILLED' } })
    expect(opened.supervisor.connection()).toBeUndefined()
    await untilState(opened.supervisor, 'ready')
    expect(opened.supervisor.connection()?.secret).not.toBe(first?.secret)
    expect(kinds(opened)).toEqual(['starting', 'ready', 'backingOff', 'starting', 'ready'])
  })

  it('says that memory ran out when the system has counted such an end meanwhile', async () => {
    let kills = 4
    const opened = stage({ memoryKills: () => kills })
    opened.setFake({})
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'ready')
    kills = 5
    process.kill(opened.starts()[0]!.pid, 'SIGKILL')
    const { failure } = await untilState(opened.supervisor, 'backingOff')
    expect(failure).toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('the practice engine') })
  })

  it('leaves no grandchild of the crashed start behind', async () => {
    const opened = await ready()
    const runaway = Number(await deed(opened.supervisor, 'runawayChild'))
    process.kill(opened.starts()[0]!.pid, 'SIGKILL')
    await until('the second start', () => opened.starts().length === 2)
    expect(isAlive(runaway)).toBe(false)
  })

  it('gives up when the budget is used up, with the last lines', async () => {
    const opened = stage()
    opened.setFake({ failStarts: 100, stderr: ['something odd happened'], exitCode: 7 })
    await opened.supervisor.start()
    const { failure } = await untilState(opened.supervisor, 'failed')
    expect(failure).toMatchObject({ code: 'EXITED', message: expect.stringContaining('exit code 7') })
    expect(failure.details).toContain('something odd happened')
    expect(opened.starts()).toHaveLength(4)
    expect(opened.supervisor.state.kind).toBe('failed')
  })

  it('does not try again where that would fail in the same way', async () => {
    const opened = stage()
    opened.setFake({ failStarts: 1, stderr: ["ModuleNotFoundError: No module named 'torchsde'"] })
    await opened.supervisor.start()
    const { failure } = await untilState(opened.supervisor, 'failed')
    expect(failure).toMatchObject({ code: 'MISSING_MODULE', message: expect.stringContaining('torchsde') })
    expect(opened.starts()).toHaveLength(1)
  })

  it('starts afresh when asked after giving up', async () => {
    const opened = stage()
    opened.setFake({ failStarts: 1, stderr: ["ModuleNotFoundError: No module named 'torchsde'"] })
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'failed')
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'ready')
    expect(kinds(opened)).toEqual(['starting', 'failed', 'starting', 'ready'])
  })

  it('is stopped by stop() while it waits for the next try', async () => {
    const opened = stage({ restartRules: { backoffMs: [60_000], budget: 3, windowMs: 60_000, healthyAfterMs: 60_000 } })
    opened.setFake({ failStarts: 100 })
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'backingOff')
    await opened.supervisor.stop()
    expect(opened.supervisor.state).toEqual({ kind: 'stopped' })
    expect(opened.starts()).toHaveLength(1)
  })
})

describe('an engine that lives, but not as it should', () => {
  it('is started again without a crash when it restarted itself (ComfyUI-Manager)', async () => {
    const opened = await ready()
    const first = opened.supervisor.connection()
    await deed(opened.supervisor, 'restartInside')
    await until('another boot', () => {
      const { bootId } = opened.supervisor.connection() ?? {}
      return bootId !== undefined && bootId !== first?.bootId
    })
    expect(kinds(opened)).toEqual(['starting', 'ready', 'starting', 'ready'])
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
  })

  it('is started again without a crash when it ends with exit code 0', async () => {
    const opened = await ready()
    await deed(opened.supervisor, 'exit', 0)
    await until('the second start', () => opened.starts().length === 2)
    await untilState(opened.supervisor, 'ready')
    expect(kinds(opened)).toEqual(['starting', 'ready', 'starting', 'ready'])
  })

  it('is restarted as a crash when its worker died', async () => {
    const opened = await ready()
    await deed(opened.supervisor, 'workerDead')
    const { failure } = await untilState(opened.supervisor, 'backingOff')
    expect(failure.code).toBe('WORKER_DIED')
    await untilState(opened.supervisor, 'ready')
    expect(opened.supervisor.health?.workerAlive).toBe(true)
  })

  it('keeps its connection through a stall', async () => {
    const opened = await ready()
    const first = opened.supervisor.connection()
    await deed(opened.supervisor, 'hang', 600)
    let healthAfterStall = 0
    await until('an answer after the stall', async () => {
      const { status } = await request(first?.port ?? 0, '/fake/none', { secret: first?.secret ?? '' })
      healthAfterStall = status
      return status === 200
    })
    expect(healthAfterStall).toBe(200)
    expect(opened.supervisor.connection()).toEqual(first)
    expect(kinds(opened)).toEqual(['starting', 'ready'])
  })

  it('is restarted as a crash when it hangs for good', async () => {
    const opened = await ready()
    await deed(opened.supervisor, 'hang', 60_000)
    const { failure } = await untilState(opened.supervisor, 'backingOff')
    expect(failure.code).toBe('NOT_ANSWERING')
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
  })

  it('gets no connection from the moment the gate saw a refusal until the proof is right again', async () => {
    const opened = stage({ timings: { ...quick.timings, pollIntervalMs: 60_000 } })
    opened.setFake({})
    await opened.supervisor.start()
    await untilState(opened.supervisor, 'ready')
    const first = opened.supervisor.connection()
    opened.supervisor.reportUnreachable()
    expect(opened.supervisor.connection()).toBeUndefined()
    await until('the proof', () => opened.supervisor.connection() !== undefined)
    expect(opened.supervisor.connection()).toEqual(first)
  })

  it('is started again when it no longer listens', async () => {
    const opened = await ready()
    await deed(opened.supervisor, 'stopListening')
    await until('the second start', () => opened.starts().length === 2)
    await untilState(opened.supervisor, 'ready')
    expect(isAlive(opened.starts()[0]!.pid)).toBe(false)
  })
})
