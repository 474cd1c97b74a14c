import type { Page } from 'playwright-core'
import { jobSchema } from '../../proxy/contract/jobs.ts'
import type { JobAnswer } from '../../proxy/contract/jobs.ts'
import { startedRunSchema, workflowSchema } from '../../proxy/contract/workflows.ts'
import type { Workflow, WorkflowInput } from '../../proxy/contract/workflows.ts'
import { fixtureNowMs, owner, people, portalScenario, problem } from './pageFixtures.ts'
import { queueState } from './pageFixturesJobs.ts'
import { createOutputs, toOutputPages } from './pageFixturesOutputs.ts'
import { pendingAnswer } from './pageFixturesServer.ts'
import type { Shot } from './pageFixturesShots.ts'

/* What the page Run is shown with: workflows of every kind of form, and a run in each of its states. */

const [, mia = owner, , tom = owner] = people
const path = '/gatehouse/run'
const at = (secondsAgo: number): string => new Date(fixtureNowMs - secondsAgo * 1000).toISOString()
const idOf = (number: number): string => `workflow${String(number).padStart(8, '0')}`
const jobId = '00000000-0000-4000-8000-0000000000aa'

const text = (key: string, label: string, rest: object = {}): WorkflowInput =>
  inputOf({ kind: 'text', key, label, multiline: true, maxLength: 2000, default: '', ...rest })

function inputOf(input: object): WorkflowInput {
  const [parsed] = workflowSchema.shape.inputs.parse([input])
  if (parsed === undefined) throw new TypeError('one in, one out')
  return parsed
}

const seed = inputOf({
  kind: 'seed',
  key: '3.seed',
  label: 'Seed',
  min: '0',
  max: '18446744073709551615',
  default: '0',
})
const words = text('6.text', 'What should be in it?', {
  hint: 'Name what is in front first, then light and mood.',
  default: 'a wide valley in the morning mist, distant ridges, soft light',
})

const everyKind: readonly WorkflowInput[] = [
  inputOf({ kind: 'image', key: '10.image', label: 'Start picture', default: '' }),
  words,
  inputOf({
    kind: 'choice',
    key: '4.ckpt_name',
    label: 'Style',
    choices: ['dreamshaper_8.safetensors', 'sd_xl_base_1.0.safetensors', 'flux1-dev-fp8.safetensors'],
    default: 'dreamshaper_8.safetensors',
  }),
  inputOf({ kind: 'choice', key: '8.shape', label: 'Shape', choices: ['Tall', 'Square', 'Wide'], default: 'Square' }),
  inputOf({
    kind: 'number',
    key: '3.denoise',
    label: 'How much changes',
    hint: 'A little keeps the picture, much makes a new one.',
    min: 0,
    max: 1,
    step: 0.05,
    default: 0.6,
  }),
  inputOf({ kind: 'integer', key: '5.width', label: 'Width', min: 256, max: 4096, step: 8, default: 1024 }),
  inputOf({ kind: 'boolean', key: '9.enabled', label: 'Sharpen at the end', default: true }),
  seed,
]

function createWorkflow(number: number, name: string, description: string, rest: Partial<Workflow> = {}): Workflow {
  return workflowSchema.parse({
    id: idOf(number),
    name,
    description,
    version: 1,
    publishedAt: at(86_400),
    hasPicture: true,
    inputs: [words, seed],
    problem: null,
    ...rest,
  })
}

export const runWorkflows: readonly Workflow[] = [
  createWorkflow(1, 'Picture from words', 'Say what you want to see. Takes about a minute.'),
  createWorkflow(2, 'Make it a painting', 'Takes one of your photos and paints it anew.', { inputs: [...everyKind] }),
  createWorkflow(3, 'Larger and sharper', 'Four times as large, for a print.', {
    hasPicture: false,
    inputs: everyKind.slice(0, 1),
    problem: 'The model 4x-UltraSharp.pth is not there any more.',
  }),
  createWorkflow(
    4,
    'Donaudampfschifffahrtsgesellschaftsporträt im Stil der Jahrhundertwende',
    'Ein Bild wie aus dem Familienalbum, mit Rahmen und Bildunterschrift. Braucht ein Foto, auf dem das Gesicht gut zu sehen ist.',
    { hasPicture: false },
  ),
]

const list = (items: readonly unknown[]) => ({ items, nextCursor: null })
const painting = idOf(2)

function createRun(rest: Partial<JobAnswer>): JobAnswer {
  return jobSchema.parse({
    id: jobId,
    user: { id: mia.id, name: mia.name },
    state: 'waiting',
    title: 'dreamshaper_8, 512 × 768',
    position: 2,
    expectedWaitSeconds: 340,
    expectedRunSeconds: 40,
    createdAt: at(30),
    startedAt: null,
    endedAt: null,
    heldBecause: null,
    reason: null,
    nodes: 7,
    progress: null,
    runSeconds: null,
    files: null,
    workflow: { id: painting, name: 'Make it a painting', version: 1 },
    ...rest,
  })
}

