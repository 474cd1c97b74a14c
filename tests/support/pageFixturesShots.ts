import { httpsShots } from './pageFixturesHttps.ts'
import { networkShots } from './pageFixturesNetwork.ts'
import type { Page } from 'playwright-core'
import {
  connections,
  engines,
  keysSentUnprotected,
  manyKeys,
  longPeople,
  owner,
  ownerScenario,
  people,
  portalScenario,
  problem,
  sharingOff,
  sharingOn,
  protectionReport,
} from './pageFixtures.ts'
import type { PageScenario } from './pageFixtures.ts'
import { activityShots } from './pageFixturesActivity.ts'
import { guestShots, ownerGuestShots } from './pageFixturesGuests.ts'
import { doorShots, ownerDoorShots } from './pageFixturesDoor.ts'
import { ownerJobShots, portalQueueShots } from './pageFixturesJobs.ts'
import { ownerPictureShots, pictureShots } from './pageFixturesPictureShots.ts'
import { ownerRoleShots } from './pageFixturesRoles.ts'
import { runShots } from './pageFixturesRun.ts'
import { ownerRuleShots } from './pageFixturesRules.ts'
import { brokenAnswer, pendingAnswer } from './pageFixturesServer.ts'
import { workflowShots } from './pageFixturesWorkflowShots.ts'

export interface Shot {
  readonly name: string
  readonly path: string
  readonly scenario: PageScenario
  readonly place: 'owner' | 'portal'
  /** Brings the page into the state to be seen. */
  readonly act?: (page: Page) => Promise<void>
  /** Only what the window shows, not the whole page: for dialogs. */
  readonly viewportOnly?: boolean
  /** What this browser remembers. */
  readonly storage?: { readonly key: string; readonly value: string }
}

const home = '/gatehouse/owner/'
const list = (items: readonly unknown[]) => ({ items, nextCursor: null })
const [, mia = owner, , tom = owner] = people

const press = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name, exact: true }).click()
}

const ownerShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'home', path: home, scenario: ownerScenario() },
  {
    name: 'home-stopped',
    path: home,
    scenario: ownerScenario({ 'GET comfyui': engines.stopped, 'GET sharing': sharingOff }),
  },
  {
    name: 'home-starting',
    path: home,
    scenario: ownerScenario({ 'GET comfyui': engines.starting, 'GET sharing': sharingOff }),
  },
  {
    name: 'home-nobody',
    path: home,
    scenario: ownerScenario({ 'GET sharing': { ...sharingOff, people: [] } }),
  },
  {
    name: 'home-failed',
    path: home,
    scenario: ownerScenario({ 'GET comfyui': engines.failed, 'GET sharing': sharingOff }),
  },
  {
    name: 'home-again',
    path: home,
    scenario: ownerScenario({ 'GET comfyui': engines.backingOff, 'GET connections': list([]) }),
  },
  {
    name: 'home-needs-you',
    path: home,
    scenario: ownerScenario({
      'GET comfyui': engines.runningWithNotices,
      'GET keys': list(keysSentUnprotected),
      'GET sharing': {
        ...sharingOff,
        problem: 'Port 8190 is used by nginx.',
        portTaken: { port: 8190, holder: 'nginx', free: 8192 },
      },
    }),
  },
  ...networkShots,
  ...httpsShots,
  {
    name: 'home-after-sharing',
    path: home,
    scenario: ownerScenario({ 'PUT sharing': sharingOff }),
    act: async (page) => {
      await page.getByRole('switch', { name: 'Sharing' }).click()
      await page.getByText('Everyone was disconnected').waitFor()
    },
  },
  {
    name: 'home-log',
    path: home,
    scenario: ownerScenario({ 'GET sharing': sharingOff }),
    act: async (page) => {
      await page.getByText('Log', { exact: true }).click()
      await page.getByRole('log', { name: 'Lines of the log' }).waitFor()
    },
  },
  {
    name: 'home-unreachable',
    path: home,
    scenario: ownerScenario(
      {},
      { refusals: { 'GET comfyui': problem(503, 'ENGINE_UNAVAILABLE', 'Gatehouse is closing.') } },
    ),
  },
  {
    name: 'home-lost',
    path: home,
    scenario: ownerScenario({}, { refusals: { 'GET events': problem(401, 'AUTH_REQUIRED', 'Sign in.') } }),
    act: async (page) => {
      await page.getByText('has lost its connection').waitFor()
    },
  },
  { name: 'welcome', path: `${home}welcome`, scenario: ownerScenario({ 'GET comfyui': engines.none }) },
  {
    name: 'welcome-practice',
    path: `${home}welcome`,
    scenario: ownerScenario({ 'GET comfyui': engines.none }),
    act: async (page) => {
      await page.getByRole('radio', { name: /Practice engine/ }).check()
    },
  },
  {
    name: 'welcome-starting',
    path: `${home}welcome`,
    scenario: ownerScenario({ 'GET comfyui': engines.starting }),
    act: press('Start'),
  },
  {
    name: 'welcome-failed',
    path: `${home}welcome`,
    scenario: ownerScenario({ 'GET comfyui': engines.failed }),
    act: press('Start'),
  },
  { name: 'people', path: `${home}people`, scenario: ownerScenario() },
  { name: 'people-empty', path: `${home}people`, scenario: ownerScenario({ 'GET users': list([owner]) }) },
  { name: 'people-many', path: `${home}people`, scenario: ownerScenario({ 'GET users': list(longPeople) }) },
  { name: 'people-loading', path: `${home}people`, scenario: ownerScenario({ 'GET users': pendingAnswer }) },
  {
    name: 'people-error',
    path: `${home}people`,
    scenario: ownerScenario(
      {},
      {
        refusals: {
          'GET users': problem(500, 'INTERNAL_ERROR', 'The list of accounts is being repaired. Try again in a minute.'),
        },
      },
    ),
  },
  { name: 'people-add', path: `${home}people?add=true`, scenario: ownerScenario(), viewportOnly: true },
  {
    name: 'people-added',
    path: `${home}people?add=true`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('Mia')
      await page.getByRole('button', { name: 'Add Mia' }).click()
      await page.getByText('I have saved it').waitFor()
    },
  },
  { name: 'person', path: `${home}people?person=${mia.id}`, scenario: ownerScenario(), viewportOnly: true },
  {
    name: 'person-long-name',
    path: `${home}people?person=${longPeople[1]?.id ?? ''}`,
    scenario: ownerScenario({ 'GET users': list(longPeople) }),
    viewportOnly: true,
  },
  {
    name: 'person-end',
    path: `${home}people?person=${mia.id}`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: (page) => page.getByRole('region', { name: 'Ending access' }).scrollIntoViewIfNeeded(),
  },
  {
    name: 'person-remove',
    path: `${home}people?person=${mia.id}`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: press('Remove'),
  },
  { name: 'keys', path: `${home}keys`, scenario: ownerScenario({ 'GET keys': list(keysSentUnprotected) }) },
  {
    name: 'keys-search',
    path: `${home}keys`,
    scenario: ownerScenario({ 'GET keys': list(manyKeys) }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('searchbox').fill('seat 1')
      await page.getByText('14 of 102').first().waitFor()
    },
  },
  { name: 'keys-empty', path: `${home}keys`, scenario: ownerScenario({ 'GET keys': list([]) }) },
  { name: 'key-new', path: `${home}keys?new=true&for=${mia.id}`, scenario: ownerScenario(), viewportOnly: true },
  {
    name: 'key-created',
    path: `${home}keys?new=true&for=${mia.id}`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: async (page) => {
      await page.getByLabel('What is it for?').fill('Krita on the laptop')
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.getByText('I have saved it').waitFor()
    },
  },
  {
    name: 'key-revoke',
    path: `${home}keys`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: press('Revoke Krita on the laptop'),
  },
  { name: 'comfyui', path: `${home}comfyui`, scenario: ownerScenario({ 'GET comfyui': engines.runningWithNotices }) },
  {
    name: 'comfyui-change',
    path: `${home}comfyui`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: press('Change'),
  },
  { name: 'settings', path: `${home}settings`, scenario: ownerScenario() },
  {
    name: 'settings-protection-running',
    path: `${home}settings`,
    scenario: ownerScenario({ 'GET protection': { running: { done: 23, total: 91 }, report: null, problem: null } }),
  },
  {
    name: 'settings-protection-broken',
    path: `${home}settings`,
    scenario: ownerScenario({
      'GET protection': {
        running: null,
        problem: null,
        report: {
          ...protectionReport,
          cases: protectionReport.cases.map((one, at) =>
            at === 0 ? { ...one, outcome: 'broken', seen: 'GET /userdata/a.js was answered with 200' } : one,
          ),
        },
      },
    }),
    act: async (page) => {
      await page.getByText('What was tried').click()
    },
  },
  {
    name: 'settings-port-taken',
    path: `${home}settings`,
    scenario: ownerScenario({
      'GET sharing': {
        ...sharingOn,
        problem:
          'Port 8200 is used by another program (nginx, process 812). Choose another port in the settings. Until then port 8190 stays.',
      },
    }),
  },
  {
    name: 'palette',
    path: home,
    scenario: ownerScenario({ 'GET sharing': sharingOn, 'GET connections': list(connections) }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').waitFor()
    },
  },
]

