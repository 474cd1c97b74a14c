/** npm run bench: the gate against direct access and nginx, in one interleaved run. See docs/performance.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { LoadGenerator } from './load/generator.ts'
import { parseOptions, usage } from './options.ts'
import type { Options } from './options.ts'
import { writeDocument } from './report/document.ts'
import { formatReport } from './report/markdown.ts'
import { toRows } from './report/rows.ts'
import { Recorder } from './results.ts'
import type { BenchmarkResults } from './results.ts'
import { createScenarios } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { createRandomNumber, shuffled } from './statistics.ts'
import { ChildProcesses } from './system/childProcesses.ts'
import { findMemory } from './system/processStats.ts'
import type { Systems } from './systems.ts'
import { startSystems } from './systems.ts'

const root = resolve(import.meta.dirname, '..', '..')
const log = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(options: Options): Promise<void> {
  const loadAverageAtStart = loadavg()[0] ?? 0
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const children = new ChildProcesses()
  const generator = new LoadGenerator()
  const end = async (): Promise<void> => {
    generator.close()
    await children.endAll()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  const endAtOnce = (reason: string): void => {
    log(reason)
    void end().finally(() => process.exit(1))
  }
  process.once('SIGINT', () => endAtOnce('interrupted'))
  process.once('SIGTERM', () => endAtOnce('ended'))
  const deadline = setTimeout(() => endAtOnce('the benchmark did not end in time'), options.deadlineMs)
  try {
    const systems = await startSystems(children, options, { root, directory, node: process.execPath, log })
    const results = await measure(systems, generator, options, loadAverageAtStart)
    report(results, options)
  } finally {
    clearTimeout(deadline)
    await end()
  }
}

async function measure(
  systems: Systems,
  generator: LoadGenerator,
  options: Options,
  loadAverageAtStart: number,
): Promise<BenchmarkResults> {
  await wait(options.settleMs)
  const idle = findMemory(systems.raw.pid)
  const recorder = new Recorder()
  const scenarios = createScenarios(systems, generator, options)
  const random = createRandomNumber(options.seed)
  log('warming up')
  // With the one key more than there are repeats: a key is used for the first time only once.
  await runOnce(scenarios, options.repeats, new Recorder(), (list) => [...list])
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    log(`repeat ${repeat + 1} of ${options.repeats}`)
    await runOnce(scenarios, repeat, recorder, (list) => shuffled(list, random))
  }
  await wait(options.settleAfterMs)
  const after = findMemory(systems.raw.pid)
  for (const failure of recorder.failures) log(`failed: ${failure}`)
  return {
    measuredAt: new Date().toISOString().slice(0, 10),
    quick: options.quick,
    repeats: options.repeats,
    secondsPerMeasurement: options.seconds,
    seed: options.seed,
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 1e9),
      system: `${process.platform} ${release()}`,
      node: process.version,
      loadAverageAtStart,
    },
    tools: { wrk: systems.wrk ?? null, nginx: systems.nginxVersion ?? null, engine: systems.engineName },
    socketClients: options.socketClients,
    bodyBytes: options.bodyBytes,
    memory:
      idle === undefined || after === undefined
        ? null
        : { idleMb: idle.residentMb, afterLoadMb: after.residentMb, peakMb: after.peakMb },
    failures: recorder.failures,
    scenarios: recorder.scenarios,
  }
}

async function runOnce(
  scenarios: readonly Scenario[],
  repeat: number,
  recorder: Recorder,
  order: <Item>(list: readonly Item[]) => Item[],
): Promise<void> {
  for (const scenario of order(scenarios)) {
    for (const variant of order(scenario.variants)) {
      const at = { scenario: scenario.id, variant, repeat }
      try {
        recorder.add(at, await scenario.measure(variant, repeat))
      } catch (error) {
        recorder.addFailure(at, error)
      }
    }
  }
}

function report(results: BenchmarkResults, options: Options): void {
  process.stdout.write(`${formatReport(results)}\n`)
  if (!options.write) return
  const docs = join(root, 'docs')
  writeFileSync(join(docs, 'performance.json'), `${JSON.stringify({ rows: toRows(results), ...results }, null, 1)}\n`)
  writeDocument(join(docs, 'performance.md'), formatReport(results))
  log('written: docs/performance.md, docs/performance.json')
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) process.stdout.write(`${usage}\n`)
  else await main(options)
} catch (error) {
  log(error instanceof Error ? error.message : String(error))
  if (error instanceof TypeError) log(usage)
  process.exitCode = 1
}
