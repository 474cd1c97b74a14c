import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultJobLimits } from '../../../proxy/contract/jobs.ts'
import { startEngineUnderTest } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { median, serveAll } from '../../support/fairWaits.ts'
import { savePrompt } from '../prompts.ts'
import { openGateWorld } from './gateWorld.ts'
import type { GateWorld } from './gateWorld.ts'
import type { Person } from './world.ts'

/*
 * 200 jobs of two people wait, 150 of one before 50 of the other. How long they wait is measured and printed; what is
 * asserted is the order in which they run, which does not depend on how fast this computer is.
 * PATH=$PWD/node_modules/.bin:$PATH npx vitest run --project contract tests/contract/isolation/fairWaits.test.ts
 */
const GREEDY = 150
const MODEST = 50

let engine: EngineUnderTest
let world: GateWorld

beforeAll(async () => {
  engine = await startEngineUnderTest()
  world = await openGateWorld(engine)
})
afterAll(async () => {
  await world.close()
  await engine.close()
})

interface Run {
  readonly isGreedy: boolean
  /** How many came before, of both. */
  readonly sentAs: number
  readonly startMs: number
  readonly endMs: number
}

async function send(person: Person, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let sent = 0; sent < count; sent += 1) {
    const answer = await person.client.queue(savePrompt({ width: 256, height: 256 }))
    expect(answer.status).toBe(200)
    ids.push(answer.json().prompt_id)
  }
  return ids
}

/** When each began and ended, by the engine's own messages. */
async function runsOf(person: Person, ids: readonly string[], isGreedy: boolean, before: number): Promise<Run[]> {
  const history = (await person.client.get('/history?max_items=1000')).json()
  return ids.map((id, at) => {
    const { status } = history[id]
    expect(status.status_str).toBe('success')
    const timeOf = (event: string): number =>
      status.messages.find(([type]: [string]) => type === event)[1].timestamp as number
    return { isGreedy, sentAs: before + at, startMs: timeOf('execution_start'), endMs: timeOf('execution_success') }
  })
}

/** What the modest one would have waited: all jobs are alike, so the one that runs at a place begins when that one did. */
const firstComeWaits = (inOrder: readonly Run[], beganMs: number): number[] =>
  inOrder.slice(GREEDY).map(({ startMs }) => startMs - beganMs)

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

describe('150 jobs of one before 50 of another', () => {
  it('let the other wait at most a third as long as first come, first served, and nobody’s own pass each other', async () => {
    const { alice, bob, settings } = world
    settings.set('jobs.limits', { ...defaultJobLimits, creator: { ...defaultJobLimits.creator, queued: null } })
    // The first jobs of a start take longer: what is measured is the waiting, not the engine.
    for (const { client } of [alice, bob]) await client.run(savePrompt())
    settings.set('jobs.paused', { untilMs: null })
    const [greedy, modest] = [await send(alice, GREEDY), await send(bob, MODEST)]
    const beganMs = Date.now()
    settings.set('jobs.paused', null)
    for (const { client } of [alice, bob]) {
      const left = async (): Promise<number> => (await client.get('/prompt')).json().exec_info.queue_remaining
      await expect.poll(left, { timeout: 300_000, interval: 100 }).toBe(0)
    }

    const runs = [...(await runsOf(alice, greedy, true, 0)), ...(await runsOf(bob, modest, false, GREEDY))]
    const inOrder = [...runs].sort((one, other) => one.startMs - other.startMs)
    for (const isGreedy of [true, false]) {
      const own = inOrder.filter((run) => run.isGreedy === isGreedy).map(({ sentAs }) => sentAs)
      expect(own).toEqual([...own].sort((one, other) => one - other))
    }
    const places = inOrder.flatMap(({ isGreedy }, at) => (isGreedy ? [] : [at]))
    const firstComePlaces = Array.from({ length: MODEST }, (_, at) => GREEDY + at)
    expect(median(places)).toBeLessThanOrEqual(median(firstComePlaces) / 3)

    const waits = runs.filter(({ isGreedy }) => !isGreedy).map(({ startMs }) => startMs - beganMs)
    const wouldWait = firstComeWaits(inOrder, beganMs)
    const simulated = serveAll(
      {
        greedy: { weight: 1, jobs: Array.from({ length: GREEDY }, () => 10) },
        modest: { weight: 1, jobs: Array.from({ length: MODEST }, () => 10) },
      },
      () => 10,
    ).flatMap(({ accountId, at }) => (accountId === 'modest' ? [at] : []))
    process.stdout.write(
      [
        `Median wait of the one with ${MODEST} jobs, beside ${GREEDY} that came before:`,
        `  ${engine.kind}: ${inSeconds(median(waits))}; first come, first served: ${inSeconds(median(wouldWait))}`,
        `  place in the line: ${median(places)} of 200; first come, first served: ${median(firstComePlaces)}`,
        `  simulated, jobs of 10 s: ${median(simulated)} s; first come, first served: ${median(firstComePlaces) * 10} s`,
        '',
      ].join('\n'),
    )
  }, 600_000)
})
