import { auditEventNames } from './audit.ts'
import type { AuditEventName } from './audit.ts'
import { refusalEvents } from './auditLog.ts'
import type { AuditRow } from './auditLog.ts'
import { whereFrom } from './auditPlaces.ts'
import { errorCodes } from './errorCodes.ts'
import type { ErrorCode } from './errorCodes.ts'
import { describeSettingChange } from './settingWords.ts'
import { isFromProtection } from './protection.ts'

/** Names of who and what rows mention by their ids; undefined: it is gone, or cannot be known. */
export interface AuditNames {
  person(id: string): string | undefined
  key(id: string): string | undefined
}

/** What happened, in one or two sentences; `alarm` only for what came from outside of the home or damaged the log. */
export interface AuditSentence {
  readonly text: string
  readonly tone: 'plain' | 'attention' | 'alarm'
}

/** A row as the sentences read it. */
interface Facts {
  /** "Mia", "Gatehouse", "A device in your home (192.168.1.40)". */
  readonly who: string
  /** The person it is about, or "somebody". */
  readonly whom: string
  readonly isOwn: boolean
  readonly text: (name: string) => string
  readonly number: (name: string) => number
  readonly list: (name: string) => readonly string[]
  readonly is: (name: string) => boolean
  readonly keyName: string
  /** An address, or a network as it is written: "192.168.1.40", "192.168.1.0/24". */
  readonly address: string
  /** Names of those whom a list of ids names; "somebody". */
  readonly people: string
  /** What a flood was made of, as `floodGuard.ts` counts it, in words. */
  readonly omitted: (source: string) => string
}

const count = (amount: number, one: string, many = `${one}s`): string =>
  `${amount.toLocaleString('en-US')} ${amount === 1 ? one : many}`

const ofWhom = ({ isOwn, whom }: Facts): string => (isOwn ? 'their own' : `${whom}’s`)
const after = (words: string, text: string): string => (text === '' ? '' : `${words}${text}`)

/** How long to wait, in words: "90 seconds", "5 minutes". */
const toWait = (seconds: number): string =>
  seconds < 120 ? count(seconds, 'second') : count(Math.round(seconds / 60), 'minute')

/** What was wrong, behind "asked for /x"; a code that is not here is one of a newer version. */
const denials: Readonly<Record<ErrorCode, string>> = {
  ADDRESS_BLOCKED: ' from an address that is kept out',
  ALREADY_EXISTS: ', which is there already',
  ALREADY_RUNNING: ' while it was under way',
  AUTH_INVALID: ' with a sign-in or key that does not hold',
  AUTH_REQUIRED: ' without signing in',
  BAD_REQUEST: ' with a request that makes no sense',
  BODY_TOO_LARGE: ' and sent too much at once',
  CONFIRMATION_NEEDED: ' without saying that they are sure',
  DATABASE_REFUSED: ' while the list of everything could not be written',
  DATA_FOLDER_REFUSED: ' while the data folder could not be used',
  ENGINE_REFUSED: ', and ComfyUI did not take it',
  ENGINE_UNAVAILABLE: ' while ComfyUI was not running',
  FOLDER_REFUSED: ' with a folder that cannot be used',
  FOREIGN_ORIGIN: ' from another website’s page',
  HOST_NOT_ALLOWED: ' by a name that is not this computer’s',
  HTTPS_REQUIRED: ' without encryption',
  INTERNAL_ERROR: ', and Gatehouse could not answer',
  INVITATION_INVALID: ' with an invitation that is over',
  LAST_ADMINISTRATOR: ', which would leave nobody to manage this computer',
  METHOD_NOT_ALLOWED: ' in a way that it does not know',
  NOT_FOUND: ', which is not there',
  OWNER_ONLY: ', which only the owner’s window on this computer may',
  PASSWORD_REQUIRED: ' without the right password',
  PASSWORD_TOO_WEAK: ' with a password that is easy to guess',
  PERMISSION_DENIED: ' without the right to it',
  PORT_IN_USE: ' with a port that another program uses',
  QUOTA_EXCEEDED: ' beyond what they may use',
  RATE_LIMITED: ' too often in a row',
  ROLE_IN_USE: ', a role that people still have',
  SECRETS_UNAVAILABLE: ' while the keychain was locked',
  SIGN_IN_FAILED: ' with a wrong name or password',
  TOO_MANY_CONNECTIONS: ' with too many connections at once',
  UNSUPPORTED_MEDIA_TYPE: ' and sent something of an unknown kind',
  VALIDATION_FAILED: ' with a value that cannot be',
}

