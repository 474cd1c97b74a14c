import { describe, expect, it } from 'vitest'
import { findDifference, findMedian, findRatio, Recorder } from '../../bench/results.ts'
import { createRandomNumber, median, percentile, shuffled } from '../../bench/statistics.ts'

describe('percentile', () => {
  it.each([
    [[5], 99, 5],
    [[3, 1, 2], 50, 2],
    [[4, 1, 3, 2], 50, 2.5],
    [[1, 2, 3, 4, 5], 0, 1],
    [[1, 2, 3, 4, 5], 100, 5],
    [[10, 20], 75, 17.5],
  ])('of %j at %i is %d', (values, percent, expected) => {
    expect(percentile(values, percent)).toBeCloseTo(expected, 10)
  })

  it('does not exist for nothing', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('shuffled', () => {
  it('keeps every item, and gives the same order for the same seed only', () => {
    const items = Array.from({ length: 50 }, (_, at) => at)

    const first = shuffled(items, createRandomNumber(1))

    expect([...first].sort((a, b) => a - b)).toEqual(items)
    expect(shuffled(items, createRandomNumber(1))).toEqual(first)
    expect(shuffled(items, createRandomNumber(2))).not.toEqual(first)
    expect(first).not.toEqual(items)
  })

  it('puts each item first about equally often', () => {
    const random = createRandomNumber(7)
    const counts = new Map<string, number>()
    for (let round = 0; round < 3000; round += 1) {
      const first = shuffled(['a', 'b', 'c'], random)[0] ?? ''
      counts.set(first, (counts.get(first) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })
})

describe('Recorder', () => {
  function record(values: Readonly<Record<string, readonly (number | undefined)[]>>): Recorder {
    const recorder = new Recorder()
    for (const [variant, list] of Object.entries(values)) {
      list.forEach((value, repeat) => {
        if (value !== undefined) recorder.add({ scenario: 's', variant, repeat }, { x: value })
      })
    }
    return recorder
  }

  it('takes the ratio of each repeat, not of two medians', () => {
    const { scenarios } = record({ gate: [1, 20, 300], direct: [2, 10, 100] })

    expect(findRatio(scenarios, 's', 'x', ['gate', 'direct'])).toBe(2)
    expect(findDifference(scenarios, 's', 'x', ['gate', 'direct'])).toBe(10)
    expect(findMedian(scenarios, 's', 'gate', 'x')).toBe(20)
  })

  it('leaves a repeat out in which one side failed', () => {
    const { scenarios } = record({ gate: [1, undefined, 9], direct: [undefined, 5, 3] })

    expect(findRatio(scenarios, 's', 'x', ['gate', 'direct'])).toBe(3)
    expect(scenarios['s']?.['gate']?.['x']).toEqual([1, null, 9])
  })

  it('has no value for what was never measured', () => {
    const { scenarios } = record({ gate: [1] })

    expect(findRatio(scenarios, 's', 'x', ['gate', 'direct'])).toBeUndefined()
    expect(findMedian(scenarios, 'other', 'gate', 'x')).toBeUndefined()
  })
})
