import { describe, expect, it } from 'vitest'
import {
  firewalldCommand,
  isUfwEnabled,
  parseFirewalld,
  parseUfwStatus,
  ufwCommand,
} from '../../../proxy/network/firewall/linux.ts'
import { parseSocketFilter } from '../../../proxy/network/firewall/macos.ts'
import { readFirewall } from '../../../proxy/network/firewall/readFirewall.ts'
import { createMendScript, parseWindowsFirewall } from '../../../proxy/network/firewall/windows.ts'
import type { NetworkSystem } from '../../../proxy/network/systemPrograms.ts'

describe('Windows’ firewall', () => {
  const profile = (name: string, rest: object = {}) => ({
    name,
    enabled: 'True',
    inbound: 'Block',
    rules: 'NotConfigured',
    ...rest,
  })
  const rule = (action: string, profiles: string, enabled = 'True') => ({
    name: 'r',
    enabled,
    action,
    profile: profiles,
  })
  const answer = (rules: object[], rest: object = {}) =>
    JSON.stringify({ rules, profiles: [profile('Domain'), profile('Private', rest), profile('Public', rest)] })

  it.each([
    ['asks where no rule names Gatehouse', answer([]), 'private', 'asks', undefined],
    ['lets in after Allow', answer([rule('Allow', 'Private')]), 'private', 'allows', undefined],
    [
      'keeps out after Cancel, which writes a rule for good',
      answer([rule('Block', 'Private, Public')]),
      'private',
      'blocks',
      'rule',
    ],
    [
      'counts what blocks before what allows',
      answer([rule('Allow', 'Any'), rule('Block', 'Any')]),
      'private',
      'blocks',
      'rule',
    ],
    [
      'ignores a rule that is switched off',
      answer([rule('Block', 'Any', 'False'), rule('Allow', 'Any')]),
      'private',
      'allows',
      undefined,
    ],
    [
      'keeps out on a network that it takes for a public one',
      answer([rule('Allow', 'Private')]),
      'public',
      'blocks',
      'publicNetwork',
    ],
    ['is switched off', answer([], { enabled: 'False' }), 'private', 'off', undefined],
    ['refuses everything', answer([rule('Allow', 'Any')], { rules: 'False' }), 'private', 'blocks', 'everything'],
    ['says nothing', '', 'private', 'unknown', undefined],
    ['says something else', 'Access is denied.', 'private', 'unknown', undefined],
  ] as const)('%s', (_title, output, category, kind, why) => {
    const facts = parseWindowsFirewall(output, category)
    expect(facts.kind).toBe(kind)
    if (facts.kind === 'blocks') expect(facts.why).toBe(why)
  })

  it('claims nothing about a network whose kind is not known', () => {
    expect(parseWindowsFirewall(answer([rule('Allow', 'Any')]), undefined)).toEqual({ kind: 'unknown' })
  })
})

describe('macOS’ firewall', () => {
  const program = '/Applications/Gatehouse.app/Contents/MacOS/Gatehouse'
  const apps = [
    'ALF: total number of apps = 2 ',
    '',
    '1 :  /Applications/Other.app ',
    ' \t ( Allow incoming connections ) ',
    '',
    '2 :  /Applications/Gatehouse.app ',
    ' \t ( Block incoming connections ) ',
  ].join('\n')
  const on = { state: 'Firewall is enabled. (State = 1)', blockAll: 'Block all DISABLED! ', apps: '' }

  it.each([
    ['is off', { ...on, state: 'Firewall is disabled. (State = 0)' }, 'off'],
    ['asks about a program it does not know', on, 'asks'],
    ['keeps it out', { ...on, apps }, 'blocks'],
    ['lets it in', { ...on, apps: apps.replace('Block', 'Allow') }, 'allows'],
    ['refuses everything', { ...on, blockAll: 'Firewall has block all state set to enabled.' }, 'blocks'],
    ['says nothing', { state: '', blockAll: '', apps: '' }, 'unknown'],
  ])('%s', (_title, output, kind) => {
    expect(parseSocketFilter(output, program).kind).toBe(kind)
  })
})

