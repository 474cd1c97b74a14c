import type { HoldReason, JobAnswer, JobLimits, JobUse, QueueState } from '../../../proxy/contract/jobs.ts'
import { count, joinNames } from '../../words/names.ts'

const minuteSeconds = 60
const hourSeconds = 3600

/** "less than a minute", "about 6 minutes", "about 3 hours": how long something is expected to take. */
export function toRoughDuration(seconds: number): string {
  if (seconds < 45) return 'less than a minute'
  if (seconds < 90 * minuteSeconds) return `about ${count(Math.max(1, Math.round(seconds / minuteSeconds)), 'minute')}`
  return `about ${count(Math.round(seconds / hourSeconds), 'hour')}`
}

/** "24 s", "3 min 20 s", "1 h 5 min": how long something took. */
export function toRunTime(seconds: number): string {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < minuteSeconds) return `${whole} s`
  const minutes = Math.floor(whole / minuteSeconds)
  if (whole < hourSeconds) return `${minutes} min ${whole % minuteSeconds} s`
  return `${Math.floor(whole / hourSeconds)} h ${minutes % 60} min`
}

/** "1st", "2nd", "3rd", "11th". */
export function toOrdinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13
  const ending = isTeen ? undefined : ['th', 'st', 'nd', 'rd'][number % 10]
  return `${number}${ending ?? 'th'}`
}

/** "Next", "3rd in line". */
export function toPlace({ state, position }: Pick<JobAnswer, 'state' | 'position'>): string {
  if (state === 'starting') return 'About to start'
  if (position === null) return ''
  return position === 0 ? 'Next' : `${toOrdinal(position + 1)} in line`
}

/** "3rd in line, about 6 minutes"; while nothing begins, only the place. */
export function placeWords(job: Pick<JobAnswer, 'state' | 'position' | 'expectedWaitSeconds'>, moves: boolean): string {
  const place = toPlace(job)
  if (!moves || job.state === 'starting' || job.expectedWaitSeconds === null) return place
  return `${place}, ${toRoughDuration(job.expectedWaitSeconds)}`
}

/** Whose jobs are served before each: "after Mia and Leo"; empty for the first. */
export function behindWords(line: readonly JobAnswer[]): readonly string[] {
  const before: string[] = []
  return line.map(({ user }) => {
    const others = before.filter((name) => name !== user.name)
    if (!before.includes(user.name)) before.push(user.name)
    const shown = others.slice(0, 3)
    const more = others.length - shown.length
    if (shown.length === 0) return ''
    return `after ${joinNames(more > 0 ? [...shown, count(more, 'other')] : shown)}`
  })
}

/** "60 %, step 12 of 20", "node 3 of 7", or empty while nothing is known. */
export function progressWords({ progress }: Pick<JobAnswer, 'progress'>): string {
  if (progress === null) return ''
  const { step, done, of, fraction } = progress
  const percent = `${Math.round(fraction * 100)} %`
  return step === null
    ? `${percent}, ${done} of ${count(of, 'node')} done`
    : `${percent}, step ${step.value} of ${step.max}`
}

/** "24 s so far, usually 40 s". */
export function elapsedWords(job: Pick<JobAnswer, 'startedAt' | 'expectedRunSeconds'>, nowMs: number): string {
  if (job.startedAt === null) return ''
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(job.startedAt)) / 1000))
  const elapsed = `${toRunTime(seconds)} so far`
  const usual = Math.round(job.expectedRunSeconds ?? 0)
  return usual < 1 ? elapsed : `${elapsed}, usually ${toRunTime(usual)}`
}

export type PauseKind = 'halfHour' | 'hour' | 'evening' | 'open'

/** How long one may pause: this evening only while it is not evening. `untilMs` undefined: until somebody resumes. */
export function pauseChoices(nowMs: number): { kind: PauseKind; label: string; untilMs: number | undefined }[] {
  const evening = new Date(nowMs)
  evening.setHours(22, 0, 0, 0)
  const eveningMs = evening.getTime()
  return [
    { kind: 'halfHour', label: 'For 30 minutes', untilMs: nowMs + 30 * 60_000 },
    { kind: 'hour', label: 'For 1 hour', untilMs: nowMs + 60 * 60_000 },
    ...(eveningMs > nowMs + 60 * 60_000
      ? [{ kind: 'evening' as const, label: `Until this evening, ${toTimeOfDay(eveningMs)}`, untilMs: eveningMs }]
      : []),
    { kind: 'open', label: 'Until I resume', untilMs: undefined },
  ]
}

export const toTimeOfDay = (atMs: number): string =>
  new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }).format(atMs)

/** Whether it is paused at this moment: the end of a pause is told by no event. */
export const isPausedAt = (
  { paused, pausedUntil }: Pick<QueueState, 'paused' | 'pausedUntil'>,
  nowMs: number,
): boolean => paused && (pausedUntil === null || Date.parse(pausedUntil) > nowMs)

/** What decides whether jobs begin. */
export type QueueMotion = Pick<QueueState, 'paused' | 'pausedUntil' | 'ready' | 'stoppedBecause'>

/** Whether jobs begin: otherwise no times are foretold. */
export const isMovingAt = (state: QueueMotion, nowMs: number): boolean =>
  state.ready && state.stoppedBecause === null && !isPausedAt(state, nowMs)

