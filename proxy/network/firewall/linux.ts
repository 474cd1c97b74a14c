import type { FirewallFacts } from './firewallFacts.ts'

const UFW = 'this computer’s firewall (ufw)'
const FIREWALLD = 'this computer’s firewall (firewalld)'

/** /etc/ufw/ufw.conf, which everybody may read: a line "ENABLED=yes". */
export const isUfwEnabled = (config: string): boolean => /^\s*ENABLED\s*=\s*["']?yes\b/im.test(config)

/**
 * `ufw status`, which only root may ask. Lines as "8190/tcp  ALLOW  192.168.1.0/24" or "Anywhere  DENY  …". A rule for
 * single addresses only is no answer about the others, so it counts as not readable.
 */
export function parseUfwStatus(output: string, port: number): FirewallFacts {
  if (/^Status: inactive/m.test(output)) return { kind: 'off', name: UFW }
  if (!/^Status: active/m.test(output)) return { kind: 'unknown' }
  for (const line of output.split('\n')) {
    const [, target, action, from] =
      /^(\S+)(?: \(v6\))?\s+(ALLOW|DENY|REJECT|LIMIT)(?: IN)?\s+(.+?)\s*$/.exec(line) ?? []
    if (target === undefined || from === undefined || !coversPort(target, port)) continue
    if (!/^Anywhere|\//.test(from)) return { kind: 'unreadable', name: UFW }
    return action === 'ALLOW' || action === 'LIMIT'
      ? { kind: 'allows', name: UFW }
      : { kind: 'blocks', name: UFW, why: 'rule' }
  }
  // Its default is to refuse; `ufw status verbose` would say so, and somebody may have changed it.
  return { kind: 'blocks', name: UFW, why: 'default' }
}

/** "Anywhere", "8190", "8190/tcp", "8000:8200/tcp", "80,8190/tcp". */
function coversPort(target: string, port: number): boolean {
  if (target === 'Anywhere') return true
  const [ports = '', protocol = 'tcp'] = target.split('/')
  return protocol === 'tcp' && coversNumber(ports.replaceAll(':', '-'), port)
}

const coversNumber = (ports: string, port: number): boolean =>
  ports.split(',').some((part) => {
    const [first = '', last = first] = part.split('-')
    return /^\d+$/.test(first) && port >= Number(first) && port <= Number(last)
  })

export interface FirewalldOutput {
  /** `firewall-cmd --state`: "running". */
  readonly state: string
  /** `firewall-cmd --get-zone-of-interface=…`, or the default zone. */
  readonly zone: string
  /** `firewall-cmd --zone=… --list-all`, undefined when it may not be asked. */
  readonly list: string | undefined
}

/** What firewalld's zone of the card lets in. */
export function parseFirewalld({ state, list }: FirewalldOutput, port: number): FirewallFacts {
  if (!/^running/m.test(state)) return { kind: 'off', name: FIREWALLD }
  if (list === undefined || !/^\s*ports:/m.test(list)) return { kind: 'unreadable', name: FIREWALLD }
  if (/^\s*target: (?:ACCEPT)\s*$/m.test(list)) return { kind: 'allows', name: FIREWALLD }
  const ports = /^\s*ports: *(.*)$/m.exec(list)?.[1]?.split(/\s+/) ?? []
  const isOpen = ports.some((entry) => entry.endsWith('/tcp') && coversNumber(entry.slice(0, -4), port))
  if (isOpen) return { kind: 'allows', name: FIREWALLD }
  // A rich rule may let some devices in; what it says is more than these lines read.
  if (/^\s*rich rules:\s*\n\s+rule/m.test(list)) return { kind: 'unreadable', name: FIREWALLD }
  return { kind: 'blocks', name: FIREWALLD, why: 'default' }
}

/** What to type so that the home's network gets in, and nobody else. */
export const ufwCommand = (port: number, network: string | undefined): string =>
  `sudo ufw allow ${network === undefined ? '' : `from ${network} to any port `}${port}${network === undefined ? '/tcp' : ' proto tcp'} comment Gatehouse`

/** The zone's name comes from firewalld, so only its plain form is put into a command. */
export function firewalldCommand(port: number, zone: string): string {
  const option = /^[\w-]{1,40}$/.test(zone) ? ` --zone=${zone}` : ''
  return `sudo firewall-cmd --permanent${option} --add-port=${port}/tcp && sudo firewall-cmd --reload`
}
