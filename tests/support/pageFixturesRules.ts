import type { Page } from 'playwright-core'
import { ipRuleEffectSchema, ipRuleSchema } from '../../proxy/contract/ipRules.ts'
import type { IpRuleEffect } from '../../proxy/contract/ipRules.ts'
import { lockoutSchema } from '../../proxy/contract/lockouts.ts'
import type { LockoutAnswer } from '../../proxy/contract/lockouts.ts'
import { fixtureNowMs, ownerScenario, people } from './pageFixtures.ts'
import type { Shot } from './pageFixturesShots.ts'

const network = '/gatehouse/owner/network'
const [, mia, leo] = people
const minutesAgo = (minutes: number): string => new Date(fixtureNowMs - minutes * 60_000).toISOString()
const inMinutes = (minutes: number): string => minutesAgo(-minutes)

const rule = (number: number, cidr: string, rest: object = {}) =>
  ipRuleSchema.parse({
    id: `rule${String(number).padStart(12, '0')}`,
    kind: 'deny',
    cidr,
    comment: '',
    source: 'owner',
    createdAt: minutesAgo(60 * number),
    expiresAt: null,
    ...rest,
  })

const rules = [
  rule(1, '192.168.1.66/32', { source: 'lockout', comment: 'Too many wrong passwords' }),
  rule(5, '192.168.20.0/24', { comment: 'The office next door', expiresAt: inMinutes(7 * 24 * 60) }),
  rule(30, '2001:db8:4c1e:77::/64', { comment: 'Donaudampfschifffahrtsgesellschaftskapitänsmützenaufbewahrung' }),
  rule(80, '203.0.113.7/32', { source: 'import' }),
]
const page = (items: readonly unknown[], total = items.length) => ({
  items,
  nextCursor: total > items.length ? 'c2s' : null,
  total,
})

const many = Array.from({ length: 100 }, (_, at) => rule(at + 1, `10.${at}.0.0/16`, { source: 'import' }))

const lockout = (rest: Partial<LockoutAnswer>): LockoutAnswer =>
  lockoutSchema.parse({
    id: 'aaaaaaaaaaaaaaa1',
    kind: 'address',
    state: 'waits',
    address: '192.168.1.40',
    place: 'home',
    device: 'Chrome on Android',
    knownAs: null,
    people: mia === undefined ? [] : [{ id: mia.id, name: mia.name }],
    unknownNames: false,
    failures: 6,
    lastAt: minutesAgo(1),
    waitsUntil: inMinutes(1.5),
    keptOut: false,
    cameIn: null,
    ...rest,
  })

const waiting = [
  lockout({}),
  lockout({ id: 'aaaaaaaaaaaaaaa2', kind: 'account', address: null, place: null, device: '', failures: 3 }),
  lockout({
    id: 'aaaaaaaaaaaaaaa3',
    address: '203.0.113.7',
    place: 'outside',
    device: '',
    people: [],
    unknownNames: true,
    failures: 12,
    waitsUntil: inMinutes(4),
  }),
  lockout({
    id: 'aaaaaaaaaaaaaaa4',
    state: 'blocked',
    address: '192.168.1.66',
    knownAs: leo?.name ?? null,
    device: 'Firefox on Windows',
    failures: 10,
    waitsUntil: null,
    keptOut: true,
  }),
  lockout({
    id: 'aaaaaaaaaaaaaaa5',
    state: 'over',
    address: '192.168.20.9',
    device: 'Safari on iPhone',
    failures: 4,
    lastAt: minutesAgo(12),
    waitsUntil: null,
    keptOut: true,
    cameIn: { name: mia?.name ?? '', at: minutesAgo(9) },
  }),
]

const effect = (rest: Partial<IpRuleEffect>): IpRuleEffect =>
  ipRuleEffectSchema.parse({
    cidr: '192.168.1.0/24',
    addresses: '256 addresses',
    lockedOut: [],
    othersLockedOut: 0,
    letIn: [],
    connections: 0,
    ownDevice: false,
    thisComputer: false,
    startsAllowList: false,
    without: null,
    ...rest,
  })

const affected = [mia, leo].flatMap((person, at) =>
  person === undefined ? [] : [{ id: person.id, name: person.name, address: '192.168.1.40', connected: at === 0 }],
)

const list = (items: readonly unknown[]) => ({ items, nextCursor: null })
const full = { 'GET ip-rules': page(rules), 'GET lockouts': list(waiting) }
const refused = { status: 500, body: { code: 'INTERNAL_ERROR', detail: 'Something went wrong inside Gatehouse.' } }

const addRule = async (window: Page) => {
  await window.getByRole('button', { name: 'New rule' }).click()
  await window.getByLabel('Address or network').fill('192.168.1.0/24')
}

/** Rules for addresses, and who waits after wrong passwords. */
export const ownerRuleShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'network-rules', path: network, scenario: ownerScenario(full) },
  {
    name: 'network-rules-none',
    path: network,
    scenario: ownerScenario({ 'GET ip-rules': page([]), 'GET lockouts': list([]) }),
  },
  {
    name: 'network-rules-many',
    path: network,
    scenario: ownerScenario({ 'GET ip-rules': page(many, 10_000), 'GET lockouts': list([]) }),
    viewportOnly: true,
  },
  {
    name: 'network-rules-refused',
    path: network,
    scenario: ownerScenario({}, { refusals: { 'GET ip-rules': refused, 'GET lockouts': refused } }),
  },
  {
    name: 'network-rules-new',
    path: network,
    scenario: ownerScenario({
      ...full,
      'POST ip-rules/preview': effect({ lockedOut: affected }),
    }),
    viewportOnly: true,
    act: async (window) => {
      await addRule(window)
      await window.getByRole('button', { name: 'Keep out and cut off' }).waitFor()
    },
  },
  {
    name: 'network-rules-allow',
    path: network,
    scenario: ownerScenario({
      ...full,
      'POST ip-rules/preview': effect({
        startsAllowList: true,
        lockedOut: affected.slice(1),
        addresses: '256 addresses',
      }),
    }),
    viewportOnly: true,
    act: async (window) => {
      await addRule(window)
      await window.getByText('Let only these in', { exact: true }).first().click()
      await window.getByText('From then on nobody gets in').waitFor()
    },
  },
  {
    name: 'network-rules-imported',
    path: network,
    scenario: ownerScenario({
      ...full,
      'POST ip-rules/import': {
        added: 118,
        known: 2,
        skipped: [
          { line: 4, text: 'kids-tablet' },
          { line: 17, text: '192.168.1.999' },
        ],
        othersSkipped: 0,
      },
    }),
    viewportOnly: true,
    act: async (window) => {
      await window.getByRole('button', { name: 'Import a list' }).click()
      await window.getByLabel('One address or network a line').fill('192.168.1.40')
      await window.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click()
      await window.getByText('could not be read').first().waitFor()
    },
  },
]
