import { describe, expect, it } from 'vitest'
import { auditEventNames } from '../../../proxy/contract/audit.ts'
import { auditGroupOf } from '../../../proxy/contract/auditLog.ts'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'
import { whereFrom } from '../../../proxy/contract/auditPlaces.ts'
import { describeAuditRow } from '../../../proxy/contract/auditSentences.ts'
import { settingDefinitions } from '../../../proxy/contract/settings.ts'
import { errorCodes } from '../../../proxy/contract/errorCodes.ts'

const mia = { kind: 'account', id: 'm'.repeat(16), name: 'Mia' } as const
const stranger = { kind: 'unknown', id: null, name: null } as const
const names = { person: (id: string) => (id === mia.id ? 'Mia' : undefined), key: () => undefined }

const row = (event: string, more: Partial<AuditRow> = {}): AuditRow => ({
  ...{ seq: 1, at: '2026-11-23T12:00:00.000Z', event, actor: mia, address: null, details: {} },
  ...more,
})

describe('the sentences of the log', () => {
  it.for(auditEventNames)('%s is a whole sentence without its details and with strange ones', (event) => {
    for (const details of [
      {},
      { account: mia.id, name: 7, files: 'x', list: null, changes: [1], tries: -1, code: [] },
    ]) {
      const { text } = describeAuditRow(row(event, { details, actor: stranger, address: '192.168.1.40' }), names)
      expect(text).toMatch(/^\S.*[.]$/)
      expect(text).not.toMatch(/undefined|null|NaN|\[object| {2}/)
    }
    expect(auditGroupOf(event)).toBeTypeOf('string')
  })

  it('tells who got a password wrong from where, and that nobody came in', () => {
    const details = { account: mia.id, name: 'Mia', device: 'Chrome on Android', tries: 6, waitSeconds: 90 }
    expect(
      describeAuditRow(row('signIn.failed', { actor: stranger, address: '192.168.1.40', details }), names),
    ).toEqual({
      text: 'A device in your home (Chrome on Android, 192.168.1.40) got Mia’s password wrong 6 times. It must wait 90 seconds. Nobody came in.',
      tone: 'attention',
    })
    expect(
      describeAuditRow(
        row('signIn.failed', { actor: stranger, address: '203.0.113.7', details: { name: 'unknown name' } }),
        names,
      ),
    ).toEqual({
      text: 'A stranger from outside your home (203.0.113.7) got a name or password wrong. Nobody came in.',
      tone: 'alarm',
    })
  })

  it.for([...errorCodes, 'CODE_OF_TOMORROW'])('tells a refusal in words, once, and no code: %s', (code) => {
    const details = { method: 'GET', path: '/prompt', code }
    const { text } = describeAuditRow(
      row('request.denied', { actor: stranger, address: '192.168.1.40', details }),
      names,
    )
    expect(text).not.toContain(code)
    expect(text).toMatch(/^A device in your home \(192\.168\.1\.40\) asked for \/prompt.*\. It was refused\.$/)
    expect(text.match(/refused/g)).toHaveLength(1)
    if (code !== 'CODE_OF_TOMORROW') expect(text).toMatch(/\/prompt.{8,}\. It/)
  })

  it('names settings as the pages do, and not by their names in the program', () => {
    const changes = [
      'sharing.trustedProxies: [] → ["127.0.0.5/32","10.0.0.0/8"]',
      'https.force: false → true',
      'folders.quotaBytes: null → 53687091200',
      'jobs.limits: {"user":{}} → {"user":{"a":1}}',
      'comfyui.directory',
      'of.tomorrow: 1 → 2',
    ]
    expect(describeAuditRow(row('setting.changed', { details: { changes } }), names).text).toBe(
      'Mia changed settings: “Proxies that are believed” from none to 127.0.0.5, 10.0.0.0/8; “Only HTTPS” from off to on; “Room for each person” from no limit to 50 GB; “The limits of jobs”; “The folder of ComfyUI”; of.tomorrow from 1 to 2.',
    )
  })

  it.for(Object.keys(settingDefinitions))('has words for the setting %s', (name) => {
    const { text } = describeAuditRow(row('setting.changed', { details: { changes: [`${name}: 1 → 2`] } }), names)
    expect(text).not.toContain(name)
    expect(text).toMatch(/^Mia changed a setting: “.+” from .+ to .+\.$/)
  })

  it('names the address that was blocked, and what was let try again', () => {
    const system = { kind: 'system', id: null, name: null } as const
    const address = { cidr: '192.168.1.40/32' }
    const tell = (event: string, details: object, actor: AuditRow['actor'] = mia) =>
      describeAuditRow(row(event, { details: { ...details }, actor }), names).text
    expect(tell('address.blocked', address, system)).toBe(
      '192.168.1.40 was blocked after too many wrong passwords. Nobody came in.',
    )
    expect(tell('address.unblocked', { kind: 'address', ...address, people: [] })).toBe(
      'Mia let 192.168.1.40 try again.',
    )
    expect(tell('address.unblocked', { kind: 'account', people: [mia.id] })).toBe(
      'Mia let new devices try Mia’s password again.',
    )
    expect(tell('address.unblocked', { kind: 'device', people: [mia.id] })).toBe(
      'Mia let a browser in which Mia signed in before try again.',
    )
    expect(tell('ipRule.created', { kind: 'deny', ...address })).toBe('Mia made a rule: keep out 192.168.1.40.')
  })

  it('says of what a flood was, and of whom', () => {
    const mostly = [
      `account ${mia.id}, jobs: 12`,
      `account ${mia.id}: 3`,
      '192.168.1.66: 40',
      `account gone, refused: 2`,
    ]
    expect(describeAuditRow(row('log.shortened', { details: { omitted: 57, mostly } }), names).text).toBe(
      '57 more events in one minute were left out of this list, to keep it readable, most of them 12 jobs of Mia, 3 of Mia, 40 from 192.168.1.66, 2 refused requests of somebody who is gone.',
    )
  })

  it('names the check of the protection as what it is, and does not alarm', () => {
    const details = { method: 'GET', path: '/prompt', code: 'AUTH_REQUIRED' }
    expect(describeAuditRow(row('request.denied', { actor: stranger, address: '127.72.0.4', details }), names)).toEqual(
      {
        text: '“Check my protection” asked for /prompt without signing in. It was refused.',
        tone: 'plain',
      },
    )
  })

  it('says what the check found, and alarms when something got through', () => {
    expect(describeAuditRow(row('protection.checked', { details: { held: 91, broken: 0 } }), names)).toEqual({
      text: 'Mia had the protection checked. 91 attacks were refused.',
      tone: 'plain',
    })
    expect(describeAuditRow(row('protection.checked', { details: { held: 90, broken: 1 } }), names)).toEqual({
      text: 'Mia had the protection checked. 90 attacks were refused, 1 attack got through.',
      tone: 'alarm',
    })
  })

  it('says who signed in with what', () => {
    const details = { account: mia.id, surface: 'people', device: 'Safari on iPhone' }
    expect(describeAuditRow(row('session.started', { details }), names).text).toBe(
      'Mia signed in with Safari on iPhone.',
    )
  })

  it('names an event of a newer version', () => {
    expect(describeAuditRow(row('moon.landed'), names)).toEqual({ text: 'Mia: moon.landed.', tone: 'plain' })
  })

  it.for([
    ['127.0.0.1', 'here'],
    ['::1', 'here'],
    ['::ffff:127.0.0.1', 'here'],
    ['192.168.1.4', 'home'],
    ['10.1.2.3', 'home'],
    ['172.31.0.1', 'home'],
    ['172.32.0.1', 'outside'],
    ['100.100.1.1', 'outside'],
    ['169.254.7.7', 'home'],
    ['fe80::1', 'home'],
    ['fd12:3456::1', 'home'],
    ['2001:db8::1', 'outside'],
    ['203.0.113.7', 'outside'],
  ] as const)('%s is %s', ([address, place]) => {
    expect(whereFrom(address)).toBe(place)
  })
})
