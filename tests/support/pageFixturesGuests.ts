import type { Page } from 'playwright-core'
import { personSchema, sessionSchema } from '../../proxy/contract/accounts.ts'
import type { Person } from '../../proxy/contract/accounts.ts'
import { sharedOutputSchema } from '../../proxy/contract/shares.ts'
import { fixtureNowMs, owner, ownerScenario, people, portalScenario, problem, settings } from './pageFixtures.ts'
import { createOutputs, describeMade, ownFolder, toOutputPages } from './pageFixturesOutputs.ts'
import { pendingAnswer } from './pageFixturesServer.ts'
import type { Shot } from './pageFixturesShots.ts'

/* Guests, and pictures that people show each other. */

const [, mia = owner, , , zoe = owner] = people
const list = (items: readonly unknown[]) => ({ items, nextCursor: null })
const inHours = (hours: number): string => new Date(fixtureNowMs + hours * 3_600_000).toISOString()

const createGuest = (number: number, endsAt: string | null): Person =>
  personSchema.parse({
    ...mia,
    id: `guest${String(number).padStart(11, '0')}`,
    name: `Guest ${number}`,
    role: 'guest',
    hasPassword: false,
    keyCount: 0,
    sessionCount: 1,
    connected: number === 1,
    guest: { endsAt, address: `192.168.1.${40 + number}` },
  })
const guests = [createGuest(1, inHours(9)), createGuest(2, inHours(22)), createGuest(3, null)]
const [guest = owner] = guests

const open = { 'GET settings': { ...settings, 'guests.allowed': true } }
const peoplePath = '/gatehouse/owner/people'
const press = async (page: Page, name: string | RegExp) => {
  await page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name }).click()
}

export const ownerGuestShots: readonly Omit<Shot, 'place'>[] = [
  {
    name: 'people-guests',
    path: peoplePath,
    scenario: ownerScenario({ ...open, 'GET users': list([...people, ...guests]) }),
  },
  { name: 'people-guests-none', path: peoplePath, scenario: ownerScenario(open) },
  {
    name: 'people-guests-off',
    path: peoplePath,
    scenario: ownerScenario({ ...open, 'GET users': list([...people, ...guests]) }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('switch', { name: 'Let guests in' }).click({ force: true })
      await page.getByRole('dialog').waitFor()
    },
  },
]

const outputs = createOutputs([mia])
const [newest, , , shared = newest] = outputs
const details = Object.fromEntries(outputs.map((output) => [`GET outputs/${output.id}`, describeMade(output)]))
const gallery = {
  'GET outputs': toOutputPages(outputs),
  'GET folders/mine': ownFolder(mia),
  [`GET outputs/${shared?.id ?? ''}/shares`]: { everybody: false, people: [{ id: zoe.id, name: zoe.name }] },
  ...details,
}
const pictures = outputs
  .filter(({ kind }) => kind === 'image')
  .slice(0, 14)
  .map(({ id, name, mediaType, width, height }, at) =>
    sharedOutputSchema.parse({
      id,
      from: { id: mia.id, name: at % 3 === 1 ? 'Bartholomäus Freiherr von Hohenstein' : mia.name },
      name,
      mediaType,
      width,
      height,
      sharedAt: inHours(-1 - at * 5),
    }),
  )
const sharedAnswers = { 'GET shared': { items: pictures, nextCursor: 'cabc.picture000000001' } }
const path = '/gatehouse/shared'

async function seePictures(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Picture / })
    .first()
    .waitFor()
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
}

const guestSession = sessionSchema.parse({
  ...(portalScenario(guest).answers['GET session'] as object),
  guest: { endsAt: inHours(9) },
})

export const guestShots: readonly Omit<Shot, 'place'>[] = [
  {
    name: 'sign-in-guests',
    path: '/login',
    scenario: portalScenario(mia, { 'GET session/guest': { open: true, endsAt: inHours(12) } }),
  },
  {
    name: 'sign-in-guests-full',
    path: '/login',
    scenario: portalScenario(
      mia,
      { 'GET session/guest': { open: true, endsAt: inHours(12) } },
      {
        'POST session/guest': problem(
          429,
          'QUOTA_EXCEEDED',
          'There are 3 guests here from your device or network. Try again in 10 hours, or when one of them has left.',
        ),
      },
    ),
    act: async (page) => {
      await press(page, 'Look around as a guest')
      await page.getByText('Try again in 10 hours').waitFor()
    },
  },
  {
    name: 'guest-run',
    path: '/gatehouse/run',
    scenario: portalScenario(guest, { 'GET session': guestSession, 'GET workflows': list([]) }),
  },
  {
    name: 'guest-leave',
    path: '/gatehouse/run',
    scenario: portalScenario(guest, { 'GET session': guestSession, 'GET workflows': list([]) }),
    viewportOnly: true,
    act: async (page) => {
      await press(page, 'Leave')
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'shared', path, scenario: portalScenario(zoe, sharedAnswers), act: seePictures },
  { name: 'shared-empty', path, scenario: portalScenario(zoe, { 'GET shared': list([]) }) },
  { name: 'shared-loading', path, scenario: portalScenario(zoe, { 'GET shared': pendingAnswer }) },
  {
    name: 'shared-error',
    path,
    scenario: portalScenario(zoe, {}, { 'GET shared': problem(500, 'INTERNAL_ERROR', 'The list is being repaired.') }),
  },
  {
    name: 'shared-open',
    path: `${path}?picture=${pictures[1]?.id ?? ''}`,
    scenario: portalScenario(zoe, sharedAnswers),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('dialog').waitFor()
      await page.waitForFunction(() => [...document.images].every((image) => image.complete))
    },
  },
  {
    name: 'share-one',
    path: `/gatehouse/pictures?picture=${shared?.id ?? ''}`,
    scenario: portalScenario(mia, gallery),
    viewportOnly: true,
    act: async (page) => {
      await press(page, /^(?:Share|Shared with others) …$/)
      await page.getByRole('list', { name: 'Who sees it' }).waitFor()
    },
  },
  {
    name: 'share-many',
    path: '/gatehouse/pictures',
    scenario: portalScenario(mia, gallery),
    viewportOnly: true,
    act: async (page) => {
      await press(page, 'Select')
      await press(page, 'All')
      await press(page, 'Share')
      await page.getByRole('dialog').waitFor()
    },
  },
]
