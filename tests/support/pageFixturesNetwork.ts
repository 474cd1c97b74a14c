import { sharingSchema } from '../../proxy/contract/sharing.ts'
import type { Sharing } from '../../proxy/contract/sharing.ts'
import { fixtureNowMs, ownerScenario, settings, sharingOff, sharingOn } from './pageFixtures.ts'
import type { Shot } from './pageFixturesShots.ts'

/* Finding it: where this computer is reached, on which network, and who gets through. */

const sharing = (changes: Partial<Sharing>): Sharing => sharingSchema.parse({ ...sharingOn, ...changes })
const since = new Date(fixtureNowMs - 70_000).toISOString()
const network = { id: 'router:02:00:5e:10:00:02', name: 'Cafe' }
const paused = { primaryUrl: null, codeUrl: null, addresses: [], reach: { kind: 'off' as const }, network }
const publicNetwork = {
  verdict: 'blocked',
  words: 'Windows takes this network for a public one, where it lets nobody in.',
  command: null,
  canMend: false,
  isPublicNetwork: true,
} as const
const blockedByUfw = {
  verdict: 'blocked',
  words: 'This computer’s firewall (ufw) lets nobody in to port 8190.',
  command: 'sudo ufw allow from 192.168.1.0/24 to any port 8190 proto tcp comment Gatehouse',
  canMend: false,
  isPublicNetwork: false,
} as const

const home = '/gatehouse/owner/'
const page = '/gatehouse/owner/network'
const answers = (now: Sharing) =>
  ownerScenario({
    'GET sharing': now,
    'GET settings': { ...settings, 'sharing.networks': [sharingOn.network, { id: 'router:3', name: 'Grandma’s' }] },
  })

export const networkShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'home-new-network', path: home, scenario: answers(sharing({ ...paused, pause: { network, asks: true } })) },
  { name: 'home-not-here', path: home, scenario: answers(sharing({ ...paused, pause: { network, asks: false } })) },
  { name: 'home-waiting', path: home, scenario: answers(sharing({ reach: { kind: 'waiting', since } })) },
  {
    name: 'home-nobody-through',
    path: home,
    scenario: answers(sharing({ reach: { kind: 'late', since }, firewall: publicNetwork })),
  },
  {
    name: 'home-firewall',
    path: home,
    scenario: answers(sharing({ reach: { kind: 'late', since }, firewall: blockedByUfw })),
    act: async (shown) => {
      await shown.getByRole('button', { name: 'Show me the command' }).click()
    },
  },
  { name: 'home-new-address', path: home, scenario: answers(sharing({ addressBefore: '192.168.1.17:8190' })) },
  {
    name: 'home-windows-asks',
    path: home,
    scenario: answers({
      ...sharingOff,
      firewall: {
        ...publicNetwork,
        verdict: 'asks',
        isPublicNetwork: false,
        words: 'Windows will ask now. Tick “Private networks”, then “Allow”.',
      },
    }),
  },
  { name: 'home-outside', path: home, scenario: answers(sharing({ outsideHome: true })) },
  {
    name: 'home-kept-out',
    path: home,
    scenario: answers(sharing({ localBlock: 'The rule “Keep out 127.0.0.0/8” keeps this computer out.' })),
  },
  {
    name: 'network',
    path: page,
    scenario: answers(sharing({ firewall: blockedByUfw })),
    act: async (shown) => {
      await shown.getByRole('button', { name: 'QR code' }).first().click()
    },
  },
  {
    name: 'network-off',
    path: page,
    scenario: answers(sharingOff),
  },
  {
    name: 'network-name-taken',
    path: page,
    scenario: answers(
      sharing({
        addresses: sharingOn.addresses.filter(({ kind }) => kind !== 'name'),
        name: {
          state: 'taken',
          host: 'gatehouse.local',
          problem:
            'Another device in your network already calls itself gatehouse.local, so this computer does not. Choose another name; the address works as before.',
        },
        outsideHome: true,
      }),
    ),
  },
]
