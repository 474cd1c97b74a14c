import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CanvasState } from '../../../renderer/canvas/answers.ts'
import { GateFollower } from '../../../renderer/canvas/followGate.ts'
import type { EventStream } from '../../../renderer/canvas/followGate.ts'
import type { GateReader, Reading } from '../../../renderer/canvas/gateReader.ts'

class FakeStream extends EventTarget implements EventStream {
  readyState = 1
  close(): void {
    this.readyState = 2
  }
  tell(resource: string): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ type: 'changed', resource }) }))
  }
  refuse(): void {
    this.readyState = 2
    this.dispatchEvent(new Event('error'))
  }
}

const session = { user: { name: 'Mia', role: 'creator' }, roleTitle: 'Creator', mayUseManager: false, isInApp: false }
const waiting = { id: 'a', state: 'waiting', position: 2, expectedWaitSeconds: 60, reason: null }
const moving = { paused: false, pausedUntil: null, ready: true, stoppedBecause: null }
const paused = { ...moving, paused: true }
const ready = { id: 'w', name: 'Picture from words', problem: null }
const room = { bytes: 1, inputBytes: 0, quotaBytes: 2, warning: null }

function openFollower() {
  const answers: Record<string, Reading<unknown>> = {
    session: { kind: 'answer', value: session },
    'jobs?limit=200': { kind: 'answer', value: { items: [] } },
    'jobs/queue': { kind: 'answer', value: moving },
    'folders/mine': { kind: 'answer', value: room },
    'workflows?limit=200': { kind: 'answer', value: { items: [ready] } },
  }
  const asked: string[] = []
  const streams: FakeStream[] = []
  const page: { visible: boolean; changed: () => void } = { visible: true, changed: () => undefined }
  let state: CanvasState | undefined
  const read = ((path: string) => {
    asked.push(path)
    return Promise.resolve(answers[path])
  }) as unknown as GateReader
  new GateFollower({
    read,
    openStream: () => {
      const stream = new FakeStream()
      streams.push(stream)
      return stream
    },
    isVisible: () => page.visible,
    onVisibilityChange: (listener) => (page.changed = listener),
    onState: (next) => (state = next),
  }).start()
  return {
    answers,
    asked,
    streams,
    state: () => state,
    setVisible: (visible: boolean) => {
      page.visible = visible
      page.changed()
    },
    open: async () => {
      await vi.advanceTimersByTimeAsync(0)
      streams.at(-1)?.dispatchEvent(new Event('open'))
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('following the gate', () => {
  it('reads everything when the stream opens, and again what changed', async () => {
    const follower = openFollower()
    await follower.open()
    expect(follower.state()).toEqual({ session, jobs: [], queue: moving, folder: room, workflows: [ready] })

    follower.answers['jobs?limit=200'] = { kind: 'answer', value: { items: [waiting] } }
    follower.streams[0]?.tell('jobs')
    await vi.advanceTimersByTimeAsync(0)

    expect(follower.state()?.jobs).toEqual([waiting])
  })

  it('hears that something was made ready, or withdrawn', async () => {
    const follower = openFollower()
    await follower.open()
    follower.answers['workflows?limit=200'] = { kind: 'answer', value: { items: [] } }

    follower.streams[0]?.tell('workflows')
    await vi.advanceTimersByTimeAsync(0)

    expect(follower.state()?.workflows).toEqual([])
  })

  it('asks once for workflows that its role does not run', async () => {
    const follower = openFollower()
    follower.answers['workflows?limit=200'] = { kind: 'refused' }
    await follower.open()

    follower.streams[0]?.tell('workflows')
    await vi.advanceTimersByTimeAsync(0)

    expect(follower.asked.filter((path) => path.startsWith('workflows'))).toHaveLength(1)
  })

  it('asks where it stands as long as a job waits, because others move the line', async () => {
    const follower = openFollower()
    follower.answers['jobs?limit=200'] = { kind: 'answer', value: { items: [waiting] } }
    await follower.open()
    const before = follower.asked.length

    await vi.advanceTimersByTimeAsync(30_000)

    expect(follower.asked.slice(before)).toEqual(Array(3).fill(['jobs?limit=200', 'jobs/queue']).flat())
  })

  it('hears that the owner paused, and looks whether it goes on: the end of a pause is told by no event', async () => {
    const follower = openFollower()
    await follower.open()
    follower.answers['jobs/queue'] = { kind: 'answer', value: paused }
    follower.streams[0]?.tell('jobs')
    await vi.advanceTimersByTimeAsync(0)
    expect(follower.state()?.queue).toEqual(paused)

    follower.answers['jobs/queue'] = { kind: 'answer', value: moving }
    await vi.advanceTimersByTimeAsync(10_000)
    expect(follower.state()?.queue).toEqual(moving)
    const asked = follower.asked.length
    await vi.advanceTimersByTimeAsync(30_000)
    expect(follower.asked).toHaveLength(asked)
  })

  it('holds no connection while nobody looks: a browser has six of them for all pages', async () => {
    const follower = openFollower()
    await follower.open()

    follower.setVisible(false)
    const asked = follower.asked.length
    await vi.advanceTimersByTimeAsync(60_000)

    expect(follower.streams[0]?.readyState).toBe(2)
    expect(follower.asked).toHaveLength(asked)
    follower.setVisible(true)
    await follower.open()
    expect(follower.streams).toHaveLength(2)
  })

  it('says that the sign-in has ended, and asks nothing more until somebody looks again', async () => {
    const follower = openFollower()
    await follower.open()
    follower.answers['session'] = { kind: 'signedOut' }

    follower.streams[0]?.refuse()
    await vi.advanceTimersByTimeAsync(0)
    const asked = follower.asked.length
    await vi.advanceTimersByTimeAsync(600_000)

    expect(follower.state()).toEqual({
      session: 'signedOut',
      jobs: [],
      queue: undefined,
      folder: undefined,
      workflows: [],
    })
    expect(follower.asked).toHaveLength(asked)
    expect(follower.streams).toHaveLength(1)
    follower.answers['session'] = { kind: 'answer', value: session }
    follower.setVisible(false)
    follower.setVisible(true)
    await follower.open()
    expect(follower.state()?.session).toEqual(session)
  })

  it('asks once for folders that this gate does not have', async () => {
    const follower = openFollower()
    follower.answers['folders/mine'] = { kind: 'refused' }
    await follower.open()

    follower.streams[0]?.tell('outputs')
    await vi.advanceTimersByTimeAsync(0)

    expect(follower.asked.filter((path) => path === 'folders/mine')).toHaveLength(1)
    expect(follower.state()?.folder).toBeUndefined()
  })

  it('comes back more and more rarely while the stream is refused', async () => {
    const follower = openFollower()
    await follower.open()

    for (const [at, waitMs] of [5000, 10_000, 20_000].entries()) {
      follower.streams.at(-1)?.refuse()
      await vi.advanceTimersByTimeAsync(waitMs - 1)
      expect(follower.streams).toHaveLength(at + 1)
      await vi.advanceTimersByTimeAsync(1)
      expect(follower.streams).toHaveLength(at + 2)
    }
  })
})
