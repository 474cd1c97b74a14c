/**
 * The practice engine: a small engine that speaks ComfyUI 0.3.64's API, so that ComfyUI's own frontend and API clients
 * work with it. It owns its queue and its nodes and keeps users apart; of the gate it knows the secret of this start.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Random } from '../../proxy/core/random.ts'
import { queueInfo, type EngineContext } from './engineContext.ts'
import { EngineLog } from './engineLog.ts'
import { Interruption } from './graph/interruption.ts'
import { PromptExecutor } from './graph/promptExecutor.ts'
import { PromptQueue } from './graph/promptQueue.ts'
import { EngineServer } from './engineServer.ts'
import { MAX_BODY_BYTES } from './http/engineRequest.ts'
import { isEngineSecret } from './http/secretCheck.ts'
import type { EngineFolders } from './nodes/nodeClass.ts'
import { nodeClasses } from './nodes/nodeRegistry.ts'
import { COMFYUI_VERSION } from './routes/systemRoutes.ts'
import { PracticeSockets } from './practiceSockets.ts'
import { makePracticeModels } from './practiceModels.ts'
import { EngineUsers } from './users/engineUsers.ts'
import { UserModels } from './users/userModels.ts'

const FEATURES = { supports_preview_metadata: true, max_upload_size: MAX_BODY_BYTES }

export interface PracticeEngineOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly baseDirectory: string
  readonly frontendDirectory: string | undefined
  /** 64 lower-case hex digits. */
  readonly secret: string
  readonly clock: Clock
  readonly random: Random
  readonly writeLog: (text: string) => void
  /** Told of every request as it comes in, before anything is decided about it. */
  readonly witness?: ((method: string, target: string) => void) | undefined
}

export interface PracticeEngine {
  readonly port: number
  readonly bootId: string
  /** Ends connections and runs, and removes what was temporary. */
  close(): Promise<void>
}

/** Starts the engine on 127.0.0.1. @throws TypeError for a bad secret, Error when port or folders cannot be had */
export async function startPracticeEngine(options: PracticeEngineOptions): Promise<PracticeEngine> {
  if (!isEngineSecret(options.secret)) throw new TypeError('the secret is not 64 lower-case hex digits')
  const folders = await prepareFolders(options.baseDirectory)
  const context = createContext(options, folders)
  const bootId = options.random.bytes(16).toString('hex')
  const worker = { isAlive: true }
  const engine = new EngineServer(context, { secret: options.secret, bootId, worker, witness: options.witness })
  const port = await engine.listen(options.port)
  runQueue(context).catch((error: unknown) => {
    worker.isAlive = false
    context.log.add(`The worker ended: ${error instanceof Error ? error.message : 'unknown error'}`)
  })
  context.log.add(`Practice engine, speaking as ComfyUI version: ${COMFYUI_VERSION}`)
  context.log.add(`To see the GUI go to: http://127.0.0.1:${port}`)
  return {
    port,
    bootId,
    close: async () => {
      context.interruption.request()
      await engine.close()
      await context.users.clean()
      await rm(folders.own.temp, { recursive: true, force: true })
    },
  }
}

async function prepareFolders(baseDirectory: string): Promise<EngineFolders> {
  const base = resolve(baseDirectory)
  const below = (name: string): string => join(base, name)
  const models = below('models')
  const own = {
    input: below('input'),
    output: below('output'),
    temp: below('temp'),
    userdata: below(join('user', 'default')),
    models: new UserModels(models, () => undefined),
  }
  await rm(own.temp, { recursive: true, force: true })
  for (const folder of [own.input, own.output, own.temp, below('user')]) await mkdir(folder, { recursive: true })
  await makePracticeModels(models)
  return { base, models, own }
}

function createContext(options: PracticeEngineOptions, folders: EngineFolders): EngineContext {
  const { clock, random } = options
  const interruption = new Interruption()
  const queue: PromptQueue = new PromptQueue(() => hub.sendJson('status', { status: queueInfo(queue) }))
  const hub = new PracticeSockets({ random, features: FEATURES, status: () => queueInfo(queue) })
  const users = new EngineUsers(folders)
  const executor = new PromptExecutor({
    classes: nodeClasses,
    findUser: (userId) => users.find(userId),
    hub,
    interruption,
    clock,
    random,
  })
  return {
    folders,
    users,
    frontendDirectory: options.frontendDirectory,
    classes: nodeClasses,
    queue,
    executor,
    hub,
    interruption,
    log: new EngineLog(clock, options.writeLog),
    clock,
    random,
    features: FEATURES,
  }
}

async function runQueue({ queue, executor, hub, log, clock }: EngineContext): Promise<never> {
  for (;;) {
    const item = await queue.take()
    const startedAtMs = clock.nowMs()
    queue.finish(item, await executor.execute(item))
    if (hub.clientId !== undefined) hub.sendJson('executing', { node: null, prompt_id: item.promptId }, hub.clientId)
    log.add(`Prompt executed in ${((clock.nowMs() - startedAtMs) / 1000).toFixed(2)} seconds`)
  }
}
