import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { quoteYaml } from '../../launcher/companionConfig.ts'
import { closeAtEnd, endChild } from './closeAtEnd.ts'
import { EngineClient, waitFor } from './engineClient.ts'
import { findFreePort } from './engineUnderTest.ts'

export interface ComfyuiUser {
  readonly id: string
  readonly client: EngineClient
  readonly folders: Readonly<Record<'input' | 'output' | 'temp' | 'userdata', string>>
}

export interface ComfyuiWithPacks {
  readonly port: number
  readonly secret: string
  /** ComfyUI's own folders. */
  readonly folders: Readonly<Record<'input' | 'output' | 'temp' | 'user', string>>
  /** The gate's errands: the secret, and no user. */
  readonly gate: EngineClient
  /** Works in ComfyUI's own folders. */
  readonly owner: EngineClient
  health(): Promise<{ patches: Record<string, boolean>; workerAlive: boolean; proof: string; bootId: string }>
  /** Makes folders for a user and tells ComfyUI of them. */
  addUser(id: string): Promise<ComfyuiUser>
  put(id: string, body: unknown): Promise<number>
  log(): string
  close(): Promise<void>
}

const OWNER = 'ownerownerownero'
const OWN_FOLDERS = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }

/** The real ComfyUI in `$COMFYUI_DIR` with the companion and, loaded after it, packs (name → folder or source text). */
export async function startComfyuiWithPacks(
  packs: Readonly<Record<string, string>>,
  moreArguments: readonly string[] = [],
  privateFolders: readonly string[] = [],
): Promise<ComfyuiWithPacks> {
  const directory = process.env['COMFYUI_DIR'] ?? ''
  const base = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-packs-')))
  const folders = {
    input: join(base, 'input'),
    output: join(base, 'output'),
    temp: join(base, 't'),
    user: join(base, 'user'),
  }
  for (const folder of Object.values(folders)) await mkdir(folder)
  const port = await findFreePort()
  const secret = randomBytes(32).toString('hex')
  const args = ['main.py', '--cpu', '--listen', '127.0.0.1', '--port', String(port), '--disable-auto-launch']
  args.push('--output-directory', folders.output, '--input-directory', folders.input)
  args.push('--temp-directory', folders.temp, '--user-directory', folders.user)
  args.push('--database-url', `sqlite:///${join(base, 'comfyui.db')}`)
  args.push('--extra-model-paths-config', await writeYaml(base, 'companion', resolve('resources/comfyui-companion')))
  args.push('--extra-model-paths-config', await writeYaml(base, 'packs', await writePacks(base, packs)))
  args.push(...moreArguments)
  const told = { GATEHOUSE_PRIVATE_FOLDERS: JSON.stringify(privateFolders) }
  const watched = { GATEHOUSE_PARENT_PID: String(process.pid) }
  const child = spawn(process.env['COMFYUI_PYTHON'] ?? findPython(directory), args, {
    cwd: directory,
    env: {
      ...process.env,
      GATEHOUSE_SECRET: secret,
      GATEHOUSE_COMPANION: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      ...watched,
      ...told,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const toClient = (user?: string): EngineClient =>
    new EngineClient({
      baseUrl: `http://127.0.0.1:${port}`,
      webSocketUrl: `ws://127.0.0.1:${port}`,
      headers: { 'x-gatehouse-secret': secret, ...(user !== undefined && { 'x-gatehouse-user': user }) },
    })
  const gate = toClient()
  const put = async (id: string, body: unknown): Promise<number> =>
    (await gate.send('PUT', `/gatehouse/companion/users/${id}`, JSON.stringify(body))).status
  const comfyui: ComfyuiWithPacks = {
    port,
    secret,
    folders: { ...folders, temp: join(folders.temp, 'temp') },
    gate,
    owner: toClient(OWNER),
    put,
    log: () => log,
    health: async () => {
      const nonce = randomBytes(16).toString('hex')
      const health = (await gate.get(`/gatehouse/companion/health?nonce=${nonce}`)).json()
      const proof = createHmac('sha256', secret).update(`health\n${nonce}\n${health.bootId}`).digest('hex')
      if (health.proof !== proof) throw new Error('the health answer proves nothing')
      return health
    },
    addUser: async (id) => {
      const below = (name: string): string => join(base, 'users', id, name)
      const own = { input: below('input'), output: below('output'), temp: below('temp'), userdata: below('userdata') }
      for (const name of ['input', 'output', 'userdata'] as const) await mkdir(own[name], { recursive: true })
      const status = await put(id, {
        inputDirectory: own.input,
        outputDirectory: own.output,
        tempDirectory: own.temp,
        userdataDirectory: own.userdata,
      })
      if (status !== 204) throw new Error(`the user was refused: ${status}`)
      return { id, client: toClient(id), folders: own }
    },
    close: closeAtEnd(async () => {
      await endChild(child)
      await rm(base, { recursive: true, force: true })
    }),
  }
  try {
    await waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`ComfyUI ended:\n${log.slice(-3000)}`)
      return comfyui.health().catch(() => undefined)
    })
    await put(OWNER, OWN_FOLDERS)
  } catch (error) {
    await comfyui.close()
    throw error
  }
  return comfyui
}

async function writePacks(base: string, packs: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(base, 'packs')
  await mkdir(directory)
  for (const [name, source] of Object.entries(packs)) {
    if (existsSync(source)) await cp(source, join(directory, name), { recursive: true })
    else {
      await mkdir(join(directory, name))
      await writeFile(join(directory, name, '__init__.py'), source)
    }
  }
  return directory
}

async function writeYaml(base: string, name: string, directory: string): Promise<string> {
  const file = join(base, `${name}.yaml`)
  await writeFile(file, `${name}:\n  custom_nodes: ${quoteYaml(directory)}\n`)
  return file
}

function findPython(directory: string): string {
  const candidates = ['venv/bin/python', '.venv/bin/python', 'venv/Scripts/python.exe', '.venv/Scripts/python.exe']
  const found = candidates.map((candidate) => join(directory, candidate)).find((file) => existsSync(file))
  if (found === undefined) throw new Error(`no Python environment in ${directory}; set COMFYUI_PYTHON`)
  return found
}
