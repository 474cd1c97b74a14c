import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobAnswer, QueueState } from '../../../proxy/contract/jobs.ts'
import { canRelease, defaultJobLimits, holdReasons } from '../../../proxy/contract/jobs.ts'
import {
  behindWords,
  endedFacts,
  isPausedAt,
  limitWords,
  ownHeadline,
  pauseChoices,
  placeWords,
  progressWords,
  queueLine,
  toOrdinal,
  toRoughDuration,
  toRunTime,
} from '../../../renderer/features/jobs/jobWords.ts'
import { gapAt, movedTo, placeAtGap, placeOneStep } from '../../../renderer/features/jobs/lineOrder.ts'
import { draftErrors, toDraft, toLimits } from '../../../renderer/features/jobs/limitDraft.ts'

function createJob(id: string, rest: Partial<JobAnswer> = {}): JobAnswer {
  return {
    id,
    user: { id: `${id}account`, name: id },
    state: 'waiting',
    title: '',
    position: 0,
    expectedWaitSeconds: 0,
    expectedRunSeconds: 0,
    createdAt: '2026-11-23T09:00:00.000Z',
    startedAt: null,
    endedAt: null,
    heldBecause: null,
    reason: null,
    nodes: 7,
    progress: null,
    runSeconds: null,
    files: null,
    workflow: null,
    ...rest,
  }
}

const queue = (rest: Partial<QueueState> = {}): QueueState => ({
  paused: false,
  pausedUntil: null,
  ready: true,
  stoppedBecause: null,
  waiting: 0,
  held: 0,
  running: 0,
  ...rest,
})

describe('the line on the page', () => {
  const line = ['a', 'b', 'c', 'd'].map((id, position) => createJob(id, { position }))
  const ids = ['a', 'b', 'c', 'd']

  it('shows a moved job where the gate will have it', () => {
    const shown = movedTo(line, 'd', { before: 'b' })
    expect(shown.map(({ id, position }) => [id, position])).toEqual([
      ['a', 0],
      ['d', 1],
      ['b', 2],
      ['c', 3],
    ])
    expect(movedTo(line, 'a', { after: 'd' }).map(({ id }) => id)).toEqual(['b', 'c', 'd', 'a'])
    expect(movedTo(line, 'x', 'first')).toBe(line)
    expect(movedTo(line, 'a', { before: 'x' })).toBe(line)
  })

  it('drops a job exactly into the gap where it was let go', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.nat({ max: 4 }), (from, gap) => {
        const id = ids[from] ?? ''
        const place = placeAtGap(ids, id, gap)
        const wanted = ids.filter((other) => other !== id)
        wanted.splice(gap > from ? gap - 1 : gap, 0, id)
        expect(place === undefined ? ids : movedTo(line, id, place).map((job) => job.id)).toEqual(wanted)
      }),
    )
  })

  it('moves by one step, and stops at the ends', () => {
    expect(placeOneStep(ids, 'b', 'up')).toEqual({ before: 'a' })
    expect(placeOneStep(ids, 'b', 'down')).toEqual({ before: 'd' })
    expect(placeOneStep(ids, 'c', 'down')).toEqual({ after: 'd' })
    expect(placeOneStep(ids, 'a', 'up')).toBeUndefined()
    expect(placeOneStep(ids, 'd', 'down')).toBeUndefined()
  })

  it('finds the gap under the pointer', () => {
    expect([5, 15, 25, 99].map((y) => gapAt([10, 20, 30], y))).toEqual([0, 1, 2, 3])
  })

  it('says who is served before each, nobody twice and not oneself', () => {
    const names = ['Mia', 'Leo', 'Mia', 'Tom', 'Zoe', 'Ben', 'Leo']
    const jobs = names.map((name, index) => createJob(String(index), { user: { id: name, name } }))
    expect(behindWords(jobs)).toEqual([
      '',
      'after Mia',
      'after Leo',
      'after Mia and Leo',
      'after Mia, Leo and Tom',
      'after Mia, Leo, Tom and 1 other',
      'after Mia, Tom, Zoe and 1 other',
    ])
  })
})

