import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPortFree } from '../../../launcher/freePort.ts'
import { readPidFile, writePidFile } from '../../../launcher/pidFile.ts'
import { listProcesses } from '../../../launcher/processTable.ts'
import { isAlive, openStage, request, until, untilState } from '../../support/fakeEngine/fakeEngine.ts'
import type { Stage } from '../../support/fakeEngine/fakeEngine.ts'

const appPath = fileURLToPath(new URL('../../support/fakeEngine/appThatIsKilled.ts', import.meta.url))

let stage: Stage
const children: ChildProcess[] = []

beforeEach(() => {
  stage = openStage()
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await stage.close()
})

/** Another app process with an engine of its own, killed with kill -9; the engine stays. */
async function leaveOrphan(): Promise<{ pid: number; port: number }> {
  // The fake engine ignores --exit-with-parent: what is tested here is the pid file alone.
  const app = spawn(process.execPath, [appPath, stage.directory, stage.pidFilePath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(app)
  let output = ''
  app.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until('the engine of the other app', () => output.includes('\n'))
  const orphan = JSON.parse(output) as { pid: number; port: number }
  await until('the start time on record', () => readPidFile(stage.pidFilePath)?.startTime !== undefined)
  app.kill('SIGKILL')
  await until('the end of the other app', () => app.signalCode !== null)
  return orphan
}

describe('an engine of an app that was killed', () => {
  it('is ended by endOrphan, and its port is free', async () => {
    const { pid, port } = await leaveOrphan()
    expect(isAlive(pid)).toBe(true)
    await stage.supervisor.endOrphan()
    expect(isAlive(pid)).toBe(false)
    expect(await isPortFree(port)).toBe(true)
    expect(fs.existsSync(stage.pidFilePath)).toBe(false)
  })

  it('is ended by the next start even when nobody asked for it', async () => {
    const { pid } = await leaveOrphan()
    stage.setFake({})
    await stage.supervisor.start()
    await untilState(stage.supervisor, 'ready')
    expect(isAlive(pid)).toBe(false)
  })

  it.runIf(process.platform === 'linux')(
    'leaves no grandchild behind, also when the engine itself is gone',
    async () => {
      const { pid, port } = await leaveOrphan()
      const environment = JSON.parse(fs.readFileSync(path.join(stage.directory, 'environment.json'), 'utf8'))
      const secret = String(environment.GATEHOUSE_SECRET)
      const born = await request(port, '/fake/runawayChild?value=0', { secret, method: 'POST' })
      const runaway = (JSON.parse(born.text) as { result: number }).result
      process.kill(pid, 'SIGKILL')
      await until('the end of the engine', () => !isAlive(pid))
      expect(isAlive(runaway)).toBe(true)
      await stage.supervisor.endOrphan()
      expect(isAlive(runaway)).toBe(false)
    },
  )
})

describe('a pid file that names a foreign process', () => {
  function bystander(): number {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true })
    children.push(child)
    return child.pid ?? 0
  }

  const record = { version: 1, port: 21_000, startId: 'e'.repeat(32) } as const

  it.each([
    ['another command', () => ({ commandParts: ['/somewhere/ComfyUI/main.py'] })],
    ['another start time', () => ({ startTime: 'long ago', commandParts: ['setInterval'] })],
  ])('leaves it alone: %s', async (_name, rest) => {
    const pid = bystander()
    await until('the bystander', async () => (await listProcesses(process.platform)).some((row) => row.pid === pid))
    writePidFile(stage.pidFilePath, { ...record, pid, ...rest() })
    await stage.supervisor.endOrphan()
    expect(isAlive(pid)).toBe(true)
    expect(fs.existsSync(stage.pidFilePath)).toBe(false)
  })

  it('would end it if it were the very process (the check above can fail)', async () => {
    const pid = bystander()
    const find = async () => (await listProcesses(process.platform)).find((row) => row.pid === pid)
    await until('the bystander', async () => (await find())?.command.includes('setInterval') === true)
    const startTime = (await find())?.startTime ?? ''
    writePidFile(stage.pidFilePath, { ...record, pid, startTime, commandParts: ['setInterval'] })
    await stage.supervisor.endOrphan()
    expect(isAlive(pid)).toBe(false)
  })

  it.each(['', '{', '{"version":1,"pid":1}', '{"version":9}', '[]'])(
    'is harmless when it is broken: %j',
    async (text) => {
      fs.writeFileSync(stage.pidFilePath, text)
      await stage.supervisor.endOrphan()
      expect(fs.existsSync(stage.pidFilePath)).toBe(false)
    },
  )
})
