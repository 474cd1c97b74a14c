import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { followGateEvents, retryDelayMs } from '../../../renderer/api/gateEvents.ts'
import type { Liveness } from '../../../renderer/api/gateEvents.ts'
import { queryKeys } from '../../../renderer/api/queryKeys.ts'

const connecting = 0
const closed = 2

/** The browser's EventSource as the page sees it. */
class FakeStream extends EventTarget {
  readyState = connecting
  isClosed = false
  close(): void {
    this.isClosed = true
  }
  fail(readyState: number): void {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }
}

function follow() {
  const client = new QueryClient()
  for (const key of [queryKeys.session, queryKeys.keys, queryKeys.sessions]) client.setQueryData(key, {})
  const streams: FakeStream[] = []
  const said: Liveness[] = []
  const stop = followGateEvents({
    client,
    onLiveness: (liveness) => said.push(liveness),
    openStream: () => {
      const stream = new FakeStream()
      streams.push(stream)
      return stream
    },
  })
  const isOld = (key: readonly string[]) => client.getQueryState(key)?.isInvalidated
  return { streams, said, stop, isOld }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the event stream of a page', () => {
  it('makes old exactly what an event names', () => {
    const { streams, isOld } = follow()
    streams[0]?.dispatchEvent(new MessageEvent('message', { data: '{"type":"changed","resource":"keys"}' }))
    expect([isOld(queryKeys.keys), isOld(queryKeys.session)]).toEqual([true, false])
  })

  it('asks who is signed in when an account changed, because the role may be another', () => {
    const { streams, isOld } = follow()
    streams[0]?.dispatchEvent(new MessageEvent('message', { data: '{"type":"changed","resource":"users"}' }))
    expect([isOld(queryKeys.session), isOld(queryKeys.keys)]).toEqual([true, false])
  })

  it('asks who is signed in as soon as it ends: the gate ends it with the sign-in', () => {
    const { streams, said, isOld } = follow()
    streams[0]?.dispatchEvent(new Event('open'))
    streams[0]?.fail(connecting)
    expect(said).toEqual(['live', 'lost'])
    expect(isOld(queryKeys.session)).toBe(true)
    expect(isOld(queryKeys.keys)).toBe(false)
  })

  it('reads everything again once it is back, for what was missed', () => {
    const { streams, isOld } = follow()
    streams[0]?.fail(connecting)
    streams[0]?.dispatchEvent(new Event('open'))
    expect(isOld(queryKeys.keys)).toBe(true)
  })

  it('comes back by itself after a refusal, ever more rarely', () => {
    const { streams, said } = follow()
    streams[0]?.fail(closed)
    expect(said).toEqual(['refused'])
    vi.advanceTimersByTime(4999)
    expect(streams).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(streams).toHaveLength(2)
    streams[1]?.fail(closed)
    vi.advanceTimersByTime(9999)
    expect(streams).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(streams).toHaveLength(3)
    expect([1, 2, 3, 4, 5, 50].map(retryDelayMs)).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000])
  })

  it('counts refusals anew once it was live', () => {
    const { streams } = follow()
    streams[0]?.fail(closed)
    vi.advanceTimersByTime(5000)
    streams[1]?.dispatchEvent(new Event('open'))
    streams[1]?.fail(closed)
    vi.advanceTimersByTime(5000)
    expect(streams).toHaveLength(3)
  })

  it('leaves nothing behind when the page goes', () => {
    const { streams, stop } = follow()
    streams[0]?.fail(closed)
    stop()
    vi.advanceTimersByTime(60_000)
    expect(streams).toHaveLength(1)
    expect(streams[0]?.isClosed).toBe(true)
  })
})
