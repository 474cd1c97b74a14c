import { describe, expect, it } from 'vitest'
import type { EngineState } from '../../../proxy/contract/comfyui.ts'
import { appendLogLines, maxLogLines } from '../../../renderer/api/engineLog.ts'
import { joinArguments, splitArguments } from '../../../renderer/features/comfyui/argumentText.ts'
import { describeEngine, engineRhythmMs, isEngineWanted } from '../../../renderer/features/comfyui/engineWords.ts'
import { findLines, visibleRange } from '../../../renderer/features/comfyui/logWindow.ts'

const failure = { code: 'CRASHED', message: 'It stopped.', details: '' }
const states: Record<EngineState['kind'], EngineState> = {
  stopped: { kind: 'stopped' },
  starting: { kind: 'starting', sinceMs: 1000, attempt: 1, progress: { fraction: 0.4, text: 'Loading' } },
  ready: { kind: 'ready', sinceMs: 1000, pid: 1, port: 2, engine: 'comfyui', version: '0.3.64' },
  stopping: { kind: 'stopping', sinceMs: 1000 },
  backingOff: { kind: 'backingOff', retryAtMs: 8000, attempt: 2, failure },
  failed: { kind: 'failed', failure },
}

describe('the engine in words', () => {
  it.each([
    ['stopped', 'Stopped'],
    ['starting', 'Starting 40 %, 12 s'],
    ['ready', 'Running'],
    ['stopping', 'Stopping, 12 s'],
    ['backingOff', 'Starting again in 0 s'],
    ['failed', 'Stopped by a problem'],
  ] as const)('%s is "%s"', (kind, words) => {
    expect(describeEngine(states[kind], 13_000).state).toBe(words)
  })

  it('counts the seconds of the first minute, also when the clock it is told is half a minute behind', () => {
    const { ready } = states
    expect(engineRhythmMs(ready, 1000 - 30_000)).toBe(1000)
    expect(engineRhythmMs(ready, 60_999)).toBe(1000)
    expect(engineRhythmMs(ready, 61_000)).toBe(30_000)
    expect([engineRhythmMs(states.starting, 0), engineRhythmMs(states.stopped, 0)]).toEqual([500, 30_000])
  })

  it('names the try from the second on', () => {
    const second = { ...states.starting, attempt: 2 } as EngineState
    expect(describeEngine(states.starting, 0).detail).toBe('Loading')
    expect(describeEngine(second, 0).detail).toBe('2nd try. Loading')
  })

  it('shows the switch on exactly while somebody wants it to run', () => {
    const on = Object.values(states).filter(isEngineWanted)
    expect(on.map(({ kind }) => kind)).toEqual(['starting', 'ready', 'backingOff'])
  })
})

describe('the log', () => {
  const line = (sequence: number, text = `line ${sequence}`) => ({ sequence, atMs: sequence, text })

  it('appends what is new and drops what came twice', () => {
    const cached = appendLogLines(undefined, [line(1), line(2)])
    expect(appendLogLines(cached, [line(2), line(3)]).lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })

  it('keeps the newest lines only', () => {
    const many = Array.from({ length: maxLogLines + 5 }, (_unused, index) => line(index))
    const { lines } = appendLogLines(undefined, many)
    expect(lines).toHaveLength(maxLogLines)
    expect(lines.at(-1)?.sequence).toBe(maxLogLines + 4)
  })

  it('draws only what can be seen, however long it is', () => {
    const range = visibleRange({ scrollTop: 90_000, height: 360, rowHeight: 18, count: 10_000 })
    expect(range).toEqual({ first: 4980, end: 5040 })
  })

  it('draws the end when the position lies behind it, as after a search', () => {
    expect(visibleRange({ scrollTop: 90_000, height: 360, rowHeight: 18, count: 25 })).toEqual({ first: 0, end: 25 })
  })

  it('finds words whatever their case', () => {
    expect(findLines([line(1, 'CUDA out of memory'), line(2, 'ok')], ' cuda ').map(({ sequence }) => sequence)).toEqual(
      [1],
    )
  })
})

describe('options of ComfyUI as one line', () => {
  it.each([
    ['--lowvram', ['--lowvram']],
    ['  --a   b ', ['--a', 'b']],
    ['--dir "C:\\My Files"', ['--dir', 'C:\\My Files']],
    ["--name='a b'c", ['--name=a bc']],
    ['--empty ""', ['--empty', '']],
    ['', []],
  ])('splits %j', (text, values) => {
    expect(splitArguments(text)).toEqual(values)
  })

  it.each(['"open', "it's"])('refuses %j, a quotation mark left open', (text) => {
    expect(splitArguments(text)).toBeUndefined()
  })

  it.each([[['a b', '', `it's`, `say "hi"`, `both ' and "`, '--x=1']]])(
    'writes %j so that it reads the same again',
    (values) => {
      expect(splitArguments(joinArguments(values))).toEqual(values)
    },
  )
})
