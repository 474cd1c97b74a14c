import { certificatesSchema } from '../../proxy/contract/certificates.ts'
import type { Certificates } from '../../proxy/contract/certificates.ts'
import { certificates, ownerScenario, settings, sharingOn } from './pageFixtures.ts'
import type { Shot } from './pageFixturesShots.ts'

/* Whether connections are encrypted, and how phones come to trust this computer. */

const path = '/gatehouse/owner/network'
const state = (more: Partial<Certificates>) =>
  ownerScenario({
    'GET sharing': sharingOn,
    'GET certificates': certificatesSchema.parse({ ...certificates, ...more }),
  })
const refused = { status: 500, body: { code: 'INTERNAL_ERROR', detail: 'Something went wrong inside Gatehouse.' } }

export const httpsShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'network-https', path, scenario: state({}) },
  {
    name: 'network-https-trouble',
    path,
    scenario: state({
      missing: ['donaudampfschifffahrtsgesellschaftskapitaen.local', '203.0.113.9'],
      problem: 'The keychain of this computer does not answer. Unlock it (sign in to your desktop), then try again.',
      notice:
        'The authority ends on 3 March 2027. A month before, a new one is made, and every device has to be told once more to trust this computer. You can do it now.',
    }),
  },
  {
    name: 'network-https-selfsigned',
    path,
    scenario: state({ kind: 'selfSigned', keptIn: 'file', authority: null }),
  },
  {
    name: 'network-https-off',
    path,
    scenario: ownerScenario({
      'GET certificates': { ...certificates, mode: 'off', kind: null, authority: null, certificate: null },
      'GET settings': { ...settings, 'https.mode': 'off' },
    }),
  },
  {
    name: 'network-https-own',
    path,
    scenario: state({
      ...{ mode: 'own', kind: 'own', publiclyTrusted: true, authority: null },
      problem:
        '/etc/letsencrypt/live/gate.example/privkey.pem: the key does not belong to this certificate. Until then the one from before is used.',
    }),
  },
  {
    name: 'network-https-new-authority',
    path,
    scenario: state({}),
    viewportOnly: true,
    act: (page) => page.getByRole('button', { name: 'New authority' }).click(),
  },
  { name: 'network-https-refused', path, scenario: ownerScenario({}, { refusals: { 'GET certificates': refused } }) },
]
