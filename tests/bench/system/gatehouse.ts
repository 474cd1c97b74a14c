import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { z } from 'zod'
import { openStores } from '../../../proxy/accounts/openStores.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import type { ChildProcesses, StartedProcess } from './childProcesses.ts'
import { findFreePort } from './freePort.ts'

const READY_MS = 120_000
const readyLine = z.object({ event: z.literal('ready'), pid: z.number(), comfyuiPid: z.number() })

const requestLimits = [
  'limits.requestsPerMinute',
  'limits.requestsPerMinutePerAddress',
  'limits.strangerRequestsPerMinute',
] as const

export interface Credentials {
  /** One key of a creator for each person. */
  readonly keys: readonly string[]
  /** Keys that were never used: the first use of a key costs more than the later ones. */
  readonly freshKeys: readonly string[]
  readonly signIns: readonly { readonly username: string; readonly password: string }[]
}

export interface RunningGate {
  readonly process: StartedProcess
  readonly port: number
  readonly pid: number
  readonly enginePid: number
  readonly credentials: Credentials
}

export interface People {
  readonly people: number
  readonly freshKeys: number
  readonly signIns: number
}

/** Makes accounts and keys through the product's own stores, with the secrets in a file: no keychain is touched. */
async function createPeople(dataDirectory: string, wanted: People): Promise<Credentials> {
  const by = { actor: { kind: 'system' } } as const
  const stores = await openStores({
    dataDirectory,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    secrets: { kind: 'file' },
  })
  try {
    const createKey = async (accountId: string): Promise<string> => {
      const key = { accountId, name: 'benchmark', scopes: ['run', 'read'], expiresAtMs: null } as const
      return (await stores.keys.create(key, by)).text
    }
    // The load comes from one address and is to be served, not refused.
    for (const name of requestLimits) await stores.settings.set(name, 1e9)
    const keys: string[] = []
    const freshKeys: string[] = []
    for (let at = 0; at < wanted.people; at += 1) {
      const account = await stores.accounts.create({ name: `person${at}`, role: 'creator' }, by)
      keys.push(await createKey(account.id))
    }
    const signIns: { username: string; password: string }[] = []
    for (let at = 0; at < wanted.signIns; at += 1) {
      const password = systemRandom.bytes(16).toString('hex')
      const passwordHash = await stores.passwords.hashNew(`visitor${at}`, password)
      const { name: username, id } = await stores.accounts.create(
        { name: `visitor${at}`, role: 'creator', passwordHash },
        by,
      )
      signIns.push({ username, password })
      if (at > 0) continue
      for (let count = 0; count < wanted.freshKeys; count += 1) freshKeys.push(await createKey(id))
    }
    return { keys, freshKeys, signIns }
  } finally {
    await stores.close()
  }
}

/** A folder with the built program in which our engine stands in the practice engine's place. */
export async function buildProgram(root: string, directory: string, engine: 'raw' | 'practice'): Promise<string> {
  const dist = join(directory, 'dist')
  mkdirSync(dist, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction')
  symlinkSync(join(root, 'resources'), join(directory, 'resources'), 'junction')
  copyFileSync(join(root, 'package.json'), join(directory, 'package.json'))
  for (const file of ['cli.cjs', 'keychainWorker.cjs', 'pictureWorker.cjs', 'hashWorker.cjs'])
    copyFileSync(join(root, 'dist', file), join(dist, file))
  symlinkSync(join(root, 'dist', 'pages'), join(dist, 'pages'), 'junction')
  const outfile = join(dist, 'practiceEngine.cjs')
  if (engine === 'practice') copyFileSync(join(root, 'dist', 'practiceEngine.cjs'), outfile)
  else await bundle(join(root, 'tests', 'bench', 'system', 'rawEngine.ts'), outfile)
  return dist
}

async function bundle(entry: string, outfile: string): Promise<void> {
  const options = { bundle: true, format: 'cjs', platform: 'node', target: 'node20', logLevel: 'warning' } as const
  await build({ ...options, entryPoints: [entry], outfile })
}

export interface ServeFolderOptions {
  readonly name: string
  readonly node: string
  /** Of `buildProgram`, or the checkout's own. */
  readonly dist: string
  readonly dataDirectory: string
  /** What follows `gatehouse serve`, without folder and port. */
  readonly engineArguments: readonly string[]
  readonly nodeArguments: readonly string[]
}

export interface ServeOptions extends ServeFolderOptions {
  readonly people: People
  /** Done to the data folder before the gate opens it. */
  readonly prepare?: () => Promise<void>
}

/** `gatehouse serve` as it is shipped: its own process, a real database, key check, authorization and audit on. */
export async function startGate(children: ChildProcesses, options: ServeOptions): Promise<RunningGate> {
  mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 })
  const credentials = await createPeople(options.dataDirectory, options.people)
  await options.prepare?.()
  return { ...(await serveFolder(children, options)), credentials }
}

/** The same over a data folder that is there already. */
export async function serveFolder(
  children: ChildProcesses,
  options: ServeFolderOptions,
): Promise<Omit<RunningGate, 'credentials'>> {
  const port = await findFreePort()
  const process = children.start({
    name: options.name,
    file: options.node,
    args: [
      ...options.nodeArguments,
      join(options.dist, 'cli.cjs'),
      'serve',
      '--data-dir',
      options.dataDirectory,
      '--port',
      String(port),
      ...options.engineArguments,
    ],
    endMs: 30_000,
  })
  const ready = await process.waitForLine((line) => {
    const parsed = line.startsWith('{') ? readyLine.safeParse(JSON.parse(line)) : undefined
    return parsed?.data
  }, READY_MS)
  return { process, port, pid: ready.pid, enginePid: ready.comfyuiPid }
}

/** Where the engine of `buildProgram(…, 'raw')` listens: nobody tells it outside, so it writes it down. */
export function readRawEnginePort(dist: string): number {
  const text = readFileSync(join(dist, 'rawEngine.json'), 'utf8')
  return z.object({ port: z.number() }).parse(JSON.parse(text)).port
}
