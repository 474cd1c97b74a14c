import type { Page } from 'playwright-core'
import {
  createdInvitationSchema,
  invitationPath,
  invitationSchema,
  offerSchema,
} from '../../proxy/contract/invitations.ts'
import { doorSchema, knockedSchema, knocksSchema } from '../../proxy/contract/knocks.ts'
import { fixtureNowMs, owner, ownerScenario, people, portalScenario, problem } from './pageFixtures.ts'
import type { Shot } from './pageFixturesShots.ts'

/* Invitations and the knock at the door. */

const [, mia = owner] = people
const list = (items: readonly unknown[]) => ({ items, nextCursor: null })
const inMinutes = (minutes: number): string => new Date(fixtureNowMs + minutes * 60_000).toISOString()
const token = 'hT7mWq2ZxV0cRk9fYb3NdLs8JpGe1UaQo4iXuMvC6tw'

const invitation = (number: number, changes: object = {}) =>
  invitationSchema.parse({
    id: `invitation${String(number).padStart(6, '0')}`,
    kind: 'account',
    role: 'user',
    roleTitle: 'User',
    name: null,
    accountId: null,
    state: 'open',
    createdAt: inMinutes(0),
    expiresAt: inMinutes(24 * 60),
    usedBy: null,
    ...changes,
  })

const open = [
  invitation(1, { name: 'Zoë-Marie von Schönhausen-Bergmann' }),
  invitation(2, { kind: 'password', name: mia.name, accountId: mia.id, expiresAt: inMinutes(41) }),
  invitation(3, { role: 'creator', roleTitle: 'Creator', expiresAt: inMinutes(7 * 24 * 60) }),
]
const made = createdInvitationSchema.parse({
  invitation: invitation(4, { name: 'Zoë' }),
  token,
  link: `http://192.168.1.20:8190${invitationPath}#${token}`,
})
const used = { ...made.invitation, state: 'used', usedBy: { id: mia.id, name: 'Zoë' } }

const atDoor = (changes: object = {}) => ({
  id: 'knock00000000001',
  name: 'Onkel Herbert',
  device: 'Safari on iPhone',
  address: '192.168.1.57',
  askedAt: inMinutes(-0.5),
  endsAt: inMinutes(1.5),
  choices: ['otter lamp', 'maple kite', 'copper wren'],
  looksLike: null,
  ...changes,
})
const knocks = (...items: object[]) => knocksSchema.parse({ openUntil: inMinutes(8), items, nextCursor: null })

const peoplePath = '/gatehouse/owner/people'
const press = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name, exact: true }).click()
}
const makeInvitation = async (page: Page) => {
  await page.getByLabel('Who is it for?').fill('Zoë')
  await press('Make the invitation')(page)
}

export const ownerDoorShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'people-invitations', path: peoplePath, scenario: ownerScenario({ 'GET invitations': list(open) }) },
  {
    name: 'people-invite',
    path: `${peoplePath}?invite`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: async (page) => page.getByLabel('Who is it for?').fill('Zoë'),
  },
  {
    name: 'people-invite-link',
    path: `${peoplePath}?invite`,
    scenario: ownerScenario({ 'POST invitations': made, 'GET invitations': list([made.invitation]) }),
    viewportOnly: true,
    act: async (page) => {
      await makeInvitation(page)
      await page.getByRole('img', { name: 'QR code of the invitation' }).waitFor()
    },
  },
  {
    name: 'people-invite-used',
    path: `${peoplePath}?invite`,
    scenario: ownerScenario({ 'POST invitations': made, 'GET invitations': list([used]) }),
    viewportOnly: true,
    act: async (page) => {
      await makeInvitation(page)
      await page.getByRole('dialog', { name: 'Zoë is in.' }).waitFor()
    },
  },
  {
    name: 'people-new-password-link',
    path: `${peoplePath}?person=${mia.id}`,
    scenario: ownerScenario(),
    viewportOnly: true,
    act: async (page) => {
      await press('New password')(page)
      await page.getByRole('button', { name: 'Make the code' }).waitFor()
    },
  },
  { name: 'home-door', path: '/gatehouse/owner/', scenario: ownerScenario({ 'GET knocks': knocks(atDoor()) }) },
  {
    name: 'people-door',
    path: `${peoplePath}?door`,
    scenario: ownerScenario({ 'GET knocks': knocks(atDoor(), atDoor({ id: 'knock00000000002' })) }),
    viewportOnly: true,
    act: async (page) => page.getByRole('radio', { name: 'maple kite' }).check({ force: true }),
  },
  {
    name: 'people-door-alike',
    path: `${peoplePath}?door`,
    scenario: ownerScenario({ 'GET knocks': knocks(atDoor({ name: 'Мia', looksLike: 'Mia' })) }),
    viewportOnly: true,
    act: async (page) => page.getByRole('radio', { name: 'None of these' }).check({ force: true }),
  },
]

const offer = (changes: object = {}) => ({
  [`POST ${invitationPath}`]: offerSchema.parse({
    kind: 'account',
    name: null,
    roleTitle: 'User',
    expiresAt: inMinutes(60),
    ...changes,
  }),
})
const invitePage = `${invitationPath}#${token}`
const door = (changes: object = {}) =>
  doorSchema.parse({ open: true, state: 'none', endsAt: null, mayChoosePassword: false, ...changes })
const knocked = knockedSchema.parse({ secret: token, words: 'otter lamp', endsAt: '2036-11-23T09:32:00.000Z' })
const knock = async (page: Page) => {
  await press('No account? Ask to come in')(page)
  await page.getByLabel('What is your name?').fill('Onkel Herbert')
}

export const doorShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'invite', path: invitePage, scenario: portalScenario(mia, offer()) },
  {
    name: 'invite-own-password',
    path: invitePage,
    scenario: portalScenario(mia, offer({ name: 'Zoë' })),
    act: press('Choose my own'),
  },
  {
    name: 'invite-password',
    path: invitePage,
    scenario: portalScenario(mia, offer({ kind: 'password', name: 'Mia' })),
  },
  {
    name: 'invite-over',
    path: invitePage,
    scenario: portalScenario(
      mia,
      {},
      {
        [`POST ${invitationPath}`]: problem(
          410,
          'INVITATION_INVALID',
          'This link does not let anybody in: it was used, it is too old, or it was taken back. Ask for a new one.',
        ),
      },
    ),
  },
  { name: 'invite-without', path: invitationPath, scenario: portalScenario(mia) },
  {
    name: 'sign-in-knock',
    path: '/login',
    scenario: portalScenario(mia, { 'GET session/knock': door() }),
    act: knock,
  },
  {
    name: 'sign-in-knocked',
    path: '/login',
    scenario: portalScenario(mia, {
      'GET session/knock': door({ state: 'waiting', endsAt: inMinutes(2) }),
      'POST session/knock': knocked,
    }),
    act: async (page) => {
      await knock(page)
      await press('Ask to come in')(page)
      await page.getByText('otter lamp').waitFor()
    },
  },
  {
    name: 'sign-in-let-in',
    path: '/login',
    scenario: portalScenario(mia, {
      'GET session/knock': door({ state: 'letIn', mayChoosePassword: true }),
      'POST session/knock': knocked,
    }),
    act: async (page) => {
      await knock(page)
      await press('Ask to come in')(page)
      await page.getByRole('heading', { name: 'You are in' }).waitFor()
    },
  },
]
