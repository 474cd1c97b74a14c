import { describe, expect, it } from 'vitest'
import * as accounts from '../../../proxy/contract/accounts.ts'
import * as folders from '../../../proxy/contract/folders.ts'
import * as jobs from '../../../proxy/contract/jobs.ts'
import { folderSchema, jobsSchema, queueSchema, sessionSchema } from '../../../renderer/canvas/answers.ts'
import type { CanvasState, Folder, Job, Queue, Session } from '../../../renderer/canvas/answers.ts'
import { describeState } from '../../../renderer/canvas/describeState.ts'

const session: Session = {
  user: { name: 'Mia', role: 'creator' },
  roleTitle: 'Creator',
  mayUseManager: false,
  isInApp: false,
}
const moving: Queue = { paused: false, pausedUntil: null, ready: true, stoppedBecause: null }
const state = (change: Partial<CanvasState> = {}): CanvasState => ({
  session,
  jobs: [],
  queue: moving,
  folder: undefined,
  workflows: [],
  ...change,
})
const waiting = (position: number, expectedWaitSeconds: number | null = 360): Job => ({
  id: `job-${position}`,
  state: 'waiting',
  position,
  expectedWaitSeconds,
  reason: null,
})
const running: Job = { id: 'running', state: 'running', position: null, expectedWaitSeconds: null, reason: null }
const held = (reason: string): Job => ({ id: 'held', state: 'held', position: null, expectedWaitSeconds: null, reason })
const gigabyte = 1024 ** 3
const folder = (change: Partial<Folder> = {}): Folder => ({
  bytes: 12 * gigabyte,
  inputBytes: Math.round(0.4 * gigabyte),
  quotaBytes: 20 * gigabyte,
  warning: null,
  ...change,
})