const denied = ({ who, text }: Facts): string => {
  const code = errorCodes.find((one) => one === text('code'))
  return `${who} asked for ${text('path') || 'something'}${code === undefined ? '' : denials[code]}. It was refused.`
}

const checked = ({ who, number }: Facts): string => {
  const broken = number('broken')
  const held =
    number('held') > 0 ? ` ${count(number('held'), 'attack')} ${number('held') === 1 ? 'was' : 'were'} refused` : ''
  const rest = broken === 0 ? '' : `, ${count(broken, 'attack')} got through`
  return `${who} had the protection checked.${held === '' && rest === '' ? '' : `${held || ' Nothing was refused'}${rest}.`}`
}

const wrongPassword = (facts: Facts): string => {
  const { who, whom, number } = facts
  const tries = Math.max(1, number('tries'))
  const wait = number('waitSeconds')
  const whose = whom === 'somebody' ? 'a name or password' : `${whom}’s password`
  const pause = wait > 0 ? ` It must wait ${toWait(wait)}.` : ''
  return `${who} got ${whose} wrong${tries > 1 ? ` ${tries} times` : ''}.${pause} Nobody came in.`
}

const session = (facts: Facts): string => {
  const { who, whom, number, is } = facts
  if (number('sessions') > 0) {
    const ended = count(number('sessions'), 'sign-in')
    return is('tooMany')
      ? `${ended} of ${whom} ended, because there were too many.`
      : `${who} ended ${ended} of ${whom}.`
  }
  return is('guest') ? `The visit of ${whom} ended.` : `${who} signed out.`
}

const job = ({ isOwn, whom }: Facts): string => (isOwn ? 'a picture of their own' : `${whom}’s picture`)

const setting = ({ who, list }: Facts): string => {
  const changes = list('changes')
  const names = list('names').map(describeSettingChange)
  if (changes.length === 0)
    return `${who} saved settings${after(': ', names.join(', '))}${names.length === 0 ? ', and nothing changed' : ''}.`
  return `${who} changed ${changes.length === 1 ? 'a setting' : 'settings'}: ${changes.map(describeSettingChange).join('; ')}.`
}

const knockAnswered = ({ who, text, number }: Facts): string => {
  const device = `the device at the door${after(' (', text('device'))}${text('device') === '' ? '' : ')'}`
  switch (text('answer')) {
    case 'refused':
      return `${who} did not let ${device} in.`
    case 'all refused':
      return `${who} sent everybody at the door away (${number('people')}).`
    case 'wrong words':
      return `${who} picked other words than ${device} showed. Nobody came in.`
    default:
      return `${who} let ${device} in${after(' as ', text('answer'))}.`
  }
}

const unblocked = ({ who, text, address, people }: Facts): string => {
  switch (text('kind')) {
    case 'account':
      return `${who} let new devices try ${people}’s password again.`
    case 'device':
      return `${who} let a browser in which ${people} signed in before try again.`
    default:
      return `${who} let ${address || 'an address'} try again.`
  }
}

