/*
 * What the log of what happened costs while 1,000 events a second are written to it: requests a second through the gate
 * with and without them, by turns, and the processor's time of the events alone.
 *   node tests/bench/auditWrites.ts [--rounds 8] [--seconds 3] [--events 1000]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openStores } from '../../proxy/accounts/openStores.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { createGate } from '../../proxy/gate.ts'
import { createGateAudit } from '../../service/gateAudit.ts'
import { FakeNodes } from '../support/fakeNodes.ts'
import { FakeEngine, FakeFolders } from '../support/gateFixture.ts'
import { openJobQueueFixture } from '../support/jobQueueFixture.ts'
import { runWrk } from './load/wrk.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '3' },
    events: { type: 'string', default: '1000' },
    upstream: { type: 'boolean' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const perSecond = Number(values.events)
const TICK_MS = 10
const system = { actor: { kind: 'system' } } as const

/** Answers from a process of its own, so that only the gate's share is slowed. */
function serveUpstream(): void {
  const body = JSON.stringify(['one', 'two', 'three'])
  const server = createServer((request, response) => {
    // The gate names the person's folders before their first request.
    if (request.method === 'PUT') response.writeHead(204).end()
    else response.setHeader('content-type', 'application/json').end(body)
  })
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
  process.on('disconnect', () => process.exit())
}

async function startUpstream(): Promise<{ port: number; stop: () => void }> {
  const child = spawn(process.execPath, [import.meta.filename, '--upstream'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const port = await new Promise<number>((resolve) =>
    child.once('message', (address: { port: number }) => resolve(address.port)),
  )
  return { port, stop: () => child.kill() }
}

/** Events as they are usual, of rights, so that the guard against floods keeps them all. */
function startEvents({ audit }: Stores): { stop: () => number } {
  const startedMs = performance.now()
  let recorded = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * perSecond)
    for (; recorded < due; recorded += 1) {
      audit.record({
        event: 'job.cancelled',
        actor: { kind: 'account', id: 'abcdefghijklmnop', name: 'Mia' },
        address: '192.168.1.40',
        details: { job: '7f9c24e8-3b1a-4a55-9d0e-0123456789ab', of: 'qrstuvwxyz012345' },
      })
    }
  }, TICK_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return recorded
    },
  }
}

async function measureAlone(stores: Stores): Promise<number> {
  const cpuOf = async (events: boolean): Promise<number> => {
    const running = events ? startEvents(stores) : undefined
    const before = process.cpuUsage()
    await wait(seconds * 1000)
    const used = process.cpuUsage(before)
    const recorded = running?.stop() ?? 0
    await stores.audit.flush()
    return events ? (used.user + used.system) / recorded : used.user + used.system
  }
  await cpuOf(true)
  const idle = await cpuOf(false)
  return (await cpuOf(true)) - idle / (perSecond * seconds)
}

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-log-bench-'))
  const upstream = await startUpstream()
  const shared = { clock: systemClock, random: systemRandom, logger: silentLogger }
  const stores = await openStores({ dataDirectory: join(directory, 'data'), ...shared, secrets: { kind: 'file' } })
  for (const name of ['limits.requestsPerMinute', 'limits.requestsPerMinutePerAddress'] as const) {
    await stores.settings.set(name, 1e9)
  }
  const account = await stores.accounts.create({ name: 'Mia', role: 'creator' }, system)
  const { text } = await stores.keys.create(
    { accountId: account.id, name: 'benchmark', scopes: ['run', 'read'], expiresAtMs: null },
    system,
  )
  const engine = new FakeEngine()
  engine.set({ port: upstream.port, secret: '0'.repeat(64), bootId: '1'.repeat(32) })
  const queue = await openJobQueueFixture({
    ...{ clock: systemClock, logger: silentLogger, settings: stores.settings },
    rights: { find: () => Promise.resolve(undefined), onChange: () => () => undefined },
  })
  const gate = createGate({
    ...{ ...shared, engine, authenticator: stores.authenticator, settings: stores.settings, jobs: queue.jobs },
    ...{ folders: new FakeFolders(), nodes: new FakeNodes(), audit: createGateAudit(stores.audit) },
    ownApplication: (_request, response) => response.writeHead(404).end(),
  })
  const { port } = await gate.openPublicListener({ port: 0 })
  const load = {
    target: { port, headers: { authorization: `Bearer ${text}` } },
    path: '/embeddings',
    connections: 16,
    seconds,
  }
  const tried = await fetch(`http://127.0.0.1:${port}${load.path}`, { headers: load.target.headers })
  if (tried.status !== 200) throw new Error(`${tried.status}: ${await tried.text()}`)
  await runWrk(load)
  const without: number[] = []
  const withEvents: number[] = []
  /** Microseconds of the gate's own processor time for each request: other programs do not lengthen it much. */
  const costs: { readonly without: number[]; readonly with: number[] } = { without: [], with: [] }
  let recorded = 0
  for (let round = 0; round < rounds; round += 1) {
    // By turns, and each first as often as the other: what else this computer does falls on both.
    for (const events of round % 2 === 0 ? [false, true] : [true, false]) {
      const running = events ? startEvents(stores) : undefined
      const before = process.cpuUsage()
      const result = await runWrk(load)
      const used = process.cpuUsage(before)
      ;(events ? costs.with : costs.without).push((used.user + used.system) / result.requests)
      if (result.failed > 0) throw new Error(`${result.failed} requests failed`)
      recorded += running?.stop() ?? 0
      ;(events ? withEvents : without).push(result.requests / result.seconds)
    }
  }
  const microseconds = await measureAlone(stores)
  await stores.audit.flush()
  const startedMs = performance.now()
  const verdict = await stores.audit.verify()
  const slower = 1 - median(withEvents) / median(without)
  const pairs = without.map((plain, at) => 1 - (withEvents[at] ?? 0) / plain)
  console.log(
    JSON.stringify(
      {
        cpu: cpus()[0]?.model,
        node: process.version,
        rounds,
        seconds,
        perSecond,
        requestsPerSecond: { without: Math.round(median(without)), with: Math.round(median(withEvents)) },
        slowerPercent: Number((slower * 100).toFixed(1)),
        medianOfPairsPercent: Number((median(pairs) * 100).toFixed(1)),
        cpuMicrosecondsPerRequest: {
          without: Number(median(costs.without).toFixed(1)),
          with: Number(median(costs.with).toFixed(1)),
          morePercent: Number(((median(costs.with) / median(costs.without) - 1) * 100).toFixed(1)),
        },
        microsecondsPerEvent: Number(microseconds.toFixed(1)),
        recorded,
        verified: { rows: verdict.rows, kind: verdict.kind, ms: Math.round(performance.now() - startedMs) },
      },
      undefined,
      2,
    ),
  )
  await gate.close()
  await queue.close()
  await stores.close()
  upstream.stop()
  rmSync(directory, { recursive: true, force: true })
}

if (values.upstream === true) serveUpstream()
else await run()
