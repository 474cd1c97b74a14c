import type { Page } from 'playwright-core'
import { defaultJobLimits, holdWords, jobSchema, jobUseSchema, queueStateSchema } from '../../proxy/contract/jobs.ts'
import type { Person } from '../../proxy/contract/accounts.ts'
import type { JobAnswer, QueueState } from '../../proxy/contract/jobs.ts'
import { fixtureNowMs, longPeople, owner, ownerScenario, people, portalScenario, problem } from './pageFixtures.ts'
import type { Shot } from './pageFixturesShots.ts'
import { pendingAnswer } from './pageFixturesServer.ts'

const [, mia = owner, leo = owner, tom = owner] = people
const [, longName = owner] = longPeople
const list = (items: readonly unknown[], nextCursor: string | null = null) => ({ items, nextCursor })
const at = (secondsAgo: number): string => new Date(fixtureNowMs - secondsAgo * 1000).toISOString()

function createJob(number: number, person: Person, rest: Partial<JobAnswer> = {}): JobAnswer {
  return jobSchema.parse({
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    user: { id: person.id, name: person.name },
    state: 'waiting',
    title: ['dreamshaper_8, 512 × 768', 'sd_xl_base_1.0, 1024 × 1024, 4 at once', 'flux1-dev, 1280 × 720', ''][
      number % 4
    ],
    position: number,
    expectedWaitSeconds: 20 + number * 95,
    expectedRunSeconds: 40,
    createdAt: at(60 * (number + 1)),
    startedAt: null,
    endedAt: null,
    heldBecause: null,
    reason: null,
    nodes: 9,
    progress: null,
    runSeconds: null,
    files: null,
    ...rest,
  })
}

const running = createJob(900, mia, {
  state: 'running',
  title: 'sd_xl_base_1.0, 1024 × 1024',
  position: null,
  expectedWaitSeconds: null,
  startedAt: at(24),
  progress: { done: 4, of: 7, step: { value: 4, max: 20 }, fraction: 0.6, preview: null },
})
const line = [
  createJob(0, leo, { state: 'starting' }),
  createJob(1, mia),
  createJob(2, tom),
  createJob(3, leo),
  createJob(4, mia),
  createJob(5, longName, { title: 'v1-5-pruned-emaonly-fp16-mit-einem-sehr-langen-dateinamen, 2048 × 2048' }),
]
const held = [
  createJob(20, mia, {
    state: 'held',
    position: null,
    heldBecause: 'owner',
    reason: 'The owner of this computer put it on hold.',
  }),
  createJob(21, tom, {
    state: 'held',
    position: null,
    heldBecause: 'suspect',
    reason: holdWords.suspect,
  }),
  createJob(22, leo, {
    state: 'held',
    position: null,
    heldBecause: 'token',
    reason: holdWords.token,
  }),
  createJob(23, tom, {
    state: 'held',
    position: null,
    heldBecause: 'rights',
    reason: 'You may not run this workflow at the moment. It goes on by itself when that changes.',
  }),
]
const over = { position: null, expectedWaitSeconds: null, expectedRunSeconds: null, nodes: 9 }
const ended = [
  createJob(30, leo, { ...over, state: 'succeeded', startedAt: at(200), endedAt: at(130), runSeconds: 38.4, files: 4 }),
  createJob(31, mia, {
    ...over,
    state: 'failed',
    startedAt: at(700),
    endedAt: at(600),
    runSeconds: 3.2,
    files: 0,
    reason: 'Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated: 22.10 GiB',
  }),
  createJob(32, tom, {
    ...over,
    state: 'cancelled',
    startedAt: at(4000),
    endedAt: at(3600),
    runSeconds: 261,
    files: 1,
    reason: 'It was stopped.',
  }),
  createJob(33, mia, {
    ...over,
    state: 'succeeded',
    startedAt: at(9000),
    endedAt: at(8000),
    runSeconds: 4021,
    files: 0,
  }),
]

export const queueState = (rest: Partial<QueueState> = {}): QueueState =>
  queueStateSchema.parse({
    stoppedBecause: null,
    paused: false,
    pausedUntil: null,
    ready: true,
    waiting: 0,
    held: 0,
    running: 0,
    ...rest,
  })

interface Queue {
  readonly running?: readonly JobAnswer[]
  readonly line?: readonly JobAnswer[]
  readonly waiting?: number
  readonly held?: readonly JobAnswer[]
  readonly ended?: readonly JobAnswer[]
  readonly state?: Partial<QueueState>
}

/** The answers about jobs, as they go together. */
export function jobAnswers({
  running = [],
  line = [],
  waiting = line.length,
  held = [],
  ended = [],
  state = {},
}: Queue) {
  return {
    'GET jobs/queue': queueState({
      running: running.length,
      waiting: waiting + held.length,
      held: held.length,
      ...state,
    }),
    'GET jobs?state=running': list(running),
    'GET jobs?state=waiting': list(line, waiting > line.length ? 'c2s' : null),
    'GET jobs?state=held': list(held),
    'GET jobs?state=ended': list(ended, ended.length > 3 ? 'e1.x' : null),
  }
}

