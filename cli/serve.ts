import { join } from 'node:path'
import { inspectInstallation } from '../launcher/installation/inspectInstallation.ts'
import { systemInstallationDeps } from '../launcher/installation/installationDeps.ts'
import type { EngineState } from '../proxy/contract/comfyui.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import { systemClock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import { systemRandom } from '../proxy/core/random.ts'
import { openDataFolder } from '../proxy/database/dataFolder.ts'
import { openService } from '../service/gatehouseService.ts'
import { followLogSettings, openLogFile } from '../service/logFile.ts'
import type { GatehouseService, HeadlessRun, ServicePaths } from '../service/serviceTypes.ts'
import { parseServeArguments, reachesOthers } from './serveArguments.ts'

/** Failures before the program gives up and says why. */
const TRIES = 3

export interface ServeOptions {
  readonly dataDirectory: string
  /** The program's own folder (dist), and what it brings along. */
  readonly paths: ServicePaths
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
}

/** Where the built CLI finds what it needs: a checkout, or the installed app's resources. */
export function servePaths(
  distDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): ServicePaths {
  const resources = environment['GATEHOUSE_RESOURCES'] ?? join(distDirectory, '..', 'resources')
  return {
    pagesDirectory: join(distDirectory, 'pages'),
    practiceEngine: join(distDirectory, 'practiceEngine.cjs'),
    companionDirectory: join(resources, 'comfyui-companion'),
    keychainWorker: join(distDirectory, 'keychainWorker.cjs'),
    pictureWorker: join(distDirectory, 'pictureWorker.cjs'),
    hashWorker: join(distDirectory, 'hashWorker.cjs'),
    protectionCheck: join(distDirectory, 'protectionCheck.cjs'),
  }
}

/**
 * `gatehouse serve`: the same core without a window, until SIGINT, SIGTERM or SIGHUP. One line of JSON on stdout when accounts, gate
 * and engine are up, nothing after it; the log goes to stderr and the data folder.
 * @returns the exit code: 0 ended as asked, 1 refused or the engine failed three times, 2 wrong usage
 */
export async function runServe(argv: readonly string[], options: ServeOptions): Promise<number> {
  const parsed = parseServeArguments(argv)
  if (!parsed.ok) {
    options.complain(parsed.message)
    return 2
  }
  const problems = await findProblems(parsed.run)
  if (problems.length > 0) {
    for (const problem of problems) options.complain(`gatehouse: ${problem}`)
    return 1
  }
  openDataFolder(options.dataDirectory)
  const log = openLogFile(options.dataDirectory, { alsoTo: { write: (line) => process.stderr.write(line) } })
  const faults = watchForFaults(log.logger)
  try {
    const service = await openService({
      dataDirectory: options.dataDirectory,
      mode: 'headless',
      platform: process.platform,
      nodeCommand: { file: process.execPath, args: [], env: nodeEnvironment() },
      paths: options.paths,
      clock: systemClock,
      random: systemRandom,
      logger: log.logger,
      ownerName: '',
      headless: parsed.run,
    })
    followLogSettings(log, service.settings)
    try {
      return await serve(service, parsed.run, { ...options, faults })
    } finally {
      await service.stop()
    }
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    options.complain(error.message)
    return 1
  } finally {
    faults.close()
    log.close()
  }
}

/** Why the ComfyUI that was named cannot run, as its files tell: asked before anything opens. */
async function findProblems({ engine }: HeadlessRun): Promise<readonly string[]> {
  if (engine?.kind !== 'comfyui') return []
  const choice = { depth: 'files' as const, ...(engine.python === undefined ? {} : { python: engine.python }) }
  const inspection = await inspectInstallation(engine.directory, systemInstallationDeps(), choice)
  return inspection.ok ? [] : inspection.problems
}

/** In the installed app, node is Electron run as node; its children must be, too. */
export function nodeEnvironment(): Record<string, string> {
  return process.env['ELECTRON_RUN_AS_NODE'] === '1' ? { ELECTRON_RUN_AS_NODE: '1' } : {}
}