const signInFailed = {
  'POST session': problem(
    401,
    'SIGN_IN_FAILED',
    'Name or password is not right. 2 more tries, then a pause of 60 seconds.',
  ),
}

const signInPaused = {
  'POST session': {
    status: 429,
    body: { code: 'RATE_LIMITED', detail: 'Too many wrong tries.', retryAfterSeconds: 42 },
  },
}

const portalShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'portal-sign-in', path: '/login?next=%2F', scenario: portalScenario(mia) },
  {
    name: 'portal-sign-in-refused',
    path: '/login',
    scenario: portalScenario(mia, {}, signInFailed),
    act: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('Mia')
      await page.getByRole('textbox', { name: 'Password' }).fill('not this one')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('2 more tries').waitFor()
    },
  },
  {
    name: 'portal-sign-in-paused',
    path: '/login',
    scenario: portalScenario(mia, {}, signInPaused),
    act: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('Mia')
      await page.getByRole('textbox', { name: 'Password' }).fill('not this one')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('button', { name: 'Try now' }).waitFor()
    },
  },
  { name: 'portal-register', path: '/register', scenario: portalScenario(mia) },
  { name: 'portal-token', path: '/generate_token', scenario: portalScenario(mia) },
  { name: 'portal-me', path: '/gatehouse/me', scenario: portalScenario(mia) },
  {
    name: 'portal-lost',
    path: '/gatehouse/me',
    scenario: portalScenario(mia, { 'GET events': brokenAnswer }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByText('does not answer').waitFor()
    },
  },
  { name: 'portal-me-user', path: '/gatehouse/me', scenario: portalScenario(tom, { 'GET keys': list([]) }) },
  { name: 'portal-me-long', path: '/gatehouse/me', scenario: portalScenario(longPeople[1] ?? mia) },
  { name: 'portal-password', path: '/gatehouse/me', scenario: portalScenario(mia), act: press('Change password') },
  {
    name: 'portal-key-new',
    path: '/gatehouse/me',
    scenario: portalScenario(mia),
    act: press('New key'),
    viewportOnly: true,
  },
  {
    name: 'portal-key-created',
    path: '/gatehouse/me',
    scenario: portalScenario(mia),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'New key' }).click()
      await page.getByLabel('What is it for?').fill('Krita on the laptop')
      await page.getByLabel('Your password, once more').fill('maple-otter-lamp-river-tulip')
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.getByText('I have saved it').waitFor()
    },
  },
  {
    name: 'portal-error',
    path: '/gatehouse/me',
    scenario: portalScenario(
      mia,
      {},
      { 'GET session': problem(503, 'ENGINE_UNAVAILABLE', 'Gatehouse is starting. Try again in a few seconds.') },
    ),
  },
]

/** Every page and state worth seeing. */
export const shots: readonly Shot[] = [
  ...[
    ...ownerShots,
    ...ownerGuestShots,
    ...ownerDoorShots,
    ...ownerRoleShots,
    ...ownerRuleShots,
    ...ownerJobShots,
    ...activityShots,
    ...ownerPictureShots,
    ...workflowShots,
  ].map((shot) => ({
    ...shot,
    place: 'owner' as const,
  })),
  ...[...portalShots, ...guestShots, ...doorShots, ...runShots, ...portalQueueShots, ...pictureShots].map((shot) => ({
    ...shot,
    place: 'portal' as const,
  })),
]