const sentences: Readonly<Record<AuditEventName, (facts: Facts) => string>> = {
  'account.created': (f) =>
    f.is('guest') ? `${f.whom} came in as a guest.` : `${f.who} added ${f.whom}${after(' as ', f.text('role'))}.`,
  'account.disabled': (f) => `${f.who} turned off ${ofWhom(f)} account. They cannot come in.`,
  'account.enabled': (f) => `${f.who} turned ${ofWhom(f)} account on again.`,
  'account.passwordChanged': (f) => `${f.who} changed ${ofWhom(f)} password.`,
  'account.removed': (f) => (f.is('guest') ? `The guest ${f.whom} left.` : `${f.who} removed ${f.whom}.`),
  'account.renamed': (f) =>
    `${f.who} renamed ${f.isOwn ? 'themselves' : f.whom}${after(' to ', f.text('to') || f.text('newName'))}.`,
  'account.roleChanged': (f) => `${f.who} changed ${ofWhom(f)} role${after(' to ', f.text('role') || f.text('to'))}.`,
  'address.blocked': (f) => `${f.address || 'An address'} was blocked after too many wrong passwords. Nobody came in.`,
  'address.unblocked': unblocked,
  'certificate.changed': (f) =>
    `The certificate for HTTPS was made anew${after(' (', f.text('reason'))}${f.text('reason') === '' ? '' : ')'}.`,
  'connection.refused': (f) => `${f.who} tried to connect and was refused. Nobody came in.`,
  'device.forgotten': (f) => `${f.who} forgot a device of ${f.whom}.`,
  'engine.failed': () => 'ComfyUI stopped by itself.',
  'engine.restarted': (f) => `${f.who} restarted ComfyUI.`,
  'engine.started': (f) => `${f.who} started ComfyUI.`,
  'engine.stopped': (f) => `${f.who} stopped ComfyUI.`,
  'folder.changed': (f) => `${f.who} changed what ${ofWhom(f)} folder may hold.`,
  'folder.cleared': (f) => `Old pictures of ${f.whom} were cleared away (${count(f.number('files'), 'file')}).`,
  'folder.moved': (f) => `${f.who} moved ${ofWhom(f)} folder.`,
  'gate.started': () => 'Gatehouse started.',
  'gate.stopped': () => 'Gatehouse stopped.',
  'invitation.created': (f) =>
    `${f.who} made an invitation${after(' for ', f.text('name'))}${after(' as ', f.text('role'))}.`,
  'invitation.used': (f) => `${f.who} took an invitation.`,
  'invitation.withdrawn': (f) => `${f.who} withdrew an invitation.`,
  'ipRule.created': (f) =>
    `${f.who} made a rule: ${f.text('kind') === 'deny' ? 'keep out' : 'let in'} ${f.address || count(f.number('rules'), 'network')}.`,
  'ipRule.removed': (f) =>
    f.is('ended') ? `The rule for ${f.address} ended.` : `${f.who} removed the rule for ${f.address}.`,
  'job.cancelled': (f) => `${f.who} cancelled ${job(f)}.`,
  'job.ended': (f) =>
    `A picture of ${f.whom} ${f.text('how') === 'succeeded' ? 'was made' : 'was not finished'} (${count(f.number('seconds'), 'second')}).`,
  'job.held': (f) => `${f.who} held ${job(f)}.`,
  'job.moved': (f) => `${f.who} moved ${job(f)} in the line.`,
  'job.released': (f) => `${f.who} let ${job(f)} go on.`,
  'jobs.paused': (f) => `${f.who} paused all jobs.`,
  'jobs.resumed': (f) => `${f.who} let jobs go on.`,
  'key.created': (f) => `${f.who} made the key “${f.text('name')}” for ${f.isOwn ? 'themselves' : f.whom}.`,
  'key.revoked': (f) =>
    f.number('keys') > 0
      ? `${f.who} revoked ${count(f.number('keys'), 'key')} of ${f.whom}.`
      : `${f.who} revoked the key “${f.keyName}”.`,
  'key.sentUnprotected': (f) => `The key “${f.keyName}” of ${f.whom} was sent without encryption. Replace it.`,
  'knock.answered': knockAnswered,
  'knock.received': (f) => `${f.who} knocked at the door.`,
  'knock.withdrawn': (f) => `${f.who} went away from the door.`,
  'knocking.changed': (f) => `${f.who} ${f.is('on') ? 'let people knock for ten minutes' : 'ended knocking'}.`,
  'log.damaged': (f) =>
    `This list was changed from outside${f.number('row') > 0 ? `: row ${f.number('row')}, which was the newest one, is not there any more` : ': its mark was changed'}.`,
  'log.exported': (f) => `${f.who} saved this list as a file.`,
  'log.shortened': (f) =>
    `${count(f.number('omitted'), 'more event')} in one minute ${f.number('omitted') === 1 ? 'was' : 'were'} left out of this list, to keep it readable${after(', most of them ', f.list('mostly').map(f.omitted).join(', '))}.`,
  'log.shortenedByAge': (f) =>
    `${count(f.number('rows'), 'row')} of this list older than ${count(f.number('days'), 'day')} were cleared away.`,
  'network.changed': (f) =>
    f.is('shared')
      ? `${f.who} shares in the network ${f.text('name')}.`
      : `This computer is in the network ${f.text('name')}, where nothing is shared.`,
  'nodes.seen': (f) => `${f.who} looked at ${count(f.number('count'), 'new node')}.`,
  'output.changed': (f) => `${f.who} changed ${count(Math.max(1, f.number('files')), 'file')} of ${f.whom}.`,
  'output.shared': (f) => `${f.who} changed who sees a picture of ${f.isOwn ? 'theirs' : f.whom}.`,
  'outputs.deleted': (f) => `${f.who} deleted ${count(f.number('files'), 'file')} of ${f.whom} for good.`,
  'outputs.removed': (f) => `${f.who} removed ${count(f.number('files'), 'file')} of ${f.whom}.`,
  'outputs.restored': (f) => `${f.who} brought back ${count(f.number('files'), 'file')} of ${f.whom}.`,
  'prompt.accepted': (f) => `${f.who} asked for a picture.`,
  'protection.checked': checked,
  'request.changed': (f) => `${f.who} changed something in ComfyUI (${f.text('method')} ${f.text('path')}).`,
  'request.denied': denied,
  'role.changed': (f) => `${f.who} changed the role ${f.text('title') || f.text('role')}.`,
  'role.created': (f) => `${f.who} made the role ${f.text('title') || f.text('role')}.`,
  'role.probed': (f) =>
    `${f.who} tried out what ${f.text('role') === '' ? 'a role' : `the role ${f.text('role')}`} reaches.`,
  'role.removed': (f) => `${f.who} removed the role ${f.text('title') || f.text('role')}.`,
  'sentinel.imported': (f) => `${f.who} took people and lists over from ComfyUI-Sentinel.`,
  'session.ended': session,
  'session.started': (f) =>
    f.text('surface') === 'owner'
      ? `The window of Gatehouse was opened for ${f.whom}.`
      : `${f.isOwn ? f.who : f.whom} signed in${f.text('device') === '' || f.text('device') === 'Unknown device' ? '' : ` with ${f.text('device')}`}.`,
  'setting.changed': setting,
  'sharing.changed': (f) => `${f.who} switched sharing ${f.is('on') ? 'on' : 'off'}.`,
  'signIn.failed': wrongPassword,
  'signIn.paused': (f) =>
    `${f.who} tried ${f.number('furtherTries') > 0 ? `${count(f.number('furtherTries'), 'more time')} ` : ''}to sign in${f.whom === 'somebody' ? '' : ` as ${f.whom}`} while it must wait. Nobody came in.`,
  'socket.closed': (f) => `${f.who} closed ComfyUI’s page.`,
  'socket.opened': (f) => `${f.who} opened ComfyUI’s page.`,
  'token.created': (f) => `${f.who} got a token for ${f.isOwn ? 'themselves' : f.whom}.`,
  'token.revoked': (f) =>
    `${f.who} ended ${f.number('tokens') > 1 ? `${f.number('tokens')} tokens` : 'a token'} of ${f.whom}.`,
  'workflow.changed': (f) => `${f.who} changed the workflow “${f.text('name')}”.`,
  'workflow.published': (f) => `${f.who} published the workflow “${f.text('name')}”.`,
  'workflow.removed': (f) => `${f.who} took the workflow “${f.text('name')}” back.`,
}

