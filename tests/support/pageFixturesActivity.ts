import type { AuditEventName } from '../../proxy/contract/audit.ts'
import type { AuditRow, AuditVerdict, AuditVerification } from '../../proxy/contract/auditLog.ts'
import { ownerScenario, people, problem } from './pageFixtures.ts'
import { pendingAnswer } from './pageFixturesServer.ts'
import type { Shot } from './pageFixturesShots.ts'

const path = '/gatehouse/owner/activity'
const [anna, mia] = people
const minuteMs = 60_000

type Told = readonly [AuditEventName, AuditRow['actor'], string | null, AuditRow['details']]

const by = (person: { readonly id: string; readonly name: string } | undefined): AuditRow['actor'] => ({
  kind: 'account',
  id: person?.id ?? '',
  name: person?.name ?? '',
})
const system = { kind: 'system', id: null, name: null } as const
const stranger = { kind: 'unknown', id: null, name: null } as const
const ofMia = { account: mia?.id ?? '', name: 'Mia' }

const told: readonly Told[] = [
  ['prompt.accepted', by(mia), '192.168.1.40', { path: '/prompt', bySession: 's', detail: 'job' }],
  ['session.started', by(mia), '192.168.1.40', { ...ofMia, surface: 'people', device: 'Safari on iPhone' }],
  ['signIn.failed', stranger, '192.168.1.40', { ...ofMia, device: 'Chrome on Android', tries: 6, waitSeconds: 90 }],
  ['signIn.failed', stranger, '203.0.113.7', { name: 'unknown name', device: 'Python', tries: 3, waitSeconds: 60 }],
  ['request.denied', stranger, '203.0.113.7', { method: 'GET', path: '/system_stats', code: 'AUTH_INVALID' }],
  ['key.created', by(anna), null, { key: 'k', account: mia?.id ?? '', name: 'Krita on the tablet' }],
  ['setting.changed', by(anna), null, { names: ['limits.promptNodes'], changes: ['limits.promptNodes: 2000 → 500'] }],
  ['sharing.changed', by(anna), null, { on: true }],
  ['job.ended', system, null, { job: 'j', of: mia?.id ?? '', how: 'succeeded', seconds: 34 }],
  ['ipRule.created', by(anna), null, { kind: 'deny', cidr: '203.0.113.0/24' }],
  ['engine.failed', system, null, { code: 'EXITED' }],
  ['gate.started', system, null, {}],
]

function toRows(count: number): AuditRow[] {
  const startMs = Date.now()
  return Array.from({ length: count }, (_, at) => {
    const [event, actor, address, details] = told[at % told.length] ?? ['gate.started', system, null, {}]
    return {
      seq: 10_000 - at,
      at: new Date(startMs - at * 37 * minuteMs).toISOString(),
      event,
      actor,
      address,
      details,
    }
  })
}

/** What a curious device and a check of the protection leave behind. */
function toFlood(): AuditRow[] {
  const denied = (path: string, code: string) => ({ method: 'GET', path, code })
  const flood: Told[] = [
    ['protection.checked', by(anna), null, { held: 91, broken: 0, notRun: 2, tookMs: 61_000 }],
    ...Array.from({ length: 40 }, (_, at): Told => {
      const address = `127.72.0.${String(1 + (at % 23))}`
      return ['request.denied', stranger, address, denied('/prompt', 'AUTH_REQUIRED')]
    }),
    ['session.started', by(mia), '192.168.1.40', { ...ofMia, surface: 'people', device: 'Safari on iPhone' }],
    ...Array.from({ length: 60 }, (_, at): Told =>
      at % 2 === 0
        ? ['connection.refused', stranger, '192.168.1.66', {}]
        : ['request.denied', stranger, '192.168.1.77', denied(`/view${String(at)}`, 'AUTH_INVALID')],
    ),
    ['address.blocked', { kind: 'system', id: null, name: null }, null, { cidr: '192.168.1.66/32' }],
    ...told,
  ]
  const startMs = Date.now()
  return flood.map(([event, actor, address, details], at) => ({
    ...{ seq: 10_000 - at, event, actor, address, details },
    at: new Date(startMs - at * 4000).toISOString(),
  }))
}

const verdict: AuditVerdict = { kind: 'whole', rows: 10_000, shortenedTo: 0, mark: 'kept', findings: [], more: false }
const whole: AuditVerification = { state: 'done', done: 10_000, total: 10_000, verdict, at: new Date().toISOString() }
const broken: AuditVerification = {
  ...whole,
  verdict: {
    ...verdict,
    kind: 'broken',
    findings: [
      { kind: 'changed', fromSeq: 812, toSeq: 812 },
      { kind: 'cutTail', fromSeq: 9_990, toSeq: 10_000 },
    ],
  },
}

const scenario = (items: readonly AuditRow[], more: Record<string, unknown> = {}) =>
  ownerScenario({
    'GET audit': { items, nextCursor: items.length === 100 ? 'c1' : null },
    'GET audit/verify': whole,
    ...more,
  })

export const activityShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'activity', path, scenario: scenario(toRows(24)) },
  { name: 'activity-flood', path, scenario: scenario(toFlood()) },
  {
    name: 'activity-flood-open',
    path,
    scenario: scenario(toFlood()),
    viewportOnly: true,
    act: async (window) => {
      await window.getByRole('button', { name: '30 times' }).first().click()
    },
  },
  { name: 'activity-full', path, scenario: scenario(toRows(100)), viewportOnly: true },
  { name: 'activity-empty', path, scenario: scenario([]) },
  {
    name: 'activity-loading',
    path,
    scenario: scenario([], {
      'GET audit': pendingAnswer,
      'GET audit/verify': { ...whole, state: 'running', done: 4_200, verdict: null },
    }),
  },
  { name: 'activity-changed', path, scenario: scenario(toRows(6), { 'GET audit/verify': broken }) },
  {
    name: 'activity-broken',
    path,
    scenario: ownerScenario(
      { 'GET audit/verify': whole },
      { refusals: { 'GET audit': problem(503, 'DATABASE_REFUSED', 'The database is busy.') } },
    ),
  },
]
