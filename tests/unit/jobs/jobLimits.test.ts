import { describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import type { JobLimits } from '../../../proxy/contract/jobs.ts'
import { defaultJobLimits } from '../../../proxy/contract/jobs.ts'
import { parseLosslessJson, isObject } from '../../../proxy/comfyui/losslessJson.ts'
import { checkLimits, dayOf, limitsOf } from '../../../proxy/jobs/jobLimits.ts'
import type { JobRequest } from '../../../proxy/jobs/jobLimits.ts'
import { largestMegapixels, shapeOf } from '../../../proxy/jobs/jobShape.ts'

const none: JobLimits = {
  queued: null,
  runSeconds: null,
  jobsPerDay: null,
  gpuMinutesPerDay: null,
  nodes: null,
  megapixels: null,
}
const nowMs = new Date(2026, 10, 23, 18, 30).getTime()
const asked: JobRequest = {
  queued: 0,
  jobsToday: 0,
  gpuMsToday: 0,
  nodes: 1,
  megapixels: 0,
  dayEndsAtMs: dayOf(nowMs).endsAtMs,
  nowMs,
}

function refusal(limits: Partial<JobLimits>, more: Partial<JobRequest>): GateError | undefined {
  try {
    checkLimits({ ...none, ...limits }, { ...asked, ...more })
  } catch (error) {
    if (error instanceof GateError) return error
    throw error
  }
  return undefined
}

const nodes = (text: string) => {
  const parsed = parseLosslessJson(text)
  if (!isObject(parsed)) throw new Error('not an object')
  return parsed
}

describe('limits of jobs', () => {
  it.each([
    ['queued', { queued: 3 }, { queued: 2 }, { queued: 3 }, 429],
    ['jobs a day', { jobsPerDay: 3 }, { jobsToday: 2 }, { jobsToday: 3 }, 429],
    ['minutes a day', { gpuMinutesPerDay: 2 }, { gpuMsToday: 119_999 }, { gpuMsToday: 120_000 }, 429],
    ['nodes', { nodes: 5 }, { nodes: 5 }, { nodes: 6 }, 400],
    ['megapixels', { megapixels: 4 }, { megapixels: 4 }, { megapixels: 4.1 }, 400],
  ])('case 50: let the last one of %s pass and refuse the next', (_what, limits, last, next, status) => {
    expect(refusal(limits, last)).toBeUndefined()
    expect(refusal(limits, next)?.status).toBe(status)
    expect(refusal({}, next)).toBeUndefined()
  })

  it('say when a day’s count starts again', () => {
    const error = refusal({ jobsPerDay: 1 }, { jobsToday: 1 })
    expect(error?.message).toBe('You have sent your 1 jobs of today. There are new ones at 00:00.')
    expect(error?.details).toMatchObject({
      retryAfterSeconds: 5.5 * 3600,
      resetsAt: new Date(2026, 10, 24).toISOString(),
    })
  })

  it('follow the role, and what is set for one person instead', () => {
    const settings = {
      get: (name: string): any =>
        name === 'jobs.limits' ? defaultJobLimits : { anna: { queued: 7, nodes: null }, bert: {} },
    }
    expect(limitsOf(settings, 'anna', 'user')).toEqual({ ...defaultJobLimits.user, queued: 7, nodes: null })
    expect(limitsOf(settings, 'bert', 'user')).toEqual(defaultJobLimits.user)
    expect(limitsOf(settings, 'carl', 'guest')).toEqual(defaultJobLimits.guest)
  })
})

describe('the shape of a workflow', () => {
  const flow = (seed: number, steps: number, ids: readonly [string, string]) =>
    nodes(
      JSON.stringify({
        [ids[0]]: { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 1 } },
        [ids[1]]: { class_type: 'KSampler', inputs: { seed, steps, text: 'a', latent_image: [ids[0], 0] } },
      }),
    )

  it('does not depend on seeds, texts, ids and the order of nodes', () => {
    expect(shapeOf(flow(1, 20, ['1', '2']))).toBe(shapeOf(flow(99, 20, ['7', '3'])))
  })

  it('depends on what costs time', () => {
    expect(shapeOf(flow(1, 20, ['1', '2']))).not.toBe(shapeOf(flow(1, 21, ['1', '2'])))
  })

  it.each([
    ['{"1":{"class_type":"A","inputs":{"width":2000,"height":1000}}}', 2],
    [
      '{"1":{"class_type":"A","inputs":{"width":16384,"height":16384,"batch_size":4096}}}',
      (16384 * 16384 * 4096) / 1e6,
    ],
    ['{"1":{"class_type":"A","inputs":{"width":"2000","height":"1000","length":3}}}', 6],
    ['{"1":{"class_type":"A","inputs":{"width":["2",0],"height":1000}}}', 0],
    ['{"1":{"class_type":"A","inputs":{"width":-5,"height":"x"}}}', 0],
    ['{}', 0],
  ])('%s asks for %d megapixels', (text, expected) => {
    expect(largestMegapixels(nodes(text))).toBeCloseTo(expected)
  })
})
