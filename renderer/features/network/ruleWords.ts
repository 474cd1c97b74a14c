import type { IpRule, IpRuleEffect } from '../../../proxy/contract/ipRules.ts'
import type { LockoutAnswer } from '../../../proxy/contract/lockouts.ts'
import { count, joinNames } from '../../words/names.ts'
import { toTimeAgo } from '../../words/time.ts'

/** "192.168.1.40", "192.168.1.0/24": a single address without its length. */
export const toShownAddress = (cidr: string): string => cidr.replace(/^([^:]+)\/32$|^(.*:.*)\/128$/, '$1$2')

export const kindWords: Readonly<Record<IpRule['kind'], string>> = { deny: 'Keep out', allow: 'Let in' }

export const sourceWords: Readonly<Record<IpRule['source'], string>> = {
  owner: '',
  lockout: 'After too many wrong passwords',
  import: 'From a list',
}

/** Names once, those who are here first. */
const namesOf = (people: IpRuleEffect['lockedOut'], others = 0): string => {
  const names = [...new Set(people.map(({ name }) => name))]
  const shown = names.slice(0, 6)
  const rest = names.length - shown.length + others
  return joinNames(rest > 0 ? [...shown, `${rest} more`] : shown)
}

/** What a rule would do, one sentence each; the dangers first. */
export function effectWords(effect: IpRuleEffect): {
  readonly danger: readonly string[]
  readonly plain: readonly string[]
} {
  const here = effect.lockedOut.filter(({ connected }) => connected)
  const away = effect.lockedOut.filter(({ connected }) => !connected)
  const danger = [
    ...(effect.ownDevice ? ['It locks out the device that you are using now.'] : []),
    ...(effect.thisComputer
      ? ['Programs on this computer could not get in any more, ComfyUI in this window neither.']
      : []),
    ...(here.length > 0 ? [`${namesOf(here)} ${here.length === 1 ? 'is' : 'are'} here now and would be cut off.`] : []),
  ]
  const plain = [
    ...(effect.startsAllowList ? ['From then on nobody gets in from anywhere else.'] : []),
    ...(away.length > 0
      ? [`${namesOf(away, effect.othersLockedOut)} came from there last and could not come back.`]
      : []),
    ...(effect.letIn.length > 0 ? [`${namesOf(effect.letIn)} could get in again.`] : []),
    ...(effect.without === null ? [] : [effect.without]),
  ]
  const isQuiet = danger.length === 0 && plain.length === 0
  return { danger, plain: isQuiet ? ['Nobody who came in up to now is met by it.'] : plain }
}

/** The button of a rule that cuts somebody off names them. */
export function addWords(kind: IpRule['kind'], effect: IpRuleEffect | undefined): string {
  const verb = kind === 'deny' ? 'Keep out' : 'Let only these in'
  const here = effect?.lockedOut.filter(({ connected }) => connected) ?? []
  if (here.length > 0) return `${verb} and cut off ${namesOf(here)}`
  if (effect?.ownDevice === true) return `${verb} and lock myself out`
  return effect?.thisComputer === true ? `${verb}, not this computer` : verb
}

const times = (failures: number): string => (failures === 1 ? 'once' : count(failures, 'time'))

/** Who it was, as far as that is known. A stranger is only who was never here, from outside. */
export function whoWords(lockout: LockoutAnswer): string {
  const { address, place, device, knownAs, people } = lockout
  const name = people[0]?.name ?? 'somebody'
  if (lockout.kind === 'account') return 'Somebody'
  if (lockout.kind === 'device')
    return `A browser in which ${name} signed in before${device === '' ? '' : ` (${device})`}`
  const details = [device, address ?? ''].filter((text) => text !== '').join(', ')
  if (place === 'thisComputer') return `A program on this computer${device === '' ? '' : ` (${device})`}`
  if (knownAs !== null) return `A device of ${knownAs}’s (${details})`
  return `${place === 'home' ? 'A device in your home' : 'A stranger'} (${details})`
}

/** What was tried. Names that nobody has are never told as typed. */
export function triedWords({ people, unknownNames, failures }: LockoutAnswer): string {
  if (people.length === 0) return `tried names that nobody here has, ${times(failures)}.`
  const others = unknownNames ? ', and names that nobody here has' : ''
  if (people.length === 1 && others === '') return `got ${people[0]?.name ?? ''}’s password wrong ${times(failures)}.`
  return `tried the passwords of ${joinNames(people.map(({ name }) => name))}${others}, wrong ${times(failures)}.`
}

/** How long it waits yet; what is kept out by a rule waits for nothing. */
export function waitWords({ state, kind, waitsUntil, keptOut }: LockoutAnswer, nowMs: number): string {
  if (state === 'blocked') return `It is blocked until you let it in again. ${noAnswerWords}`
  if (keptOut) return `It is kept out by your rules. ${noAnswerWords}`
  const seconds = waitsUntil === null ? 0 : Math.ceil((Date.parse(waitsUntil) - nowMs) / 1000)
  const left = seconds >= 120 ? count(Math.ceil(seconds / 60), 'minute') : count(Math.max(1, seconds), 'second')
  const isOver = state === 'over' || seconds <= 0
  if (kind !== 'account') return isOver ? 'It may try again.' : `It must wait ${left}.`
  return isOver
    ? 'New devices may try again.'
    : `Devices that are new to this name must wait ${left}; known ones need not.`
}

/** What somebody sees who is kept out. */
export const noAnswerWords = 'The browser there says only that this computer cannot be reached.'

/** What came of the tries. */
export function outcomeWords({ cameIn, kind }: LockoutAnswer, nowMs: number): string {
  if (cameIn === null) return 'Nobody came in.'
  return `${cameIn.name} signed in${kind === 'address' ? ' from there' : ''} ${toTimeAgo(Date.parse(cameIn.at), nowMs)}.`
}

/** Addresses that rules keep out, for whoever looks for one that cannot come in. */
export function keptOutWords(rules: readonly IpRule[]): string {
  const addresses = rules.filter(({ kind }) => kind === 'deny').map(({ cidr }) => toShownAddress(cidr))
  if (addresses.length === 0) return ''
  const shown = addresses.slice(0, 4)
  const rest = addresses.length - shown.length
  return `Kept out by a rule: ${joinNames(rest > 0 ? [...shown, `${rest} more`] : shown)}. Whoever comes from there gets no answer: their browser says only that this computer cannot be reached.`
}

/** What was typed, one network a line or between commas. */
export const toNetworks = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== '')