/** A row in the words of its reader; one of a newer version by its name. */
export function describeAuditRow(row: AuditRow, names: AuditNames): AuditSentence {
  const event = auditEventNames.find((name) => name === row.event)
  const facts = toFacts(row, names)
  const text = event === undefined ? `${facts.who}: ${row.event}.` : sentences[event](facts)
  return { text, tone: toneOf(row, event) }
}

function toneOf(row: AuditRow, event: AuditEventName | undefined): AuditSentence['tone'] {
  if (event === 'log.damaged') return 'alarm'
  if (event === 'protection.checked' && Number(row.details['broken']) > 0) return 'alarm'
  if (event === 'engine.failed' || event === 'key.sentUnprotected' || event === 'log.shortened') return 'attention'
  if (event === undefined || !refusalEvents.includes(event) || isFromProtection(row.address)) return 'plain'
  if (whereFrom(row.address) === 'outside') return 'alarm'
  // Pages ask before somebody has signed in: of itself that is nothing to look at.
  return row.details['code'] === 'AUTH_REQUIRED' || row.details['code'] === 'NOT_FOUND' ? 'plain' : 'attention'
}

function toFacts(row: AuditRow, names: AuditNames): Facts {
  const { details, actor } = row
  const text = (name: string): string => {
    const value = details[name]
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
  }
  const about = text('account') || text('of')
  const isOwn = about !== '' && about === actor.id
  const named = row.event.startsWith('account.') || row.event.startsWith('signIn.') ? text('name') : ''
  const known = names.person(about) ?? (named === 'unknown name' ? '' : named)
  const key = text('key')
  return {
    who: describeActor(row),
    whom: known === '' ? (isOwn ? (actor.name ?? 'somebody') : 'somebody') : known,
    isOwn,
    text,
    number: (name) => (typeof details[name] === 'number' ? details[name] : 0),
    list: (name) => {
      const value = details[name]
      return Array.isArray(value) ? value.map(String) : []
    },
    is: (name) => details[name] === true,
    keyName: text('name') || (names.key(key) ?? key),
    address: text('cidr').replace(/\/(?:32|128)$/, ''),
    people: toPeople(details['people'], names),
    omitted: (source) => describeOmitted(source, names),
  }
}

