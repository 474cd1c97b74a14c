import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { closeAtEnd } from '../closeAtEnd.ts'
import { Supervisor } from '../../../launcher/supervisor.ts'
import type { SupervisorDeps } from '../../../launcher/supervisor.ts'
import type { LaunchPlan } from '../../../launcher/launchCommand.ts'
import type { SupervisorState } from '../../../launcher/supervisorState.ts'

export const fakeEnginePath = fileURLToPath(new URL('fakeEngine.mjs', import.meta.url))

export interface FakeEngineConfig {
  stderr?: readonly string[]
  /** So many starts end at once. */
  failStarts?: number
  exitCode?: number
  ignoreSignals?: boolean
  listen?: boolean
  /** Something else has the port, and answers this to everything. */
  impostor?: string
}

export interface Stage {
  directory: string
  pidFilePath: string
  supervisor: Supervisor
  states: SupervisorState[]
  setFake(config: FakeEngineConfig, port?: number): void
  /** The pids of all starts so far. */
  starts(): { pid: number; port: number }[]
  close(): Promise<void>
}

/** Short waits everywhere; what a test needs otherwise it says. */
export const quick: Pick<SupervisorDeps, 'timings' | 'restartRules' | 'watchRules' | 'treeRules'> = {
  timings: { probeIntervalMs: 25, pollIntervalMs: 50, unsureIntervalMs: 25, answerTimeoutMs: 300, portFreeMs: 2_000 },
  restartRules: { backoffMs: [50, 100], budget: 3, windowMs: 60_000, healthyAfterMs: 60_000 },
  watchRules: { hangAfterMs: 1_000, refusedAfterMs: 200, unprovedAnswers: 2, deadWorkerAnswers: 2 },
  treeRules: { graceMs: 1_000, stragglerGraceMs: 200, killDeadlineMs: 5_000, pollMs: 25 },
}

export function openStage(overrides: Partial<SupervisorDeps> = {}): Stage {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-launcher-'))
  const pidFilePath = path.join(directory, 'engine.pid.json')
  const base = { clock: systemClock, random: systemRandom, logger: silentLogger, platform: process.platform }
  const supervisor = new Supervisor({ ...base, pidFilePath, ...quick, ...overrides })
  const states: SupervisorState[] = []
  supervisor.onStateChange((state) => states.push(state))
  return {
    directory,
    pidFilePath,
    supervisor,
    states,
    setFake: (config, port) => supervisor.setLaunch(fakePlan(directory, config, port)),
    starts: () => readStarts(directory),
    close: closeAtEnd(async () => {
      await supervisor.stop()
      fs.rmSync(directory, { recursive: true, force: true })
    }),
  }
}

export function fakePlan(directory: string, config: FakeEngineConfig = {}, port?: number): LaunchPlan {
  const env = { FAKE_ENGINE: JSON.stringify(config) }
  return {
    kind: 'practice',
    nodeCommand: { file: process.execPath, args: [], env },
    entry: fakeEnginePath,
    baseDirectory: directory,
    ...(port === undefined ? {} : { port }),
  }
}

function readStarts(directory: string): { pid: number; port: number }[] {
  const file = path.join(directory, 'starts.log')
  if (!fs.existsSync(file)) return []
  return fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .map(([pid = 0, port = 0]) => ({ pid, port }))
}

/** Waits until the condition holds. @throws Error after the deadline, with what was waited for */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export async function untilState<K extends SupervisorState['kind']>(
  supervisor: Supervisor,
  kind: K,
  timeoutMs = 15_000,
): Promise<Extract<SupervisorState, { kind: K }>> {
  await until(`state ${kind} (is ${JSON.stringify(supervisor.state)})`, () => supervisor.state.kind === kind, timeoutMs)
  return supervisor.state as Extract<SupervisorState, { kind: K }>
}

/** Alive and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (process.platform !== 'linux') return true
  try {
    return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export interface Answer {
  status: number
  text: string
}

/** One request to a port of this computer; `secret` as the gate sends it. */
export function request(
  port: number,
  pathname: string,
  options: { secret?: string; method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { secret, method = 'GET', body, headers = {} } = options
  const secretHeader = secret === undefined ? {} : { 'x-gatehouse-secret': secret }
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      { host: '127.0.0.1', port, path: pathname, method, agent: false, headers: { ...headers, ...secretHeader } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
        response.on('error', reject)
      },
    )
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error('no answer')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Makes the running fake engine do something; returns what the deed returned. */
export async function deed(supervisor: Supervisor, name: string, value = 0): Promise<unknown> {
  const connection = supervisor.connection()
  if (connection === undefined) throw new Error('the engine is not ready')
  const { port, secret } = connection
  const answer = await request(port, `/fake/${name}?value=${value}`, { secret, method: 'POST' })
  return (JSON.parse(answer.text) as { result: unknown }).result
}

export const newNonce = (): string => randomBytes(16).toString('hex')
