import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Job } from '../../../proxy/jobs/job.ts'
import { RunProgress } from '../../../proxy/jobs/runProgress.ts'

const job = { id: 'one', accountId: 'anna', nodes: 4 } as Job
const bytes = (data: unknown): Buffer => Buffer.from(JSON.stringify({ data }))

let progress: RunProgress
const event = (type: string, data: Record<string, unknown>, of: Job = job): void => {
  const { node } = data
  progress.onEvent(of, type, typeof node === 'string' ? node : null, bytes(data))
}

beforeEach(() => {
  vi.useFakeTimers()
  progress = new RunProgress()
})
afterEach(() => {
  progress.close()
  vi.useRealTimers()
})

describe('the progress of a run', () => {
  it('counts nodes that are done or need not run, and the steps of the one that runs', () => {
    event('execution_start', {})
    expect(progress.of(job)).toEqual({ done: 0, of: 4, step: undefined })
    event('execution_cached', { nodes: ['1', '2'] })
    event('executing', { node: '3' })
    expect(progress.of(job)).toEqual({ done: 2, of: 4, step: undefined })
    event('progress', { node: '3', value: 5, max: 20 })
    expect(progress.of(job)).toEqual({ done: 2, of: 4, step: { value: 5, max: 20 } })
    event('executing', { node: '4' })
    expect(progress.of(job)).toEqual({ done: 3, of: 4, step: undefined })
    event('executing', { node: null })
    expect(progress.of(job)).toEqual({ done: 4, of: 4, step: undefined })
  })

  it('is of one run: the next one begins anew', () => {
    event('execution_start', {})
    event('executing', { node: '3' })
    const next = { ...job, id: 'two' }
    event('execution_start', {}, next)
    expect(progress.of(job)).toBeUndefined()
    expect(progress.of(next)).toEqual({ done: 0, of: 4, step: undefined })
  })

  it.each([
    ['no numbers', { node: '3', value: 'a', max: null }],
    ['more than all', { node: '3', value: 90, max: 20 }, { value: 20, max: 20 }],
    ['less than nothing', { node: '3', value: -5, max: 20 }, { value: 0, max: 20 }],
    ['of nothing', { node: '3', value: 0, max: 0 }],
    ['of another node', { node: '9', value: 3, max: 20 }],
  ])('stands what a node sends: %s (hostile custom node)', (_name, data, step?: { value: number; max: number }) => {
    event('execution_start', {})
    event('executing', { node: '3' })
    event('progress', data)
    expect(progress.of(job)?.step).toEqual(step)
  })

  it('never has more nodes than the workflow, however many a run names (memory)', () => {
    event('execution_start', {})
    for (let node = 0; node < 1000; node += 1) event('executing', { node: String(node) })
    expect(progress.of(job)?.done).toBe(4)
  })

  it('is told at once, then at most once a second, and the last is not lost', () => {
    const told: string[] = []
    progress.onChange((accountId) => told.push(accountId))
    event('executing', { node: '3' })
    for (let value = 0; value < 100; value += 1) event('progress', { node: '3', value, max: 100 })
    expect(told).toEqual(['anna'])
    vi.advanceTimersByTime(1000)
    expect(told).toHaveLength(2)
    vi.advanceTimersByTime(5000)
    expect(told).toHaveLength(2)
    event('progress', { node: '3', value: 100, max: 100 })
    expect(told).toHaveLength(3)
  })
})