describe('words about jobs', () => {
  it.each([
    [0, '1st in line, less than a minute'],
    [2, '3rd in line, about 6 minutes'],
  ])('say the place and the wait', (position, words) => {
    const job = createJob('a', { position, expectedWaitSeconds: position === 0 ? 20 : 360 })
    expect(placeWords(job, true)).toBe(position === 0 ? words.replace('1st in line', 'Next') : words)
    expect(placeWords(job, false)).toBe(position === 0 ? 'Next' : '3rd in line')
  })

  it('count as people do', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 112, 123].map(toOrdinal).join(' ')).toBe(
      '1st 2nd 3rd 4th 11th 12th 13th 21st 112th 123rd',
    )
    expect([10, 60, 90, 3600, 7200].map(toRoughDuration)).toEqual([
      'less than a minute',
      'about 1 minute',
      'about 2 minutes',
      'about 60 minutes',
      'about 2 hours',
    ])
    expect([2.34, 9, 24.4, 200, 3900].map(toRunTime)).toEqual(['2.3 s', '9 s', '24 s', '3 min 20 s', '1 h 5 min'])
  })

  it('say how far a run is', () => {
    const progress = { done: 3, of: 7, step: { value: 12, max: 20 }, fraction: 0.514, preview: null }
    expect(progressWords({ progress })).toBe('51 %, step 12 of 20')
    expect(progressWords({ progress: { ...progress, step: null } })).toBe('51 %, 3 of 7 nodes done')
    expect(progressWords({ progress: null })).toBe('')
  })

  it('sum the queue up in one line', () => {
    const mia = createJob('Mia', {
      state: 'running',
      progress: { done: 1, of: 2, step: null, fraction: 0.6, preview: null },
    })
    expect(queueLine([mia], queue({ running: 1, waiting: 3, held: 1 }), false)).toBe(
      'Mia’s job is at 60 %, 2 wait, 1 on hold.',
    )
    expect(queueLine([], queue({ waiting: 1 }), true)).toBe('Paused: 1 waits.')
    expect(queueLine([], queue(), false)).toBeUndefined()
  })

  it('head one’s own page by what matters most', () => {
    const waiting = createJob('a', { position: 2, expectedWaitSeconds: 360 })
    expect(ownHeadline([createJob('b')], [waiting], true)).toBe('Your job runs')
    expect(ownHeadline([], [waiting], true)).toBe('3rd in line, about 6 minutes')
    expect(ownHeadline([], [], true)).toBe('Nothing waits')
  })

  it('name only limits that are there', () => {
    const use = { limits: defaultJobLimits.creator, queued: 2, jobsToday: 12, gpuMinutesToday: 8.4, resetsAt: '' }
    expect(limitWords(use)).toEqual([])
    expect(
      limitWords({ ...use, queued: 150, limits: { ...use.limits, jobsPerDay: 50, gpuMinutesPerDay: 30 } }),
    ).toEqual(['150 of 200 jobs in line', '12 of 50 jobs today', '8 of 30 minutes of the graphics card today'])
  })

  it('say what a job gave', () => {
    expect(endedFacts({ runSeconds: 24, files: 2, state: 'succeeded' })).toBe('24 s, 2 files')
    expect(endedFacts({ runSeconds: 24, files: 0, state: 'failed' })).toBe('24 s')
    expect(endedFacts({ runSeconds: null, files: 0, state: 'succeeded' })).toBe('no files')
  })
})

describe('a pause', () => {
  it('is over when its time has come, before anybody says so', () => {
    const state = queue({ paused: true, pausedUntil: '2026-11-23T10:00:00.000Z' })
    expect(isPausedAt(state, Date.parse('2026-11-23T09:59:59.000Z'))).toBe(true)
    expect(isPausedAt(state, Date.parse('2026-11-23T10:00:00.000Z'))).toBe(false)
    expect(isPausedAt(queue({ paused: true }), Infinity)).toBe(true)
  })

  it('until this evening is offered while there is one', () => {
    const kinds = (hour: number) => pauseChoices(new Date(2026, 10, 23, hour).getTime()).map(({ kind }) => kind)
    expect(kinds(9)).toEqual(['halfHour', 'hour', 'evening', 'open'])
    expect(kinds(21)).toEqual(['halfHour', 'hour', 'open'])
    expect(kinds(23)).toEqual(['halfHour', 'hour', 'open'])
  })
})

describe('releasing', () => {
  it('is offered to who may do it', () => {
    const by = (isAdministrator: boolean) => holdReasons.filter((reason) => canRelease(reason, isAdministrator))
    expect(by(false)).toEqual(['person', 'suspect'])
    expect(by(true)).toEqual(['person', 'owner', 'suspect'])
  })
})

describe('limits as they are typed', () => {
  const before = { ...defaultJobLimits.user, runSeconds: 100 }

  it('keep what was not touched, also seconds that minutes do not show', () => {
    expect(toLimits(toDraft(before, 1), before)).toEqual({ limits: before, weight: 1 })
  })

  it('are no limit when empty, and minutes become seconds', () => {
    const draft = { ...toDraft(before, 1), minutes: 1.5, jobsPerDay: '', weight: 2 }
    expect(toLimits(draft, before)).toEqual({
      limits: { ...before, runSeconds: 90, jobsPerDay: null },
      weight: 2,
    })
  })

  it('are refused with a word beside the field', () => {
    const draft = { queued: 0, minutes: 99_999, jobsPerDay: 1.5, gpuMinutesPerDay: '', weight: 0 }
    expect(Object.keys(draftErrors(draft)).sort()).toEqual(['jobsPerDay', 'minutes', 'queued', 'weight'])
    expect(draftErrors(toDraft(before, 0.5))).toEqual({})
  })
})
