import type { Firewall } from '../../contract/sharing.ts'
import { runPowerShell } from '../systemPrograms.ts'
import type { NetworkSystem } from '../systemPrograms.ts'
import { describeFirewall } from './firewallWords.ts'
import type { FirewallFacts } from './firewallFacts.ts'
import { firewalldCommand, isUfwEnabled, parseFirewalld, parseUfwStatus, ufwCommand } from './linux.ts'
import { parseSocketFilter } from './macos.ts'
import { firewallScript, parseWindowsFirewall } from './windows.ts'

/** For whom the firewall is asked. */
export interface FirewallQuestion {
  /** The executable that listens. */
  readonly program: string
  readonly port: number
  /** The network card that is shared, and its network in CIDR, as far as there is one. */
  readonly card: string | undefined
  readonly subnet: string | undefined
  /** What Windows takes the network for. */
  readonly category: 'private' | 'public' | 'domain' | undefined
}

/** Reads what this computer's firewall does with the gate, as far as an ordinary account may. Never throws. */
export async function readFirewall(system: NetworkSystem, question: FirewallQuestion): Promise<Firewall> {
  const { facts, command } = await readFacts(system, question)
  return describeFirewall(facts, {
    platform: system.platform,
    port: question.port,
    command,
    category: question.category,
  })
}

interface FoundFirewall {
  readonly facts: FirewallFacts
  readonly command: string | null
}

async function readFacts(system: NetworkSystem, question: FirewallQuestion): Promise<FoundFirewall> {
  if (system.platform === 'win32') {
    const output = await runPowerShell(system, firewallScript, { GATEHOUSE_PROGRAM: question.program })
    return { facts: parseWindowsFirewall(output ?? '', question.category), command: null }
  }
  return system.platform === 'darwin' ? readMacos(system, question) : readLinux(system, question)
}

const SOCKET_FILTER = '/usr/libexec/ApplicationFirewall/socketfilterfw'

async function readMacos(system: NetworkSystem, { program }: FirewallQuestion): Promise<FoundFirewall> {
  const ask = async (option: string): Promise<string> => (await system.run(SOCKET_FILTER, [option])) ?? ''
  const output = {
    state: await ask('--getglobalstate'),
    blockAll: await ask('--getblockall'),
    apps: await ask('--listapps'),
  }
  const quoted = `'${program.replaceAll("'", "'\\''")}'`
  return { facts: parseSocketFilter(output, program), command: `sudo ${SOCKET_FILTER} --unblockapp ${quoted}` }
}

async function readLinux(system: NetworkSystem, { port, card, subnet }: FirewallQuestion): Promise<FoundFirewall> {
  const state = (await system.run('firewall-cmd', ['--state'])) ?? ''
  if (/^running/m.test(state)) {
    const zone = await findZone(system, card)
    const list = await system.run('firewall-cmd', [`--zone=${zone}`, '--list-all'])
    return { facts: parseFirewalld({ state, zone, list }, port), command: firewalldCommand(port, zone) }
  }
  const config = await system.readFile('/etc/ufw/ufw.conf')
  if (config !== undefined && isUfwEnabled(config)) {
    const status = parseUfwStatus((await system.run('ufw', ['status'])) ?? '', port)
    const facts: FirewallFacts =
      status.kind === 'unknown' ? { kind: 'unreadable', name: 'this computer’s firewall (ufw)' } : status
    return { facts, command: ufwCommand(port, subnet) }
  }
  return { facts: { kind: 'unknown' }, command: null }
}

async function findZone(system: NetworkSystem, card: string | undefined): Promise<string> {
  const own = card === undefined ? undefined : await system.run('firewall-cmd', [`--get-zone-of-interface=${card}`])
  const zone = own ?? (await system.run('firewall-cmd', ['--get-default-zone'])) ?? ''
  return zone.trim()
}
