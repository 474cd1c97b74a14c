import type { FirewallFacts } from './firewallFacts.ts'

const NAME = 'macOS’ firewall'

export interface SocketFilterOutput {
  /** `--getglobalstate`: "Firewall is enabled. (State = 1)" */
  readonly state: string
  /** `--getblockall`: "Firewall has block all state set to enabled." or the older "Block all ENABLED!" */
  readonly blockAll: string
  /** `--listapps`: lines "1 : /Applications/Gatehouse.app" and "(Allow incoming connections)" by turns. */
  readonly apps: string
}

/** What `socketfilterfw` says about a program, given by the path of its executable. */
export function parseSocketFilter({ state, blockAll, apps }: SocketFilterOutput, program: string): FirewallFacts {
  if (/State = 0|is disabled/i.test(state)) return { kind: 'off', name: NAME }
  if (!/State = [12]|is enabled/i.test(state)) return { kind: 'unknown' }
  if (/State = 2/.test(state) || /block all.*enabled/i.test(blockAll)) {
    return { kind: 'blocks', name: NAME, why: 'everything' }
  }
  const entries = [...apps.matchAll(/^\s*\d+\s*:\s*(.+?)\s*\n\s*\(\s*(Allow|Block) incoming connections\s*\)/gm)]
  const entry = entries.find(([, app]) => app !== undefined && (program === app || program.startsWith(`${app}/`)))
  if (entry === undefined) return { kind: 'asks', name: NAME }
  return entry[2] === 'Allow' ? { kind: 'allows', name: NAME } : { kind: 'blocks', name: NAME, why: 'rule' }
}
