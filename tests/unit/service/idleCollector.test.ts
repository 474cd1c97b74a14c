import { describe, expect, it } from 'vitest'
import { IdleCollector } from '../../../service/idleCollector.ts'

const MB = 1024 * 1024

function createCollector() {
  const state = { utilization: 0, heapBytes: 100 * MB, collected: 0 }
  const collector = new IdleCollector({
    utilization: () => state.utilization,
    heapBytes: () => state.heapBytes,
    collect: () => {
      state.collected += 1
      state.heapBytes = 30 * MB
    },
  })
  const look = (times: number): void => {
    for (let time = 0; time < times; time += 1) collector.look()
  }
  return { state, look }
}

describe('the idle collector', () => {
  it('collects what the start left, after five idle looks in a row', () => {
    const { state, look } = createCollector()
    look(4)
    state.utilization = 0.5
    look(1)
    state.utilization = 0
    look(4)
    expect(state.collected).toBe(0)

    look(1)

    expect(state.collected).toBe(1)
  })

  it('collects once after a load, after a minute of idle looks in a row', () => {
    const { state, look } = createCollector()
    look(5)
    state.heapBytes = 100 * MB
    look(59)
    expect(state.collected).toBe(1)

    look(200)

    expect(state.collected).toBe(2)
  })

  it('never collects while somebody is served', () => {
    const { state, look } = createCollector()
    look(5)
    state.heapBytes = 100 * MB
    look(59)
    state.utilization = 0.1
    look(1)
    state.utilization = 0
    look(59)
    expect(state.collected).toBe(1)

    state.utilization = 0.5
    look(50)

    expect(state.collected).toBe(1)
  })

  it('collects again when the heap has grown by a load, and not for a little', () => {
    const { state, look } = createCollector()
    look(60)
    state.heapBytes = 50 * MB
    look(100)
    expect(state.collected).toBe(1)

    state.heapBytes = 90 * MB
    look(60)

    expect(state.collected).toBe(2)
  })
})
