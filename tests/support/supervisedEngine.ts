import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { quoteYaml } from '../../launcher/companionConfig.ts'
import { inspectInstallation } from '../../launcher/installation/inspectInstallation.ts'
import { systemInstallationDeps } from '../../launcher/installation/installationDeps.ts'
import type { LaunchPlan } from '../../launcher/launchCommand.ts'
import { Supervisor } from '../../launcher/supervisor.ts'
import type { Engine } from '../../proxy/comfyui/engine.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { createSupervisedEngine } from '../../service/supervisedEngine.ts'
import { closeAtEnd } from './closeAtEnd.ts'
import { bundlePracticeEngine, usesRealComfyui } from './engineUnderTest.ts'
import type { EngineUnderTest } from './engineUnderTest.ts'
import { request, untilState } from './fakeEngine/fakeEngine.ts'

/** The engine that the environment asks for, under the supervisor and with its timings, as the product runs it. */
export interface SupervisedEngine {
  readonly engine: Engine
  readonly supervisor: Supervisor
  readonly folders: EngineUnderTest['folders']
  /** The thread or loop that runs jobs ends as soon as it is given the next one; the process lives and answers. */
  killWorker(): Promise<void>
  close(): Promise<void>
}

const START_MS = 180_000

/** Resolves when it is ready. */
export async function startSupervisedEngine(): Promise<SupervisedEngine> {
  const base = await mkdtemp(join(tmpdir(), 'gatehouse-supervised-'))
  const { plan, folders } = usesRealComfyui ? await planComfyui(base) : await planPractice(base)
  const supervisor = new Supervisor({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    platform: process.platform,
    pidFilePath: join(base, 'engine.pid.json'),
  })
  const choice = usesRealComfyui ? { kind: 'none' as const } : { kind: 'practice' as const }
  const engine = createSupervisedEngine(supervisor, { describe: () => choice, plan: () => Promise.resolve(plan) })
  const close = closeAtEnd(async () => {
    await supervisor.stop()
    await rm(base, { recursive: true, force: true })
  })
  try {
    await engine.start()
    await untilState(supervisor, 'ready', START_MS)
  } catch (error) {
    await close()
    throw error
  }
  return { engine, supervisor, folders, close, killWorker: () => killWorker(supervisor) }
}

async function killWorker(supervisor: Supervisor): Promise<void> {
  const { pid } = await untilState(supervisor, 'ready')
  if (!usesRealComfyui) {
    process.kill(pid, 'SIGUSR2')
    return
  }
  const { port, secret } = supervisor.connection() ?? { port: 0, secret: '' }
  // A route of a pack needs somebody who asks; whoever it is.
  const id = 'workerkiller0000'
  const own = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
  await request(port, `/gatehouse/companion/users/${id}`, { secret, method: 'PUT', body: JSON.stringify(own) })
  const headers = { 'x-gatehouse-user': id }
  const { status } = await request(port, '/test/kill-worker', { secret, method: 'POST', headers })
  if (status !== 200) throw new Error(`the worker was not killed: ${status}`)
}

/** Loaded before the practice engine: a signal makes whatever asks for the time within its loop of jobs fail once. */
const PRACTICE_KILLER = `
const now = Date.now
process.on('SIGUSR2', () => {
  Date.now = () => {
    if (!String(new Error().stack).includes('runQueue')) return now()
    Date.now = now
    throw new Error('killed on purpose')
  }
})
`

async function planPractice(base: string): Promise<{ plan: LaunchPlan; folders: EngineUnderTest['folders'] }> {
  const killer = join(base, 'killer.cjs')
  await writeFile(killer, PRACTICE_KILLER)
  const below = (name: string): string => join(base, 'data', name)
  await mkdir(join(base, 'data'))
  const nodeCommand = {
    file: process.execPath,
    args: ['--require', killer],
    // The bundle lies outside of the project; sharp does not.
    env: { NODE_PATH: resolve('node_modules') },
  }
  return {
    plan: {
      kind: 'practice',
      nodeCommand,
      entry: await bundlePracticeEngine(base),
      baseDirectory: join(base, 'data'),
    },
    folders: { output: below('output'), input: below('input'), temp: below('temp'), user: below('user') },
  }
}

/** Ends the worker's thread from outside, as the interpreter does: what waits for it stays in the queue. */
const COMFYUI_KILLER = `
import ctypes, threading
from aiohttp import web
from server import PromptServer
NODE_CLASS_MAPPINGS = {}

@PromptServer.instance.routes.post("/test/kill-worker")
async def kill_worker(request):
    for thread in threading.enumerate():
        if getattr(getattr(thread, "_target", None), "__name__", "") == "prompt_worker" or "prompt_worker" in thread.name:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
            return web.Response()
    return web.Response(status=500)
`

async function planComfyui(base: string): Promise<{ plan: LaunchPlan; folders: EngineUnderTest['folders'] }> {
  const python = process.env['COMFYUI_PYTHON']
  const override = python === undefined ? {} : { python }
  const inspected = await inspectInstallation(process.env['COMFYUI_DIR'] ?? '', systemInstallationDeps(), override)
  if (!inspected.ok) throw new Error(inspected.problems.join(' '))
  const packs = join(base, 'packs')
  await mkdir(join(packs, 'killer'), { recursive: true })
  await writeFile(join(packs, 'killer', '__init__.py'), COMFYUI_KILLER)
  const yaml = join(base, 'owner.yaml')
  await writeFile(yaml, `owner:\n  custom_nodes: ${quoteYaml(packs)}\n`)
  const folder = async (name: string): Promise<string> => {
    await mkdir(join(base, name))
    return join(base, name)
  }
  const folders = {
    output: await folder('output'),
    input: await folder('input'),
    temp: await folder('t'),
    user: await folder('user'),
  }
  const flags = Object.entries(folders).flatMap(([name, path]) => [`--${name}-directory`, path])
  return {
    plan: {
      kind: 'comfyui',
      installation: inspected.installation,
      extraArguments: ['--cpu', ...flags, '--database-url', 'sqlite:///:memory:', '--extra-model-paths-config', yaml],
      companionDirectory: resolve('resources/comfyui-companion'),
      generatedDirectory: join(base, 'generated'),
    },
    folders: { ...folders, temp: join(folders.temp, 'temp') },
  }
}
