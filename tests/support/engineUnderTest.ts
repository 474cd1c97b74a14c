import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { closeAtEnd, endChild } from './closeAtEnd.ts'
import { EngineClient } from './engineClient.ts'

/** Where requests of the contract suite go: an engine itself, or a gate in front of one. */
export interface EngineTarget {
  readonly baseUrl: string
  readonly webSocketUrl: string
  readonly headers: Readonly<Record<string, string>>
}

export interface EngineUnderTest extends EngineTarget {
  readonly kind: 'practice' | 'comfyui'
  readonly port: number
  /** What the engine checks; undefined for a plain ComfyUI without the companion. */
  readonly secret: string | undefined
  readonly process: ChildProcess
  readonly folders: { readonly output: string; readonly input: string; readonly temp: string; readonly user: string }
  log(): string
  close(): Promise<void>
}

interface EngineStart {
  readonly kind: EngineUnderTest['kind']
  readonly secret: string | undefined
  readonly folders: EngineUnderTest['folders']
  readonly command: { file: string; args: string[]; env: NodeJS.ProcessEnv; cwd: string }
}

/** Who owns the engine under test: works in ComfyUI's own folders. */
export const ENGINE_OWNER = 'engineowner00000'

const READY_MS = 120_000

/** True when the suite is to run on the real ComfyUI in `$COMFYUI_DIR`. */
export const usesRealComfyui = process.env['GATEHOUSE_TEST_ENGINE'] === 'comfyui'

export interface EngineOptions {
  /** ComfyUI's own page for the practice engine. */
  readonly frontendDirectory?: string
  /** A real ComfyUI as it is without Gatehouse: no companion, no secret. */
  readonly plain?: boolean
}

/** Starts the engine the environment asks for, in folders of its own. */
export async function startEngineUnderTest(options: EngineOptions = {}): Promise<EngineUnderTest> {
  const base = await mkdtemp(join(tmpdir(), 'gatehouse-engine-'))
  const port = await findFreePort()
  const secret = randomBytes(32).toString('hex')
  const start = usesRealComfyui
    ? await prepareComfyui(base, port, options.plain ? undefined : secret)
    : await preparePractice(base, port, secret, options.frontendDirectory)
  const child = spawn(start.command.file, start.command.args, {
    cwd: start.command.cwd,
    env: start.command.env,
    // The practice engine ends when its input does.
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-100_000)))
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-100_000)))
  const engine: EngineUnderTest = {
    kind: start.kind,
    baseUrl: `http://127.0.0.1:${port}`,
    webSocketUrl: `ws://127.0.0.1:${port}`,
    headers: start.secret === undefined ? {} : { 'x-gatehouse-secret': start.secret, 'x-gatehouse-user': ENGINE_OWNER },
    port,
    secret: start.secret,
    process: child,
    folders: start.folders,
    log: () => log,
    close: closeAtEnd(async () => {
      await endChild(child)
      await rm(base, { recursive: true, force: true })
    }),
  }
  try {
    await waitUntilReady(engine)
    const own = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
    if (engine.secret !== undefined) await putEngineUser(engine, ENGINE_OWNER, own)
  } catch (error) {
    await engine.close()
    throw error
  }
  return engine
}

/** Tells the engine whose folders lie where. @throws Error when it refuses */
export async function putEngineUser(
  engine: EngineUnderTest,
  id: string,
  folders: Readonly<Record<string, string | null>>,
): Promise<void> {
  const headers = { 'x-gatehouse-secret': engine.secret ?? '' }
  const answer = await new EngineClient({ ...engine, headers }).send(
    'PUT',
    `/gatehouse/companion/users/${id}`,
    JSON.stringify(folders),
  )
  if (answer.status !== 204) throw new Error(`the engine refused a user: ${answer.status} ${answer.text}`)
}

