import { describe, expect, it } from 'vitest'
import type { Job } from '../../../proxy/jobs/job.ts'
import { followWork } from '../../../service/followWork.ts'

const jobs = (...states: Job['status']['state'][]) => ({
  list: () =>
    states.map((state): Pick<Job, 'status'> => ({
      status: { state, attempts: 0, heldBecause: null, outcome: null },
    })),
})

describe('work', () => {
  it.each([
    ['is under way', ['waiting', 'running'], true],
    ['is under way', ['sent'], true],
    ['is not', ['waiting', 'held'], false],
    ['is not', [], false],
  ] as const)('%s with %j', (_words, states, expected) => {
    expect(followWork({ ...jobs(...states), onChange: () => () => undefined }).isUnderWay()).toBe(expected)
  })
})
