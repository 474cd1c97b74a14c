import { describe, expect, it } from 'vitest'
import * as accounts from '../../../proxy/contract/accounts.ts'
import * as folders from '../../../proxy/contract/folders.ts'
import * as jobs from '../../../proxy/contract/jobs.ts'
import { folderSchema, jobsSchema, sessionSchema } from '../../../renderer/canvas/answers.ts'
import type { CanvasState, Folder, Job, Session } from '../../../renderer/canvas/answers.ts'
import { describeState } from '../../../renderer/canvas/describeState.ts'

const session: Session = { user: { name: 'Mia', role: 'creator' }, mayUseManager: false, isInApp: false }
const state = (change: Partial<CanvasState> = {}): CanvasState => ({ session, jobs: [], folder: undefined, ...change })
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

  it('understands what the gate’s contract says', () => {
    const user = { id: 'mia0000000000000', name: 'Mia', role: 'creator' }
    const rights = { mayAdminister: false, mayUseManager: false, isInApp: false }
    const answer = accounts.sessionSchema.parse({ user, surface: 'people', ...rights })
    expect(sessionSchema.safeParse(answer).data).toEqual(session)

    const shown = { id: true, state: true, position: true, expectedWaitSeconds: true, reason: true } as const
    const job = jobs.jobSchema.pick(shown).parse(waiting(2))
    expect(jobsSchema.safeParse({ items: [{ ...job, nodes: 3 }], nextCursor: null }).data).toEqual({
      items: [waiting(2)],
    })
    for (const state of jobs.jobStates) expect(jobsSchema.safeParse({ items: [{ ...job, state }] }).success).toBe(true)

    const room = folders.folderSchema
      .pick({ bytes: true, inputBytes: true, quotaBytes: true, warning: true })
      .parse(folder())
    expect(folderSchema.safeParse({ ...room, files: 3 }).data).toEqual(folder())
  })
})
