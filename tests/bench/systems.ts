import { join } from 'node:path'
import type { Options } from './options.ts'
import type { ChildProcesses } from './system/childProcesses.ts'
import { comfyuiArguments, findComfyui, startPlainComfyui, startPlainPractice } from './system/engines.ts'
import type { DirectEngine } from './system/engines.ts'
import { buildProgram, readRawEnginePort, startGate } from './system/gatehouse.ts'
import type { RunningGate } from './system/gatehouse.ts'
import { fillDataFolder } from './system/manyRows.ts'
import { findNginxVersion, startNginx } from './system/nginx.ts'
import type { RunningNginx } from './system/nginx.ts'
import { findWrkVersion } from './load/wrk.ts'

/** Of people, keys, rules and jobs each. */
const ROWS = { few: 10, many: 10_000 } as const

/** Everything that runs during a benchmark, all on 127.0.0.1. */
export interface Systems {
  /** The gate in front of the raw engine. */
  readonly raw: RunningGate
  readonly rawEnginePort: number
  /** A real engine, once plain and once behind a gate of its own. */
  readonly engine: { readonly direct: DirectEngine; readonly gate: RunningGate } | undefined
  /** Gates in front of raw engines of their own, with few people, keys, rules and jobs and with many. */
  readonly sizes: Readonly<Record<'few' | 'many', RunningGate>> | undefined
  readonly engineName: 'ComfyUI' | 'practice engine'
  /** In front of the raw engine and, second, the plain real one. */
  readonly nginx: RunningNginx | undefined
  readonly nginxVersion: string | undefined
  readonly wrk: string | undefined
}

export interface SystemsOptions {
  readonly root: string
  /** Of this run; removed at its end. */
  readonly directory: string
  readonly node: string
  readonly log: (line: string) => void
}

export async function startSystems(
  children: ChildProcesses,
  options: Options,
  { root, directory, node, log }: SystemsOptions,
): Promise<Systems> {
  const nodeArguments =
    options.profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileDirectory}`]
  log('starting the gate in front of the raw engine')
  const dist = await buildProgram(root, join(directory, 'raw'), 'raw')
  const raw = await startGate(children, {
    name: 'gatehouse serve (raw engine)',
    node,
    dist,
    dataDirectory: join(directory, 'raw-data'),
    people: { people: options.socketClients, freshKeys: options.repeats + 1, signIns: 6 },
    engineArguments: ['--practice'],
    nodeArguments,
  })
  const rawEnginePort = readRawEnginePort(dist)
  const comfyui = findComfyui(process.env)
  const engine = options.groups.includes('engine')
    ? await startEngine(children, comfyui, { root, directory, node, log })
    : undefined
  const sizes = options.groups.includes('sizes')
    ? {
        few: await startSized(children, 'few', { root, directory, node, log }),
        many: await startSized(children, 'many', { root, directory, node, log }),
      }
    : undefined
  const nginxVersion = findNginxVersion()
  const upstreams = engine === undefined ? [rawEnginePort] : [rawEnginePort, engine.direct.port]
  const nginx = nginxVersion === undefined ? undefined : await startNginx(children, join(directory, 'nginx'), upstreams)
  return {
    raw,
    rawEnginePort,
    engine,
    sizes,
    engineName: comfyui === undefined ? 'practice engine' : 'ComfyUI',
    nginx,
    nginxVersion,
    wrk: findWrkVersion(),
  }
}

async function startEngine(
  children: ChildProcesses,
  comfyui: ReturnType<typeof findComfyui>,
  { root, directory, node, log }: SystemsOptions,
): Promise<NonNullable<Systems['engine']>> {
  log(comfyui === undefined ? 'starting the practice engine' : 'starting ComfyUI, plain and behind a gate')
  const dist = await buildProgram(root, join(directory, 'engine'), 'practice')
  const direct =
    comfyui === undefined
      ? await startPlainPractice(children, node, join(dist, 'practiceEngine.cjs'), join(directory, 'plain'))
      : await startPlainComfyui(children, comfyui, join(directory, 'plain'))
  const engineArguments =
    comfyui === undefined
      ? ['--practice']
      : [
          '--comfyui',
          comfyui.directory,
          '--python',
          comfyui.python,
          '--',
          ...comfyuiArguments(join(directory, 'gated')),
        ]
  const gate = await startGate(children, {
    name: 'gatehouse serve (engine)',
    node,
    dist,
    dataDirectory: join(directory, 'engine-data'),
    people: { people: 1, freshKeys: 0, signIns: 0 },
    engineArguments,
    nodeArguments: [],
  })
  return { direct, gate }
}

async function startSized(
  children: ChildProcesses,
  size: keyof typeof ROWS,
  { root, directory, node, log }: SystemsOptions,
): Promise<RunningGate> {
  log(`starting a gate with ${ROWS[size].toLocaleString('en-US')} people, keys, rules and jobs`)
  const dist = await buildProgram(root, join(directory, size), 'raw')
  const dataDirectory = join(directory, `${size}-data`)
  return startGate(children, {
    name: `gatehouse serve (${size})`,
    node,
    dist,
    dataDirectory,
    people: { people: 1, freshKeys: 0, signIns: 0 },
    prepare: () => fillDataFolder(dataDirectory, ROWS[size]),
    engineArguments: ['--practice'],
    nodeArguments: [],
  })
}
