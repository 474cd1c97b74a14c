import { describe, expect, it } from 'vitest'
import { freshWatch, judgeHealth } from '../../../launcher/healthWatch.ts'
import type { HealthAnswer } from '../../../launcher/readinessProbe.ts'

const bootId = 'a'.repeat(32)
const good: HealthAnswer = {
  kind: 'proved',
  health: { bootId, engine: 'comfyui', version: '0.3.64', patches: {}, workerAlive: true },
}
const deadWorker: HealthAnswer = { ...good, health: { ...good.health, workerAlive: false } }
const otherBoot: HealthAnswer = { ...good, health: { ...good.health, bootId: 'b'.repeat(32) } }
const silent: HealthAnswer = { kind: 'silent' }
const refused: HealthAnswer = { kind: 'refused' }
const unproved: HealthAnswer = { kind: 'unproved', reason: 'status 403' }

/** The verdicts on a series of answers, one at each given second. */
function judge(series: readonly (readonly [number, HealthAnswer])[]): string[] {
  let watch = freshWatch
  return series.map(([second, answer]) => {
    const judged = judgeHealth(watch, answer, bootId, second * 1_000)
    watch = judged.watch
    return judged.verdict.kind === 'crashed' ? judged.verdict.code : judged.verdict.kind
  })
}

describe('the health of a running engine', () => {
  it.each([
    [
      'right answers are healthy',
      [
        [0, good],
        [2, good],
      ],
      ['healthy', 'healthy'],
    ],
    [
      'a stall is met with patience',
      [
        [0, silent],
        [7, silent],
        [60, silent],
        [61, good],
      ],
      ['patient', 'patient', 'patient', 'healthy'],
    ],
    [
      'two minutes without an answer are a hang',
      [
        [0, silent],
        [119, silent],
        [120, silent],
      ],
      ['patient', 'patient', 'NOT_ANSWERING'],
    ],
    [
      'an answer ends the count',
      [
        [0, silent],
        [100, good],
        [121, silent],
      ],
      ['patient', 'healthy', 'patient'],
    ],
    [
      'one dead-worker answer may be a race',
      [
        [0, deadWorker],
        [2, good],
        [4, deadWorker],
      ],
      ['healthy', 'healthy', 'healthy'],
    ],
    [
      'two in a row are a dead worker',
      [
        [0, deadWorker],
        [2, deadWorker],
      ],
      ['healthy', 'WORKER_DIED'],
    ],
    ['another boot id is a restart from inside', [[0, otherBoot]], ['restartedInside']],
    [
      'one answer without proof only shakes the trust',
      [
        [0, unproved],
        [1, good],
      ],
      ['unsure', 'healthy'],
    ],
    [
      'two without proof are a restart from inside',
      [
        [0, unproved],
        [1, unproved],
      ],
      ['unsure', 'restartedInside'],
    ],
    [
      'a refusal shakes the trust at once',
      [
        [0, refused],
        [1, good],
      ],
      ['unsure', 'healthy'],
    ],
    [
      'three seconds of refusals are a restart from inside',
      [
        [0, refused],
        [2, refused],
        [3, refused],
      ],
      ['unsure', 'unsure', 'restartedInside'],
    ],
  ] as [string, [number, HealthAnswer][], string[]][])('%s', (_name, series, verdicts) => {
    expect(judge(series)).toEqual(verdicts)
  })
})