const toPeople = (ids: unknown, names: AuditNames): string => {
  const known = (Array.isArray(ids) ? ids : []).flatMap((id) => names.person(String(id)) ?? [])
  return known.length === 0 ? 'somebody' : known.join(', ')
}

const sourcesApart: Readonly<Record<string, string>> = {
  jobs: 'jobs',
  ended: 'ended jobs',
  refused: 'refused requests',
}

/** "account a1b2, jobs: 12" → "12 jobs of Mia"; "192.168.1.40: 30" → "30 from 192.168.1.40". */
function describeOmitted(source: string, names: AuditNames): string {
  const [, from = source, amount = ''] = /^(.*): (\d+)$/s.exec(source) ?? []
  const [, id, what = ''] = /^account (\S+?)(?:, (.*))?$/s.exec(from) ?? []
  if (id !== undefined) {
    const kind = sourcesApart[what] ?? (what === '' ? '' : `changes at ${what}`)
    return [amount, kind, 'of', names.person(id) ?? 'somebody who is gone'].filter((part) => part !== '').join(' ')
  }
  const place = from === 'system' ? 'Gatehouse itself' : from === 'commandLine' ? 'the command line' : from
  return `${amount} from ${place.replace(/\/(?:32|128)$/, '') || 'an unknown address'}`.trim()
}

function describeActor({ actor, address, details }: AuditRow): string {
  switch (actor.kind) {
    case 'account':
      return actor.name ?? 'Somebody'
    case 'commandLine':
      return 'Somebody at this computer’s command line'
    case 'system':
      return 'Gatehouse'
    case 'unknown':
      return describeStranger(address, details['device'])
  }
}

const places = {
  here: 'A program on this computer',
  home: 'A device in your home',
  outside: 'A stranger from outside your home',
} as const

function describeStranger(address: string | null, device: unknown): string {
  if (isFromProtection(address)) return '“Check my protection”'
  const known = typeof device === 'string' && device !== 'Unknown device' ? device : undefined
  const more = [known, address ?? undefined].filter((part) => part !== undefined)
  return `${places[whereFrom(address)]}${more.length === 0 ? '' : ` (${more.join(', ')})`}`
}
