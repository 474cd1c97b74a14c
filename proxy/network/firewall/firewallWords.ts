import type { Firewall } from '../../contract/sharing.ts'
import { assertNever } from '../../core/assertNever.ts'
import type { FirewallFacts } from './firewallFacts.ts'

export interface FirewallPlace {
  readonly platform: NodeJS.Platform
  readonly port: number
  /** What lets the home in, typed by hand. */
  readonly command: string | null
  readonly category: 'private' | 'public' | 'domain' | undefined
}

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** What was read, in words that claim no more than it. */
export function describeFirewall(facts: FirewallFacts, place: FirewallPlace): Firewall {
  const isPublicNetwork = place.category === 'public'
  const quiet = { command: null, canMend: false, isPublicNetwork }
  switch (facts.kind) {
    case 'off':
      return { ...quiet, verdict: 'open', words: `${capitalise(facts.name)} is switched off.` }
    case 'allows':
      return { ...quiet, verdict: 'open', words: `${capitalise(facts.name)} has a rule that lets Gatehouse in.` }
    case 'asks':
      return { ...quiet, verdict: 'asks', words: describeQuestion(place.platform) }
    case 'unreadable':
      return {
        ...quiet,
        verdict: 'unknown',
        command: place.command,
        words: `${capitalise(facts.name)} is switched on. Only an administrator can read what it lets in.`,
      }
    case 'blocks':
      return {
        verdict: 'blocked',
        words: describeBlock(facts, place),
        command: place.command,
        canMend: place.platform === 'win32' && facts.why !== 'everything' && facts.why !== 'publicNetwork',
        isPublicNetwork,
      }
    case 'unknown':
      return place.platform === 'linux'
        ? {
            ...quiet,
            verdict: 'none',
            words: 'Neither ufw nor firewalld is switched on. Others only an administrator can see.',
          }
        : { ...quiet, verdict: 'unknown', words: 'What the firewall of this computer lets in could not be read.' }
    default:
      return assertNever(facts)
  }
}

const describeQuestion = (platform: NodeJS.Platform): string =>
  platform === 'win32'
    ? 'Windows will ask now. Tick “Private networks”, then “Allow”.'
    : 'macOS may ask now whether Gatehouse may accept incoming connections. Choose “Allow”.'

function describeBlock({ name, why }: Extract<FirewallFacts, { kind: 'blocks' }>, { port }: FirewallPlace): string {
  switch (why) {
    case 'rule':
      return `${capitalise(name)} has a rule that keeps other devices away from Gatehouse.`
    case 'default':
      return `${capitalise(name)} lets nobody in to port ${port}.`
    case 'everything':
      return `${capitalise(name)} refuses every connection from outside.`
    case 'publicNetwork':
      return 'Windows takes this network for a public one, where it lets nobody in.'
    default:
      return assertNever(why)
  }
}
