import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask } from '../../support/httpClient.ts'
import { KillableEngine } from '../../support/killableEngine.ts'
import { until } from '../../support/tabClient.ts'

/** Many more on demand: `GATEHOUSE_KILLS=100 npx vitest run --project integration tests/integration/jobs/engineKilled.test.ts` */
const KILLS = Number(process.env['GATEHOUSE_KILLS'] ?? '8')
const PEOPLE: readonly string[] = [tokens.creator, tokens.creator2]
/** Waiting jobs that each kill meets. */
const LOAD = 6

let engine: KillableEngine
let fixture: GateFixture

beforeEach(async () => {
  engine = new KillableEngine()
  fixture = await openGateFixture({ ready: false, jobTimings: { compareMs: 500 } })
  fixture.settings.set('jobs.limits', { ...fixture.settings.get('jobs.limits'), creator: unlimited })
})
afterEach(async () => {
  await fixture.close()
  await engine.close()
})

const unlimited = {
  queued: null,
  runSeconds: null,
  jobsPerDay: null,
  gpuMinutesPerDay: null,
  nodes: null,
  megapixels: null,
}
let sequence = 0

/** Blurs for a while and saves one picture under a name of its own. */
function makePrompt(name: string): object {
  sequence += 1
  const image = { class_type: 'EmptyImage', inputs: { width: 256, height: 256, batch_size: 1, color: sequence } }
  const nodes: Record<string, object> = { '1': image }
  for (let id = 2; id < 8; id += 1) {
    nodes[String(id)] = { class_type: 'ImageBlur', inputs: { image: [String(id - 1), 0], blur_radius: 15, sigma: 5 } }
  }
  nodes['9'] = { class_type: 'SaveImage', inputs: { images: ['7', 0], filename_prefix: name } }
  return nodes
}

interface Accepted {
  readonly id: string
  readonly name: string
  readonly token: string
}

/** undefined while the engine is away: then nothing was accepted. */
async function send(token: string): Promise<Accepted | undefined> {
  const name = `job${sequence}x`
  const body = JSON.stringify({ prompt: makePrompt(name) })
  const answer = await ask(fixture.port, '/prompt', { method: 'POST', headers: bearer(token), body })
  if (answer.status !== 200) expect(answer.status).toBe(503)
  return answer.status === 200 ? { id: answer.json().prompt_id, name, token } : undefined
}

async function startEngine(): Promise<void> {
  fixture.engine.set(await engine.start())
  await lookAtSuspects()
}

/** Some jobs had bad luck twice, and their people's others wait for an administrator to look. */
async function lookAtSuspects(): Promise<void> {
  const { jobs } = fixture.queue
  for (const job of jobs.list()) {
    if (job.status.heldBecause !== 'suspect') continue
    await jobs.forgive(job.accountId)
    await jobs.release(job)
  }
}

async function historyOf(token: string): Promise<Record<string, any>> {
  return (await ask(fixture.port, '/history?max_items=10000', { headers: bearer(token) })).json()
}

describe('an engine that is killed under load', () => {
  it(
    `${KILLS} times ends every accepted job exactly once`,
    async () => {
      const accepted: Accepted[] = []
      await startEngine()
      for (let kill = 0; kill < KILLS; kill += 1) {
        while (fixture.queue.jobs.list().length < LOAD) {
          const job = await send(PEOPLE[accepted.length % PEOPLE.length] ?? '')
          if (job !== undefined) accepted.push(job)
        }
        // Killed while a job runs, just after one has ended, and while one is handed over.
        await lookAtSuspects()
        const before = fixture.queue.jobs.list().length
        if (kill % 3 !== 0) await until(() => fixture.queue.jobs.list().length < before, 'a job ends', 30_000)
        else await until(() => fixture.queue.jobs.list().some(({ status }) => status.state === 'running'), 'one runs')
        await engine.kill()
        fixture.engine.set(undefined)
        await startEngine()
      }
      await until(
        () => {
          void lookAtSuspects()
          return fixture.queue.jobs.list().length === 0
        },
        'everything is over',
        120_000,
      )

      const histories = new Map(
        await Promise.all(PEOPLE.map(async (token) => [token, await historyOf(token)] as const)),
      )
      const shown = [...histories.values()].flatMap((history) => Object.keys(history))
      expect(shown.sort()).toEqual(accepted.map(({ id }) => id).sort())
      const rows = await fixture.queue.database.kysely.selectFrom('jobs').select(['id', 'state', 'attempts']).execute()
      expect(rows).toHaveLength(accepted.length)
      const pictures = engine.outputs()
      for (const { id, name, token } of accepted) {
        const row = rows.find((found) => found.id === id)
        const entry = histories.get(token)?.[id]
        const count = pictures.filter((file) => file.startsWith(name)).length
        if (row?.state === 'succeeded') {
          expect(entry.status).toMatchObject({ status_str: 'success', completed: true })
          if (row.attempts === 0) expect(count).toBe(1)
          expect(count).toBeGreaterThanOrEqual(1)
        } else {
          expect(row).toMatchObject({ state: 'failed', attempts: 2 })
          expect(entry.status).toMatchObject({ status_str: 'error', completed: false })
        }
      }
      const failed = rows.filter(({ state }) => state === 'failed').length
      process.stdout.write(`${KILLS} kills, ${accepted.length} jobs, ${failed} of them gave up after two\n`)
    },
    60_000 + KILLS * 10_000,
  )
})
