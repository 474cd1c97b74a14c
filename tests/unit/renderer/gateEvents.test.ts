import { QueryClient, QueryObserver } from '@tanstack/react-query'
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
  return { client, streams, said, stop, isOld }
}

/** A page's view of one answer; each read waits until it is answered. */
function watch(client: QueryClient, queryKey: readonly string[]) {
  const reads: ((answer: unknown) => void)[] = []
  const observer = new QueryObserver(client, {
    queryKey,
    queryFn: () => new Promise<unknown>((resolve) => reads.push(resolve)),
    staleTime: Infinity,
  })
  observer.subscribe(() => undefined)
  const answer = async (index: number, data: unknown) => {
    reads[index]?.(data)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { reads, answer, shown: () => observer.getCurrentResult().data }
}

const changed = (resource: string) =>
  new MessageEvent('message', { data: JSON.stringify({ type: 'changed', resource }) })
const logged = (sequence: number) =>
  new MessageEvent('message', {
    data: JSON.stringify({ type: 'log', lines: [{ sequence, atMs: 1, text: `line ${sequence}` }] }),
  })

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
    streams[0]?.fail(connecting)
    expect(said).toEqual(['lost'])
    expect(isOld(queryKeys.session)).toBe(true)
    expect(isOld(queryKeys.keys)).toBe(false)
  })

  it('reads everything again once it is back, for what was missed', () => {
    const { streams, isOld } = follow()
    streams[0]?.fail(connecting)
    streams[0]?.dispatchEvent(new Event('open'))
    expect(isOld(queryKeys.keys)).toBe(true)
  })

  it('reads again what the page had read before the stream was there: the engine may be ready since', async () => {
    const { client, streams } = follow()
    const engine = watch(client, queryKeys.comfyui)
    await engine.answer(0, 'starting')
    streams[0]?.dispatchEvent(new Event('open'))
    await engine.answer(1, 'ready')
    expect(engine.shown()).toBe('ready')
  })

  it('reads once more what was under way when the stream opened or something changed', async () => {
    const { client, streams } = follow()
    const engine = watch(client, queryKeys.comfyui)
    streams[0]?.dispatchEvent(new Event('open'))
    await engine.answer(0, 'starting')
    expect(engine.reads).toHaveLength(2)
    streams[0]?.dispatchEvent(changed('comfyui'))
    await engine.answer(1, 'starting, 40 %')
    await engine.answer(2, 'ready')
    expect(engine.shown()).toBe('ready')
    expect(engine.reads).toHaveLength(3)
  })

  it('lets an answer arrive however many changes are told meanwhile', async () => {
    const { client, streams } = follow()
    const engine = watch(client, queryKeys.comfyui)
    for (let count = 0; count < 50; count += 1) streams[0]?.dispatchEvent(changed('comfyui'))
    expect(engine.reads).toHaveLength(1)
    await engine.answer(0, 'first')
    expect(engine.shown()).toBe('first')
    expect(engine.reads).toHaveLength(2)
  })

  it('leaves alone what only the program on this computer knows', () => {
    const { client, streams, isOld } = follow()
    client.setQueryData(queryKeys.candidates, [])
    streams[0]?.dispatchEvent(new Event('open'))
    expect([isOld(queryKeys.candidates), isOld(queryKeys.keys)]).toEqual([false, true])
  })

  it('takes lines for the whole log only behind a log that was read', async () => {
    const { client, streams } = follow()
    streams[0]?.dispatchEvent(logged(7))
    expect(client.getQueryData(queryKeys.engineLog)).toBeUndefined()
    const log = watch(client, queryKeys.engineLog)
    streams[0]?.dispatchEvent(logged(8))
    await log.answer(0, { lines: [] })
    expect(log.reads).toHaveLength(2)
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

  it('asks a computer that does not answer at once a few times, and then rarely (a device that is kept out)', () => {
    const { streams } = follow()
    for (let tries = 0; tries < 5; tries += 1) streams[0]?.fail(connecting)
    expect(streams[0]?.isClosed).toBe(false)
    streams[0]?.fail(connecting)
    expect(streams[0]?.isClosed).toBe(true)
    vi.advanceTimersByTime(5000)
    expect(streams).toHaveLength(2)
    for (let tries = 0; tries < 3; tries += 1) {
      streams.at(-1)?.fail(connecting)
      vi.advanceTimersByTime(15_000)
    }
    expect(streams).toHaveLength(5)
    streams.at(-1)?.dispatchEvent(new Event('open'))
    streams.at(-1)?.fail(connecting)
    expect(streams.at(-1)?.isClosed).toBe(false)
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