const own = (jobs: readonly JobAnswer[]): JobAnswer[] => jobs.filter(({ user }) => user.id === mia.id)
const use = jobUseSchema.parse({
  limits: { ...defaultJobLimits.creator, jobsPerDay: 50, gpuMinutesPerDay: 30 },
  queued: 3,
  jobsToday: 12,
  gpuMinutesToday: 8.4,
  resetsAt: new Date(fixtureNowMs + 14.5 * 3_600_000).toISOString(),
})

const jobsPath = '/gatehouse/owner/jobs'
const busy = { running: [running], line, ended }
const jobsShot = (name: string, queue: Queue): Omit<Shot, 'place'> => ({
  name,
  path: jobsPath,
  scenario: ownerScenario(jobAnswers(queue)),
  act: async (page) => {
    await page.getByRole('heading', { name: 'Limits' }).waitFor()
  },
})
const many = Array.from({ length: 100 }, (_unused, index) =>
  createJob(index, [mia, leo, tom, longName][index % 4] ?? owner),
)

export const ownerJobShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'home-busy', path: '/gatehouse/owner/', scenario: ownerScenario(jobAnswers({ ...busy, held })) },
  jobsShot('jobs-running', { running: [running], ended: ended.slice(0, 2) }),
  jobsShot('jobs-line', busy),
  jobsShot('jobs-paused', {
    line,
    state: { paused: true, pausedUntil: new Date(fixtureNowMs + 41_400_000).toISOString() },
  }),
  jobsShot('jobs-empty', {}),
  jobsShot('jobs-held', { ...busy, held }),
  jobsShot('jobs-stopped', { line, state: { ready: false } }),
  { ...jobsShot('jobs-many', { running: [running], line: many, waiting: 1000, ended }), viewportOnly: true },
  {
    ...jobsShot('jobs-pause', busy),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Pause after this job' }).click()
      await page.getByRole('menuitem', { name: 'Until I resume' }).waitFor()
    },
  },
  {
    ...jobsShot('jobs-menu', busy),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'What to do with Tom’s job' }).click()
      await page.getByRole('menuitem', { name: 'Hold' }).waitFor()
    },
  },
  { ...jobsShot('jobs-drag', busy), viewportOnly: true, act: dragSecondToEnd },
  {
    ...jobsShot('jobs-stop', busy),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Stop Mia’s job' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    ...jobsShot('jobs-failed', busy),
    act: async (page) => {
      await page.getByText('Why', { exact: true }).click()
    },
  },
  { name: 'jobs-loading', path: jobsPath, scenario: ownerScenario({ 'GET jobs/queue': pendingAnswer }) },
  {
    name: 'jobs-error',
    path: jobsPath,
    scenario: ownerScenario(
      {},
      {
        refusals: {
          'GET jobs/queue': problem(500, 'INTERNAL_ERROR', 'The queue is being repaired. Try again in a minute.'),
        },
      },
    ),
  },
  {
    ...jobsShot('limits', busy),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Change the limits of' }).nth(2).click()
      await page.getByLabel('Jobs a day').waitFor()
    },
  },
]

/** A row in the hand, about to be dropped. */
async function dragSecondToEnd(page: Page): Promise<void> {
  const grip = await page.getByRole('button', { name: 'Move Mia’s job, 2 in line' }).boundingBox()
  const target = await page.getByRole('button', { name: /, 4 in line/ }).boundingBox()
  if (grip === null || target === null) throw new Error('no rows to drag')
  await page.mouse.move(grip.x + 10, grip.y + 10)
  await page.mouse.down()
  await page.mouse.move(target.x + 14, target.y + target.height - 4, { steps: 6 })
}

const queueShot = (name: string, queue: Queue, person = mia): Omit<Shot, 'place'> => ({
  name,
  path: '/gatehouse/queue',
  scenario: portalScenario(person, { ...jobAnswers(queue), 'GET jobs/use': use }),
  act: async (page) => {
    await page.getByRole('heading', { name: 'Today' }).waitFor()
  },
})
const mine = { line: own(line), held: own(held), ended: own(ended) }

export const portalQueueShots: readonly Omit<Shot, 'place'>[] = [
  queueShot('portal-queue', { running: [running], ...mine }),
  queueShot('portal-queue-waiting', { line: own(line), ended: own(ended) }),
  queueShot('portal-queue-empty', {}),
  queueShot('portal-queue-user', {}, tom),
  queueShot('portal-queue-paused', { line: own(line), state: { paused: true, pausedUntil: null } }),
  queueShot('portal-queue-stopped', { ...mine, state: { ready: false } }),
  {
    ...queueShot('portal-queue-cancel', { running: [running], ...mine }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Cancel job 1' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'portal-queue-error',
    path: '/gatehouse/queue',
    scenario: portalScenario(mia, jobAnswers({}), {
      'GET jobs/queue': problem(500, 'INTERNAL_ERROR', 'The queue is being repaired. Try again in a minute.'),
    }),
  },
]