describe('the badge', () => {
  it('shows nothing before the gate has said who is there', () => {
    expect(describeState(state({ session: undefined }))).toBeUndefined()
  })

  it('says the name alone while there is nothing to know', () => {
    expect(describeState(state())).toMatchObject({ name: 'Mia', note: '', role: 'Creator', canSignOut: true })
  })

  it('says where the first of one’s jobs stands and how long it may take', () => {
    const words = describeState(state({ jobs: [waiting(2), waiting(5)] }))

    expect(words?.note).toBe('3rd in line, about 6 minutes')
    expect(words?.jobs.map(({ text }) => text)).toEqual(['3rd in line, about 6 minutes', '1 more of yours behind it'])
    expect(words?.jobs.map(({ jobId }) => jobId)).toEqual(['job-2', undefined])
  })

  it('foretells no time while the owner has paused, and says so as the Queue page does', () => {
    const words = describeState(state({ jobs: [waiting(0, 3)], queue: { ...moving, paused: true } }))

    expect(words).toMatchObject({ note: 'Paused by the owner', tone: 'warning' })
    expect(words?.jobs).toEqual([
      { text: 'Paused by the owner. What runs ends first, and your jobs keep their places.', tone: 'warning' },
      { text: 'Next', tone: 'calm', jobId: 'job-0' },
    ])
  })

  it('says until when it is paused, and goes on by itself then', () => {
    const endsAtMs = Date.parse('2026-03-01T20:00:00Z')
    const paused = state({
      jobs: [waiting(0)],
      queue: { ...moving, paused: true, pausedUntil: new Date(endsAtMs).toISOString() },
    })

    expect(describeState(paused, endsAtMs - 1)?.note).toMatch(/^Paused until /)
    expect(describeState(paused, endsAtMs)).toMatchObject({ note: 'Next, about 6 minutes', tone: 'calm' })
  })

  it('tells the owner that they have to resume', () => {
    const owner: Session = { ...session, user: { name: 'Ada', role: 'administrator' } }
    const words = describeState(state({ session: owner, jobs: [waiting(0)], queue: { ...moving, paused: true } }))

    expect(words?.note).toBe('Paused until you resume')
  })

  it('says why nothing begins: no ComfyUI, or no room on the disk', () => {
    const stopped = describeState(state({ jobs: [waiting(1)], queue: { ...moving, ready: false } }))
    expect(stopped?.note).toBe('ComfyUI is not running')
    expect(stopped?.jobs.map(({ text }) => text)).toEqual([
      'ComfyUI is not running. Your jobs wait until it is.',
      '2nd in line',
    ])

    const full = describeState(state({ jobs: [waiting(0)], queue: { ...moving, stoppedBecause: jobs.holdWords.disk } }))
    expect(full?.note).toBe('Nothing begins now')
    expect(full?.jobs[0]?.text).toBe(jobs.holdWords.disk)
  })

  it('of a pause, warns in the panel alone while none of one’s jobs waits or one begins all the same', () => {
    const paused: Queue = { ...moving, paused: true }
    const starting: Job = { ...waiting(0), state: 'starting' }

    expect(describeState(state({ queue: paused }))).toMatchObject({ note: '', jobs: [{ tone: 'warning' }] })
    expect(describeState(state({ jobs: [running, waiting(0)], queue: paused }))?.note).toBe('')
    expect(describeState(state({ jobs: [starting], queue: paused }))).toMatchObject({ note: 'About to start' })
  })

  it('foretells no time before it is known whether jobs begin', () => {
    expect(describeState(state({ jobs: [waiting(0)], queue: undefined }))?.note).toBe('Next')
  })

  it('leaves a running job to ComfyUI’s own page', () => {
    const words = describeState(state({ jobs: [running, waiting(0)] }))

    expect(words?.note).toBe('')
    expect(words?.jobs.map(({ text }) => text)).toEqual(['Running now', 'Next, about 6 minutes'])
  })

  it('warns of held jobs and says why, each reason once', () => {
    const words = describeState(state({ jobs: [held('You put it on hold.'), held('You put it on hold.')] }))

    expect(words).toMatchObject({ note: '2 on hold', tone: 'warning' })
    expect(words?.jobs).toEqual([{ text: '2 on hold. You put it on hold.', tone: 'warning' }])
  })

  it('says how much room is used, and warns when it gets tight', () => {
    expect(describeState(state({ folder: folder() }))).toMatchObject({
      note: '',
      storage: { text: '12.4 of 20 GB', fraction: expect.closeTo(0.62, 5) as unknown, tone: 'calm' },
    })
    const tight = folder({ bytes: Math.round(19.2 * gigabyte), warning: 'Nearly full: 19.6 of 20 GB' })
    expect(describeState(state({ folder: tight }))).toMatchObject({
      note: 'Nearly full',
      tone: 'warning',
      storage: { text: 'Nearly full: 19.6 of 20 GB', tone: 'warning' },
    })
    const full = folder({ bytes: 20 * gigabyte, warning: 'Full' })
    expect(describeState(state({ folder: full }))?.note).toBe('Full')
    expect(describeState(state({ folder: folder({ bytes: 340 * 1024 ** 2, inputBytes: 0 }) }))?.storage?.text).toBe(
      '340 MB of 20 GB',
    )
    expect(describeState(state({ folder: folder({ quotaBytes: null }) }))?.storage).toBeUndefined()
  })

  it('offers no sign-out in the window of the app, and says when the sign-in has ended', () => {
    expect(describeState(state({ session: { ...session, isInApp: true } }))?.canSignOut).toBe(false)
    expect(describeState(state({ session: 'signedOut' }))).toMatchObject({ name: 'Signed out', isSignedOut: true })
  })

  it('offers to publish to administrators alone, and says where', () => {
    const ada = { name: 'Ada', role: 'administrator' as const }
    expect(describeState(state())?.publishing).toBe('no')
    expect(describeState(state({ session: { ...session, user: ada } }))?.publishing).toBe('there')
    expect(describeState(state({ session: { ...session, user: ada, isInApp: true } }))?.publishing).toBe('here')
    expect(describeState(state({ session: 'signedOut' }))).toMatchObject({ publishing: 'no', workflows: [] })
  })

  it('understands what the gate’s contract says', () => {
    const user = { id: 'mia0000000000000', name: 'Mia', role: 'creator' }
    const rights = { mayAdminister: false, mayUseManager: false, isInApp: false }
    const role = { roleTitle: 'Creator', permissions: [] }
    const answer = accounts.sessionSchema.parse({ user, ...role, surface: 'people', guest: null, ...rights })
    expect(sessionSchema.safeParse(answer).data).toEqual(session)

    const shown = { id: true, state: true, position: true, expectedWaitSeconds: true, reason: true } as const
    const job = jobs.jobSchema.pick(shown).parse(waiting(2))
    expect(jobsSchema.safeParse({ items: [{ ...job, nodes: 3 }], nextCursor: null }).data).toEqual({
      items: [waiting(2)],
    })
    for (const state of jobs.jobStates) expect(jobsSchema.safeParse({ items: [{ ...job, state }] }).success).toBe(true)

    const counts = { waiting: 1, held: 0, running: 0 }
    const queue = jobs.queueStateSchema.parse({ ...moving, ...counts })
    expect(queueSchema.safeParse(queue).data).toEqual(moving)

    const room = folders.folderSchema
      .pick({ bytes: true, inputBytes: true, quotaBytes: true, warning: true })
      .parse(folder())
    expect(folderSchema.safeParse({ ...room, files: 3 }).data).toEqual(folder())
  })
})
