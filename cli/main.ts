import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { openStores } from '../proxy/accounts/openStores.ts'
import { systemClock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import { silentLogger } from '../proxy/core/logger.ts'
import { systemRandom } from '../proxy/core/random.ts'
import { defaultDataFolder } from '../proxy/database/dataFolder.ts'
import { chooseSecrets } from '../proxy/secrets/chooseSecrets.ts'
import { checkDesktopRuntime, thisSystem } from './doctor/desktopRuntime.ts'
import type { CommandContext } from './commandContext.ts'
import { describeUsage, parseGlobalOptions, reportFailure, runCommand } from './gatehouse.ts'
import type { GlobalOptions } from './gatehouse.ts'
import { nodeEnvironment, runServe, servePaths } from './serve.ts'
import { runProtection } from '../service/protection/runProtection.ts'
import type { RunningGate } from '../service/protection/runningGate.ts'
import type { ProtectionReport } from '../proxy/contract/protection.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'

const MAX_STDIN_BYTES = 64 * 1024

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

/** Only what went wrong, to stderr: a command's own words are its output. */
const logger: Logger = {
  ...silentLogger,
  error: (_details, message) => complain(`gatehouse: ${message}`),
}

/** The folder of the built program, or of this file when it runs unbuilt. */
function findProgramDirectory(): { directory: string; isBuilt: boolean } {
  const entry = realpathSync(process.argv[1] ?? '.')
  return { directory: dirname(entry), isBuilt: extname(entry) !== '.ts' }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const input: AsyncIterable<unknown> = process.stdin
  for await (const chunk of input) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += piece.length
    if (bytes > MAX_STDIN_BYTES) break
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function createContext(options: GlobalOptions, dataDirectory: string): CommandContext {
  const { directory, isBuilt } = findProgramDirectory()
  const workerFile = isBuilt
    ? join(directory, 'keychainWorker.cjs')
    : join(directory, '..', 'proxy', 'secrets', 'keychainWorker.ts')
  return {
    dataDirectory,
    json: options.json,
    print,
    complain,
    readStdin,
    nowMs: () => systemClock.nowMs(),
    checkWindow: () =>
      process.platform === 'linux' ? checkDesktopRuntime(thisSystem(process.env)) : Promise.resolve([]),
    runAttacks: (running) => runAttacks(running, { directory, isBuilt }),
    openStores: () =>
      openStores({
        dataDirectory,
        clock: systemClock,
        random: systemRandom,
        logger,
        secrets: chooseSecrets(process.env, workerFile),
      }),
  }
}

interface Program {
  readonly directory: string
  readonly isBuilt: boolean
}

async function runAttacks(running: RunningGate, { directory, isBuilt }: Program): Promise<ProtectionReport> {
  if (!isBuilt) throw new GateError('NOT_FOUND', 'The attacks start built programs: npm run build.')
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort())
  return runProtection({
    clock: systemClock,
    random: systemRandom,
    platform: process.platform,
    paths: servePaths(directory, process.env),
    nodeCommand: { file: process.execPath, args: [], env: nodeEnvironment() },
    running,
    signal: ending.signal,
    onProgress: (done, total) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total}${done === total ? '\n' : ''}`)
    },
  })
}

async function run(argv: readonly string[]): Promise<number> {
  let options: GlobalOptions
  try {
    options = parseGlobalOptions(argv)
  } catch (error) {
    return reportFailure(error, { json: argv.includes('--json'), complain })
  }
  const asksByWord = options.rest[0] === 'help'
  const words = asksByWord ? options.rest.slice(1) : options.rest
  const help = options.help || asksByWord ? describeUsage(words[0]) : undefined
  if (help !== undefined) {
    print(help)
    return 0
  }
  const dataDirectory = resolve(options.dataDirectory ?? defaultDataFolder(process.platform, process.env, homedir()))
  const context = createContext(options, dataDirectory)
  const [command, ...rest] = words
  if (command !== 'serve') return runCommand(words, context)
  try {
    const paths = servePaths(findProgramDirectory().directory, process.env)
    return await runServe(rest, { dataDirectory, paths, print, complain })
  } catch (error) {
    return reportFailure(error, context)
  }
}

/** Waits until what was written has left, then ends: a keychain that hangs must not keep the program. */
async function end(code: number): Promise<void> {
  process.exitCode = code
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((done) => stream.write('', () => done()))
  }
}

void run(process.argv.slice(2)).then(end)