/** Bundles the practice engine from its sources, as the product does. */
export async function bundlePracticeEngine(directory: string): Promise<string> {
  const outfile = join(directory, 'practiceEngine.cjs')
  await build({
    entryPoints: [resolve('launcher/practice/main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node16',
    format: 'cjs',
    external: ['sharp'],
    outfile,
    logLevel: 'error',
  })
  return outfile
}

/** A port that nothing listens on right now. */
export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

async function preparePractice(
  base: string,
  port: number,
  secret: string,
  frontendDirectory: string | undefined,
): Promise<EngineStart> {
  const frontend = frontendDirectory === undefined ? [] : ['--frontend', frontendDirectory]
  const entry = await bundlePracticeEngine(base)
  const below = (name: string): string => join(base, 'data', name)
  return {
    kind: 'practice',
    secret,
    folders: { output: below('output'), input: below('input'), temp: below('temp'), user: below('user') },
    command: {
      // The oldest Node that the product runs on can be tried with this.
      file: process.env['GATEHOUSE_ENGINE_NODE'] ?? process.execPath,
      args: [entry, '--port', String(port), '--base-directory', join(base, 'data'), ...frontend, '--exit-with-parent'],
      // The bundle lies outside of the project; sharp does not.
      env: { ...process.env, GATEHOUSE_SECRET: secret, NODE_PATH: resolve('node_modules') },
      cwd: base,
    },
  }
}

async function prepareComfyui(base: string, port: number, secret: string | undefined): Promise<EngineStart> {
  const directory = process.env['COMFYUI_DIR']
  if (!directory) throw new Error('COMFYUI_DIR must name the folder of a ComfyUI')
  const folder = async (name: string): Promise<string> => {
    await mkdir(join(base, name))
    return join(base, name)
  }
  const [output, input, tempParent, user] = [
    await folder('output'),
    await folder('input'),
    await folder('t'),
    await folder('user'),
  ]
  const companion = resolve('resources/comfyui-companion')
  const hasCompanion = secret !== undefined && existsSync(join(companion, 'gatehouse_companion/__init__.py'))
  const yaml = join(base, 'companion.yaml')
  if (hasCompanion) await writeFile(yaml, `gatehouse:\n  custom_nodes: ${JSON.stringify(companion)}\n`)
  const args = ['main.py', '--cpu', '--listen', '127.0.0.1', '--port', String(port), '--disable-auto-launch']
  args.push('--output-directory', output, '--input-directory', input, '--temp-directory', tempParent)
  args.push('--user-directory', user, '--database-url', `sqlite:///${join(base, 'comfyui.db')}`)
  if (hasCompanion) args.push('--extra-model-paths-config', yaml)
  const watched = { GATEHOUSE_PARENT_PID: String(process.pid) }
  return {
    kind: 'comfyui',
    secret: hasCompanion ? secret : undefined,
    folders: { output, input, temp: join(tempParent, 'temp'), user },
    command: {
      file: process.env['COMFYUI_PYTHON'] ?? findPython(directory),
      args,
      env: { ...process.env, ...(hasCompanion && { GATEHOUSE_SECRET: secret, GATEHOUSE_COMPANION: '1' }), ...watched },
      cwd: directory,
    },
  }
}

function findPython(directory: string): string {
  const candidates = ['venv/bin/python', '.venv/bin/python', 'venv/Scripts/python.exe', '.venv/Scripts/python.exe']
  const found = candidates.map((candidate) => join(directory, candidate)).find((file) => existsSync(file))
  if (found === undefined) throw new Error(`no Python environment in ${directory}; set COMFYUI_PYTHON`)
  return found
}

async function waitUntilReady(engine: EngineUnderTest): Promise<void> {
  const deadline = performance.now() + READY_MS
  const client = new EngineClient(engine)
  while (performance.now() < deadline) {
    if (engine.process.exitCode !== null) break
    const isReady = await (engine.secret === undefined ? isAnswering(client) : isProven(client, engine.secret))
    if (isReady) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`the engine did not get ready:\n${engine.log().slice(-3000)}`)
}

async function isAnswering(client: EngineClient): Promise<boolean> {
  try {
    return (await client.get('/system_stats')).status === 200
  } catch {
    return false
  }
}

async function isProven(client: EngineClient, secret: string): Promise<boolean> {
  const nonce = randomBytes(16).toString('hex')
  try {
    const { body } = await client.get(`/gatehouse/companion/health?nonce=${nonce}`)
    const { bootId, proof } = JSON.parse(body.toString()) as { bootId: string; proof: string }
    return proof === createHmac('sha256', secret).update(`health\n${nonce}\n${bootId}`).digest('hex')
  } catch {
    return false
  }
}