describe('Linux’ firewalls', () => {
  it('ufw is on when its file says so', () => {
    expect(isUfwEnabled('# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n')).toBe(true)
    expect(isUfwEnabled('# ENABLED=yes\nENABLED=no\n')).toBe(false)
  })

  const active = (line: string) =>
    `Status: active\n\nTo                         Action      From\n--                         ------      ----\n${line}\n`
  it.each([
    ['Status: inactive\n', 'off'],
    [active('8190/tcp                   ALLOW       Anywhere'), 'allows'],
    [active('8000:8200/tcp              ALLOW IN    192.168.1.0/24'), 'allows'],
    [active('8190                       DENY        Anywhere'), 'blocks'],
    [active('22/tcp                     ALLOW       Anywhere'), 'blocks'],
    [active('8190/udp                   ALLOW       Anywhere'), 'blocks'],
    [active('8190/tcp                   ALLOW       192.168.1.5'), 'unreadable'],
    ['ERROR: You need to be root to run this script\n', 'unknown'],
    ['', 'unknown'],
  ])('ufw: %j → %s', (output, kind) => {
    expect(parseUfwStatus(output, 8190).kind).toBe(kind)
  })

  const zone = (ports: string, rest = '') =>
    `home (active)\n  target: default\n  ports: ${ports}\n  rich rules: \n${rest}`
  it.each([
    ['not running', undefined, 'off'],
    ['running', zone('8190/tcp'), 'allows'],
    ['running', zone('22/tcp 8000-8200/tcp'), 'allows'],
    ['running', zone('8190/udp'), 'blocks'],
    ['running', zone('', '\trule family="ipv4" source address="192.168.1.0/24" accept'), 'unreadable'],
    ['running', 'Authorization failed.', 'unreadable'],
    ['running', undefined, 'unreadable'],
  ])('firewalld: %s, %j → %s', (state, list, kind) => {
    expect(parseFirewalld({ state, zone: 'home', list }, 8190).kind).toBe(kind)
  })

  it('get a command for the home alone', () => {
    expect(ufwCommand(8190, '192.168.1.0/24')).toBe(
      'sudo ufw allow from 192.168.1.0/24 to any port 8190 proto tcp comment Gatehouse',
    )
    expect(ufwCommand(8190, undefined)).toBe('sudo ufw allow 8190/tcp comment Gatehouse')
    expect(firewalldCommand(8190, 'home')).toBe(
      'sudo firewall-cmd --permanent --zone=home --add-port=8190/tcp && sudo firewall-cmd --reload',
    )
  })

  it('a zone with a strange name gets into no command', () => {
    expect(firewalldCommand(8190, 'x; rm -rf ~')).not.toContain('rm -rf')
  })
})

describe('reading the firewall', () => {
  const question = {
    program: '/opt/gatehouse',
    port: 8190,
    card: 'eth0',
    subnet: '192.168.1.0/24',
    category: undefined,
  }
  const linux = (
    programs: Readonly<Record<string, string>>,
    files: Readonly<Record<string, string>> = {},
  ): NetworkSystem => ({
    platform: 'linux',
    readFile: (path) => Promise.resolve(files[path]),
    run: (program, args) => Promise.resolve(programs[[program, ...args].join(' ')] ?? programs[program]),
  })

  it('says what only an administrator can read, with the command that helps', async () => {
    const firewall = await readFirewall(linux({}, { '/etc/ufw/ufw.conf': 'ENABLED=yes' }), question)
    expect(firewall).toMatchObject({ verdict: 'unknown', canMend: false })
    expect(firewall.command).toContain('from 192.168.1.0/24 to any port 8190')
    expect(firewall.words).toContain('Only an administrator can read')
  })

  it('asks for the zone of the shared card', async () => {
    const system = linux({
      'firewall-cmd --state': 'running\n',
      'firewall-cmd --get-zone-of-interface=eth0': 'work\n',
      'firewall-cmd --zone=work --list-all': 'work (active)\n  target: default\n  ports: \n',
    })
    expect(await readFirewall(system, question)).toMatchObject({
      verdict: 'blocked',
      words: 'This computer’s firewall (firewalld) lets nobody in to port 8190.',
      command: expect.stringContaining('--zone=work') as unknown,
    })
  })

  it('claims no more than it saw where there is none that it knows', async () => {
    expect((await readFirewall(linux({}), question)).verdict).toBe('none')
  })

  it('offers to mend what Windows blocks, but not a public network', async () => {
    const answer = {
      rules: [{ name: 'r', enabled: 'True', action: 'Block', profile: 'Any' }],
      profiles: [] as object[],
    }
    answer.profiles.push({ name: 'Private', enabled: 'True', inbound: 'Block', rules: 'NotConfigured' })
    answer.profiles.push({ name: 'Public', enabled: 'True', inbound: 'Block', rules: 'NotConfigured' })
    const system: NetworkSystem = {
      ...linux({}),
      platform: 'win32',
      run: () => Promise.resolve(JSON.stringify(answer)),
    }
    const mend = async (category: 'private' | 'public') =>
      (await readFirewall(system, { ...question, category })).canMend
    expect(await mend('private')).toBe(true)
    expect(await mend('public')).toBe(false)
  })
})

describe('mending Windows’ firewall', () => {
  it('keeps a folder’s name from becoming a command of an administrator’s', () => {
    const script = createMendScript("C:\\it's; Remove-Item x\\Gatehouse.exe")
    expect(script).toContain("$program = 'C:\\it''s; Remove-Item x\\Gatehouse.exe'")
    expect(createMendScript('C:\\a’b')).toContain("'C:\\a’’b'")
  })
})