/** "Paused until 21:00", "Paused until you resume"; with the day when it is not today. */
export function pausedWords(
  { pausedUntil }: Pick<QueueState, 'pausedUntil'>,
  nowMs: number,
  who: 'you' | 'the owner',
): string {
  if (pausedUntil === null) return who === 'you' ? 'Paused until you resume' : 'Paused by the owner'
  const untilMs = Date.parse(pausedUntil)
  const isToday = new Date(untilMs).toDateString() === new Date(nowMs).toDateString()
  const day = isToday ? '' : `${new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(untilMs)}, `
  return `Paused until ${day}${toTimeOfDay(untilMs)}`
}

/** Why nothing begins although jobs wait, and what becomes of them; undefined: they begin. No `title`: the text says both. */
export function standstillWords(
  state: QueueMotion,
  nowMs: number,
  who: 'you' | 'the owner',
): { readonly title: string | undefined; readonly text: string } | undefined {
  if (!state.ready) return { title: 'ComfyUI is not running', text: 'Your jobs wait until it is.' }
  if (state.stoppedBecause !== null) return { title: undefined, text: state.stoppedBecause }
  if (!isPausedAt(state, nowMs)) return undefined
  return { title: pausedWords(state, nowMs, who), text: 'What runs ends first, and your jobs keep their places.' }
}

/** Why somebody's job is on hold, as the owner reads it. */
export function ownerHoldWords(reason: HoldReason, name: string): string {
  const words: Readonly<Record<HoldReason, string>> = {
    person: `${name} put it on hold.`,
    owner: 'You put it on hold.',
    rights: `${name} may not run this workflow at the moment. It goes on by itself when that changes.`,
    suspect: `An earlier job of ${name}’s made ComfyUI crash. Release it if this one is different.`,
    token: `It came with a sign-in or key for another service, such as comfy.org. Gatehouse never stores those and was restarted since. ${name} has to send it again.`,
    quota: `${name}’s minutes of the graphics card are used up for today. It goes on by itself when there are new ones.`,
    room: `${name}’s room is full. It goes on by itself when pictures are deleted for good, or when you give ${name} more room.`,
    disk: `The disk of ${name}’s folder is almost full. It goes on by itself when there is room again.`,
    moving: `${name}’s folder is being moved. It goes on by itself.`,
  }
  return words[reason]
}

export const endedStateWords = { succeeded: 'Done', failed: 'Failed', cancelled: 'Stopped' } as const

export type EndedState = keyof typeof endedStateWords
export const toEndedState = (state: JobAnswer['state']): EndedState =>
  state === 'succeeded' || state === 'cancelled' ? state : 'failed'

/** "24 s, 2 files" */
export function endedFacts({ runSeconds, files, state }: Pick<JobAnswer, 'runSeconds' | 'files' | 'state'>): string {
  const facts = runSeconds === null ? [] : [toRunTime(runSeconds)]
  if (files !== null && (files > 0 || state === 'succeeded'))
    facts.push(files === 0 ? 'no files' : count(files, 'file'))
  return facts.join(', ')
}

/** "12 of 50 jobs today", "8 of 30 minutes of the graphics card today", only what is limited; and when it starts again. */
export function limitWords({ limits, jobsToday, gpuMinutesToday, queued }: JobUse): readonly string[] {
  const words: string[] = []
  if (limits.queued !== null && queued > limits.queued / 2) words.push(`${queued} of ${limits.queued} jobs in line`)
  if (limits.jobsPerDay !== null) words.push(`${jobsToday} of ${count(limits.jobsPerDay, 'job')} today`)
  if (limits.gpuMinutesPerDay !== null) {
    words.push(
      `${Math.round(gpuMinutesToday)} of ${count(limits.gpuMinutesPerDay, 'minute')} of the graphics card today`,
    )
  }
  return words
}

/** "2 wait, Mia’s job is at 60 %": the queue in one line; undefined when there is nothing. */
export function queueLine(running: readonly JobAnswer[], state: QueueState, isPaused: boolean): string | undefined {
  const [job] = running
  const waiting = state.waiting - state.held
  const parts: string[] = []
  if (job !== undefined) {
    const part = job.progress === null ? 'runs' : `is at ${Math.round(job.progress.fraction * 100)} %`
    parts.push(`${job.user.name}’s job ${part}`)
  }
  if (waiting > 0) parts.push(waiting === 1 ? '1 waits' : `${waiting} wait`)
  if (state.held > 0) parts.push(`${state.held} on hold`)
  if (parts.length === 0) return undefined
  return `${isPaused ? 'Paused: ' : ''}${parts.join(', ')}.`
}

/** A limit as a table shows it. */
export const toLimit = (value: number | null): string => (value === null ? 'No limit' : String(value))

/** Minutes of a job, as whole as they are. */
export const toMinutes = ({ runSeconds }: Pick<JobLimits, 'runSeconds'>): number | null =>
  runSeconds === null ? null : Math.round((runSeconds / 60) * 10) / 10

/** What one's own page says first: "Your job runs", "3rd in line, about 6 minutes", "Nothing waits". */
export function ownHeadline(running: readonly JobAnswer[], waiting: readonly JobAnswer[], moves: boolean): string {
  if (running.length > 0) return 'Your job runs'
  const [first] = waiting
  return first === undefined ? 'Nothing waits' : placeWords(first, moves)
}
