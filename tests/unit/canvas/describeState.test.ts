import { describe, expect, it } from 'vitest'
import * as accounts from '../../../proxy/contract/accounts.ts'
import * as folders from '../../../proxy/contract/folders.ts'
import * as jobs from '../../../proxy/contract/jobs.ts'
import { folderSchema, jobsSchema, sessionSchema } from '../../../renderer/canvas/answers.ts'
import type { CanvasState, Folder, Job, Session } from '../../../renderer/canvas/answers.ts'
import { describeState } from '../../../renderer/canvas/describeState.ts'
import { toBytesOf } from '../../../renderer/words/bytes.ts'
import { toExpectedWait, toOrdinal, toPlaceInLine } from '../../../renderer/words/line.ts'

const session: Session = { user: { name: 'Mia', role: 'creator' }, mayUseManager: false, isInApp: false }
const state = (change: Partial<CanvasState> = {}): CanvasState => ({ session, jobs: [], folder: undefined, ...change })
const waiting = (position: number, expectedWaitSeconds: number | null = 360): Job => ({
  state: 'waiting',
  position,
  expectedWaitSeconds,
  reason: null,
})
const running: Job = { state: 'running', position: null, expectedWaitSeconds: null, reason: null }
const held = (reason: string): Job => ({ state: 'held', position: null, expectedWaitSeconds: null, reason })
const folder = (change: Partial<Folder> = {}): Folder => ({
  bytes: 12_400_000_000,
  quotaBytes: 20_000_000_000,
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
  })

  it('leaves a running job to ComfyUI’s own page', () => {
    const words = describeState(state({ jobs: [running, waiting(0)] }))

    expect(words?.note).toBe('')
    expect(words?.jobs.map(({ text }) => text)).toEqual(['Running now', 'Next in line, about 6 minutes'])
  })

  it('warns of held jobs and says why, each reason once', () => {
    const words = describeState(state({ jobs: [held('You put it on hold.'), held('You put it on hold.')] }))

    expect(words).toMatchObject({ note: '2 on hold', tone: 'warning' })
    expect(words?.jobs).toEqual([{ text: '2 on hold. You put it on hold.', tone: 'warning' }])
  })

  it('says how much room is used, and warns when it gets tight', () => {
    expect(describeState(state({ folder: folder() }))).toMatchObject({
      note: '',
      storage: { text: '12.4 of 20 GB', fraction: 0.62, tone: 'calm' },
    })
    const tight = folder({ bytes: 19_600_000_000, warning: 'Nearly full: 19.6 of 20 GB' })
    expect(describeState(state({ folder: tight }))).toMatchObject({
      note: 'Nearly full',
      tone: 'warning',
      storage: { text: 'Nearly full: 19.6 of 20 GB', tone: 'warning' },
    })
    const full = folder({ bytes: 20_000_000_000, warning: 'Full' })
    expect(describeState(state({ folder: full }))?.note).toBe('Full')
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

    const ofJob = { id: 'a', user: { id: user.id, name: 'Mia' }, createdAt: '', startedAt: null, endedAt: null }
    const job = jobs.jobSchema.parse({ ...waiting(2), ...ofJob, expectedRunSeconds: 1, heldBecause: null, nodes: 1 })
    expect(jobsSchema.safeParse({ items: [job], nextCursor: null }).data).toEqual({ items: [waiting(2)] })

    const ofFolder = { path: null, isComfyuisOwn: false, state: 'ready', problem: null, files: 1, inputBytes: 0 }
    const limits = { hasOwnQuota: false, retentionDays: null, hasOwnRetention: false, freeBytes: null, moving: null }
    const mine = folders.folderSchema.parse({ user: { id: user.id, name: 'Mia' }, ...ofFolder, ...limits, ...folder() })
    expect(folderSchema.safeParse(mine).data).toEqual(folder())
  })
})

describe('words for a line and for room', () => {
  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [4, '4th'],
    [11, '11th'],
    [12, '12th'],
    [13, '13th'],
    [22, '22nd'],
    [111, '111th'],
  ])('counts %i as %s', (number, words) => {
    expect(toOrdinal(number)).toBe(words)
  })

  it.each([
    [10, 'less than a minute'],
    [60, 'about a minute'],
    [360, 'about 6 minutes'],
    [5000, 'about 83 minutes'],
    [7200, 'about 2 hours'],
  ])('expects %i seconds as %s', (seconds, words) => {
    expect(toExpectedWait(seconds)).toBe(words)
  })

  it('says who is next, and no time that nobody knows', () => {
    expect(toPlaceInLine(0, 20)).toBe('Next in line, less than a minute')
    expect(toPlaceInLine(3, null)).toBe('4th in line')
  })

  it.each([
    [12_400_000_000, 20_000_000_000, '12.4 of 20 GB'],
    [340_000_000, 2_000_000_000, '340 MB of 2 GB'],
    [0, 20_000_000_000, '0 kB of 20 GB'],
    [999_960_000, 1_000_000_000, '1 of 1 GB'],
  ])('says %i of %i bytes as %s', (used, all, words) => {
    expect(toBytesOf(used, all)).toBe(words)
  })
})
