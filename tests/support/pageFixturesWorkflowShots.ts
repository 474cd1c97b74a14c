import { savedDraftSchema, workflowDraftSchema } from '../../proxy/contract/workflowDrafts.ts'
import { createdKey, fixtureNowMs, owner, ownerScenario, problem } from './pageFixtures.ts'
import { pendingAnswer } from './pageFixturesServer.ts'
import type { Shot } from './pageFixturesShots.ts'
import { inspected, prompt, words } from './pageFixturesWorkflows.ts'

const minuteMs = 60_000
const ago = (elapsedMs: number): string => new Date(fixtureNowMs - elapsedMs).toISOString()
const list = <Item>(items: readonly Item[]) => ({ items, nextCursor: null })

const drafts = [
  savedDraftSchema.parse({
    id: 'draft00000000001',
    name: 'wading birds',
    by: { id: owner.id, name: owner.name },
    savedAt: ago(2 * minuteMs),
    fromApp: true,
    nodes: 5,
  }),
]
const draft = workflowDraftSchema.parse({ ...drafts[0], prompt, canvas: null })

const answers = {
  'POST workflows/inspect': inspected,
  'GET workflows/drafts': { items: drafts },
  'GET workflows/drafts/draft00000000001': draft,
  'POST workflows': words,
}

const path = '/gatehouse/owner/workflows'
const publishing = `${path}?draft=draft00000000001`

export const workflowShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'workflows', path, scenario: ownerScenario(answers) },
  { name: 'workflows-empty', path, scenario: ownerScenario({ 'GET workflows': list([]) }) },
  { name: 'workflows-loading', path, scenario: ownerScenario({ 'GET workflows': pendingAnswer }) },
  {
    name: 'workflows-error',
    path,
    scenario: ownerScenario(
      {},
      {
        refusals: {
          'GET workflows': problem(500, 'INTERNAL_ERROR', 'The list is being repaired. Try again in a minute.'),
        },
      },
    ),
  },
  { name: 'workflow', path: `${path}?open=${words.id}`, scenario: ownerScenario(answers) },
  {
    name: 'workflow-key',
    path: `${path}?open=${words.id}`,
    scenario: ownerScenario({ ...answers, 'POST keys': { ...createdKey, name: words.name } }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Make a key for this workflow alone' }).click()
      await page.getByText('shown only now').waitFor()
    },
  },
  {
    name: 'workflow-stop',
    path: `${path}?open=${words.id}`,
    scenario: ownerScenario(answers),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Stop offering …' }).click()
    },
  },
  { name: 'publish', path: `${path}?publish=true`, scenario: ownerScenario(answers) },
  {
    name: 'publish-canvas-file',
    path: `${path}?publish=true`,
    scenario: ownerScenario({ ...answers, 'GET workflows/drafts': { items: [] } }),
    act: async (page) => {
      await page.getByLabel('Workflow file').setInputFiles({
        name: 'birds.json',
        mimeType: 'application/json',
        buffer: Buffer.from('{"nodes":[],"links":[]}'),
      })
      await page.getByText('saves for its own page').waitFor()
    },
  },
  {
    name: 'publish-name',
    path: publishing,
    scenario: ownerScenario(answers),
    act: async (page) => {
      await page.getByLabel('Name', { exact: true }).waitFor()
    },
  },
  {
    name: 'publish-inputs',
    path: publishing,
    scenario: ownerScenario({
      ...answers,
      'POST workflows/inspect': { ...inspected, riskyNodes: ['LoadImageFromUrl'] },
    }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText('4 more inputs').click()
      await page.getByRole('checkbox', { name: 'Sampler name' }).check()
      await page.getByText('People choose among').click()
    },
  },
  {
    name: 'publish-who',
    path: publishing,
    scenario: ownerScenario(answers),
    act: async (page) => {
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByRole('checkbox', { name: 'Users' }).waitFor()
    },
  },
  { name: 'publish-anew', path: `${path}?anew=${words.id}&draft=draft00000000001`, scenario: ownerScenario(answers) },
]