const running = createRun({
  state: 'running',
  position: null,
  startedAt: at(24),
  progress: { done: 4, of: 7, step: { value: 12, max: 20 }, fraction: 0.66, preview: 9 },
})
const over = { position: null, startedAt: at(80), endedAt: at(40), runSeconds: 38.4 }
const done = createRun({ ...over, state: 'succeeded', files: 3 })
const outputs = createOutputs([mia]).filter(({ kind }) => kind === 'image')

function answers(run: JobAnswer | undefined, workflows: readonly Workflow[] = runWorkflows) {
  const isActive = run !== undefined && run.endedAt === null
  return {
    'GET workflows': list(workflows),
    'GET jobs': list(isActive ? [run] : []),
    'GET jobs/queue': queueState(isActive ? { waiting: run.state === 'running' ? 0 : 1 } : {}),
    'GET outputs': (query: URLSearchParams) =>
      query.has('job') ? list(outputs.slice(0, run?.files ?? 0)) : toOutputPages(outputs)(query),
    ...(run === undefined ? {} : { [`GET jobs/${run.id}`]: run }),
    [`POST workflows/${painting}/run`]: startedRunSchema.parse({
      jobId,
      workflow: { id: painting, name: 'Make it a painting', version: 1 },
      inputs: {},
    }),
  }
}

/** Every picture in sight has come. */
async function seePictures(page: Page): Promise<void> {
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
}

const shot = (
  name: string,
  query: string,
  run: JobAnswer | undefined,
  more: Partial<Shot> = {},
): Omit<Shot, 'place'> => ({
  name,
  path: `${path}${query}`,
  scenario: portalScenario(mia, answers(run)),
  act: seePictures,
  ...more,
})
const ofRun = `?workflow=${painting}&job=${jobId}`

/** As somebody who filled the form on this device. */
const remember = {
  key: `gatehouse-run-${mia.id}`,
  value: JSON.stringify({
    forms: [],
    runs: [
      { jobId, workflowId: painting, draft: { '10.image': { name: 'a.png', label: 'Your picture', look: null } } },
    ],
  }),
}

export const runShots: readonly Omit<Shot, 'place'>[] = [
  shot('portal-run', '', undefined),
  shot('run-cards-running', '', running),
  shot('run-empty', '', undefined, { scenario: portalScenario(tom, answers(undefined, [])) }),
  shot('run-loading', '', undefined, {
    scenario: portalScenario(mia, { ...answers(undefined), 'GET workflows': pendingAnswer }),
  }),
  shot('run-error', '', undefined, {
    scenario: portalScenario(mia, answers(undefined), {
      'GET workflows': problem(
        500,
        'INTERNAL_ERROR',
        'Gatehouse could not read what is published. Try again in a minute.',
      ),
    }),
  }),
  shot('run-single', '', undefined, { scenario: portalScenario(tom, answers(undefined, runWorkflows.slice(0, 1))) }),
  shot('run-form', `?workflow=${painting}`, undefined),
  shot('run-form-bottom', `?workflow=${painting}`, undefined, {
    viewportOnly: true,
    act: async (page) => {
      await seePictures(page)
      await page.getByRole('button', { name: 'Hold one' }).click()
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
    },
  }),
  shot('run-form-problems', `?workflow=${painting}`, undefined, {
    act: async (page) => {
      await page.getByLabel('Width', { exact: true }).fill('9000')
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByText('Choose a picture.').waitFor()
    },
  }),
  shot('run-form-own', `?workflow=${painting}`, undefined, {
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'From my pictures' }).click()
      await page.getByRole('dialog').getByRole('button').nth(5).waitFor()
      await seePictures(page)
    },
  }),
  shot('run-form-unable', `?workflow=${idOf(3)}`, undefined),
  shot('run-waiting', ofRun, createRun({})),
  shot('run-stopped', ofRun, createRun({ position: 0 }), {
    scenario: portalScenario(mia, {
      ...answers(createRun({ position: 0 })),
      'GET jobs/queue': queueState({ ready: false, waiting: 1 }),
    }),
  }),
  shot(
    'run-held',
    ofRun,
    createRun({
      state: 'held',
      position: null,
      heldBecause: 'room',
      reason:
        'Your room is full. It goes on by itself once you have removed pictures, or the owner gave you more room.',
    }),
  ),
  shot('run-running', ofRun, running),
  shot('run-just-started', ofRun, createRun({ state: 'running', position: null, startedAt: at(2) })),
  shot('run-result', ofRun, done, { storage: remember }),
  shot('run-result-one', ofRun, { ...done, files: 1 }, { viewportOnly: true, storage: remember }),
  shot(
    'run-failed',
    ofRun,
    createRun({
      ...over,
      state: 'failed',
      reason: 'The graphics card ran out of memory. A smaller picture may work.',
      files: 0,
    }),
    { storage: remember },
  ),
  shot('run-gone', ofRun, undefined),
]
