import { describeBytes } from '../../proxy/contract/byteWords.ts'
import { isBuiltIn, roleWords } from '../../proxy/contract/roles.ts'
import { isMovingAt, placeWords, standstillWords } from '../features/jobs/jobWords.ts'
import type { CanvasState, Folder, Job, Workflow } from './answers.ts'

export type Tone = 'calm' | 'warning'

export interface PanelLine {
  readonly text: string
  readonly tone: Tone
  /** The job that can be taken out of the line here. */
  readonly jobId?: string
}

/** What the badge and its panel say. */
export interface BadgeWords {
  readonly name: string
  /** Beside the name while there is something to know; empty otherwise. */
  readonly note: string
  readonly tone: Tone
  readonly role: string
  readonly meaning: string
  readonly jobs: readonly PanelLine[]
  readonly storage: { readonly text: string; readonly fraction: number; readonly tone: Tone } | undefined
  /** What was made ready for this person to run. */
  readonly workflows: readonly Workflow[]
  /** Whether the owner's window takes what is on the canvas to be published, and whether it is on this computer. */
  readonly publishing: 'here' | 'there' | 'no'
  readonly canSignOut: boolean
  readonly isSignedOut: boolean
}

/** undefined: nothing is known yet, so nothing is shown. */
export function describeState(
  { session, jobs, queue, folder, workflows }: CanvasState,
  nowMs = Date.now(),
): BadgeWords | undefined {
  if (session === undefined) return undefined
  if (session === 'signedOut') return signedOut
  const { role } = session.user
  const who = role === 'administrator' ? 'you' : 'the owner'
  const line: Line = {
    jobs,
    moves: queue !== undefined && isMovingAt(queue, nowMs),
    standstill: queue === undefined ? undefined : standstillWords(queue, nowMs, who),
  }
  const { note, tone } = toNote(line, folder)
  return {
    name: session.user.name,
    note,
    tone,
    role: session.roleTitle,
    meaning: isBuiltIn(role) ? roleWords[role].meaning : '',
    jobs: toJobLines(line),
    storage: folder === undefined ? undefined : toStorage(folder),
    workflows,
    publishing: session.user.role !== 'administrator' ? 'no' : session.isInApp ? 'here' : 'there',
    // The owner's window on the computer itself ends with the app.
    canSignOut: !session.isInApp,
    isSignedOut: false,
  }
}

const signedOut: BadgeWords = {
  name: 'Signed out',
  note: '',
  tone: 'warning',
  role: '',
  meaning: '',
  jobs: [],
  storage: undefined,
  workflows: [],
  publishing: 'no',
  canSignOut: false,
  isSignedOut: true,
}

/** One's jobs, and whether jobs begin at all: as long as that is not known, no times are foretold. */
interface Line {
  readonly jobs: readonly Job[]
  readonly moves: boolean
  readonly standstill: ReturnType<typeof standstillWords>
}

const isHeld = ({ state }: Job): boolean => state === 'held'
/** Results and uploads share the room. */
const usedBytes = ({ bytes, inputBytes }: Folder): number => bytes + inputBytes
const isFull = (folder: Folder): boolean => folder.quotaBytes !== null && usedBytes(folder) >= folder.quotaBytes
const isWaiting = ({ position }: Job): boolean => position !== null

/** The one thing that matters most now: one's turn, then what is held, then room. */
function toNote({ jobs, moves, standstill }: Line, folder: Folder | undefined): { note: string; tone: Tone } {
  const first = jobs.find(isWaiting)
  const held = jobs.filter(isHeld).length
  if (first !== undefined && !jobs.some(({ state }) => state === 'running')) {
    // What was handed over already begins all the same.
    return standstill === undefined || first.state === 'starting'
      ? { note: placeWords(first, moves), tone: 'calm' }
      : { note: standstill.title ?? 'Nothing begins now', tone: 'warning' }
  }
  if (held > 0) return { note: held === 1 ? 'On hold' : `${held} on hold`, tone: 'warning' }
  if (folder?.warning != null) return { note: isFull(folder) ? 'Full' : 'Nearly full', tone: 'warning' }
  return { note: '', tone: 'calm' }
}

function toJobLines({ jobs, moves, standstill }: Line): PanelLine[] {
  const lines: PanelLine[] = []
  if (standstill !== undefined) {
    const { title, text } = standstill
    lines.push({ text: title === undefined ? text : `${title}. ${text}`, tone: 'warning' })
  }
  const running = jobs.filter(({ state }) => state === 'running').length
  if (running > 0) lines.push({ text: running === 1 ? 'Running now' : `${running} running now`, tone: 'calm' })
  const [first, ...others] = jobs.filter(isWaiting)
  if (first !== undefined) {
    lines.push({ text: placeWords(first, moves), tone: 'calm', jobId: first.id })
    if (others.length > 0) lines.push({ text: `${others.length} more of yours behind it`, tone: 'calm' })
  }
  const held = jobs.filter(isHeld)
  for (const reason of new Set(held.map((job) => job.reason ?? ''))) {
    const [one, ...more] = held.filter((job) => (job.reason ?? '') === reason)
    const text = `${more.length === 0 ? 'On hold' : `${more.length + 1} on hold`}. ${reason}`.trim()
    lines.push({ text, tone: 'warning', ...(one !== undefined && more.length === 0 && { jobId: one.id }) })
  }
  return lines
}

function toStorage(folder: Folder): BadgeWords['storage'] {
  const { quotaBytes, warning } = folder
  if (quotaBytes === null || quotaBytes <= 0) return undefined
  const used = usedBytes(folder)
  const tone = warning === null ? 'calm' : 'warning'
  return { text: warning ?? toBytesOf(used, quotaBytes), fraction: Math.min(1, used / quotaBytes), tone }
}

/** "12.4 of 20 GB", "340 MB of 2 GB". */
function toBytesOf(usedBytes: number, allBytes: number): string {
  const [used, all] = [describeBytes(usedBytes), describeBytes(allBytes)]
  const unit = all.slice(all.indexOf(' '))
  return `${used.endsWith(unit) ? used.slice(0, -unit.length) : used} of ${all}`
}