interface Faults {
  readonly failure: Promise<Failed>
  close(): void
}

/** As the window's program: ComfyUI is not left behind without its gate, and a promise that nobody waited for ends nothing. */
function watchForFaults(logger: Logger): Faults {
  const onRejection = (reason: unknown): void => logger.error({ err: reason }, 'unhandled rejection')
  let tell: (failed: Failed) => void = () => undefined
  const failure = new Promise<Failed>((resolve) => (tell = resolve))
  const onException = (error: Error): void => {
    logger.error({ err: error }, 'uncaught exception: stopping')
    tell({ kind: 'failed', message: 'Something unexpected happened, so Gatehouse stops. The log says more.' })
  }
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtException', onException)
  return {
    failure,
    close: () => {
      process.off('unhandledRejection', onRejection)
      process.off('uncaughtException', onException)
    },
  }
}

interface WatchedOptions extends ServeOptions {
  readonly faults: Pick<Faults, 'failure'>
}

async function serve(service: GatehouseService, run: HeadlessRun, options: WatchedOptions): Promise<number> {
  if (reachesOthers(run.shareOn) && (await service.people()).length === 0) {
    throw new GateError(
      'PERMISSION_DENIED',
      'Nobody could sign in yet. Make an account first: gatehouse user add NAME --role administrator --password-stdin',
    )
  }
  if (run.engine === undefined && service.settings.get('comfyui.engine') === 'none') {
    throw new GateError('ENGINE_REFUSED', 'Say which engine to run: --comfyui DIR or --practice.')
  }
  const stopAsked = untilAsked()
  const engineEnd = untilEngineFails(service)
  await service.start()
  const failure = Promise.race([engineEnd.failure, options.faults.failure])
  const first = await Promise.race([untilReady(service), failure, stopAsked])
  if (first.kind === 'ready') {
    options.print(readyLine(service, first.pid))
    const { problem } = service.sharing.describe()
    if (problem !== null) options.complain(`gatehouse: ${problem}`)
    const last = await Promise.race([failure, stopAsked])
    return last.kind === 'failed' ? explain(last.message, options) : 0
  }
  return first.kind === 'failed' ? explain(first.message, options) : 0
}

function explain(message: string, options: ServeOptions): number {
  options.complain(message)
  return 1
}

function readyLine(service: GatehouseService, comfyuiPid: number): string {
  const { localUrl, addresses } = service.sharing.describe()
  const urls = [localUrl, ...addresses.map((address) => address.url)]
  return JSON.stringify({ event: 'ready', url: localUrl, urls, pid: process.pid, comfyuiPid })
}

type Ready = { readonly kind: 'ready'; readonly pid: number }
type Failed = { readonly kind: 'failed'; readonly message: string }
type Stopped = { readonly kind: 'stopped' }

function untilReady(service: GatehouseService): Promise<Ready> {
  return new Promise((resolve) => {
    const look = (state: EngineState): void => {
      if (state.kind === 'ready') resolve({ kind: 'ready', pid: state.pid })
    }
    service.engine.onStateChange(look)
    look(service.engine.state())
  })
}

/** The engine gave up, or failed three times in a row before it was ever ready. */
function untilEngineFails(service: GatehouseService): { failure: Promise<Failed> } {
  let tries = 0
  const failure = new Promise<Failed>((resolve) => {
    service.engine.onStateChange((state) => {
      if (state.kind === 'ready') tries = 0
      if (state.kind === 'backingOff') tries += 1
      if (state.kind === 'failed' || (state.kind === 'backingOff' && tries >= TRIES)) {
        resolve({ kind: 'failed', message: state.failure.message })
      }
    })
  })
  return { failure }
}

/** The listeners stay: without one, a second signal would end the program in the middle of its orderly stop. */
function untilAsked(): Promise<Stopped> {
  return new Promise((resolve) => {
    const stop = (): void => resolve({ kind: 'stopped' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
}
