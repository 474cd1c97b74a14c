/**
 * What the pages are shown with, in screenshots and tests: answers of the API and of the desktop program for every state
 * worth seeing. Each one is parsed by the contract, so a picture never shows what the product could not answer.
 */
import { isBuiltIn, rolePermissions, roleWords } from '../../proxy/contract/roles.ts'
import { channels } from '../../electron/ipc/schema.ts'
import type { ChannelName } from '../../electron/ipc/schema.ts'
import { accountSchema, deviceSessionSchema, personSchema, sessionSchema } from '../../proxy/contract/accounts.ts'
import type { Person, Role } from '../../proxy/contract/accounts.ts'
import { comfyuiSchema, engineLogSchema } from '../../proxy/contract/comfyui.ts'
import type { Comfyui } from '../../proxy/contract/comfyui.ts'
import { apiKeySchema } from '../../proxy/contract/keys.ts'
import { administrationSchema } from '../../proxy/contract/administration.ts'
import { knocksSchema } from '../../proxy/contract/knocks.ts'
import type { ApiKey } from '../../proxy/contract/keys.ts'
import type { ProtectionReport } from '../../proxy/contract/protection.ts'
import { settingDefinitions } from '../../proxy/contract/settings.ts'
import { certificatesSchema } from '../../proxy/contract/certificates.ts'
import type { Certificates } from '../../proxy/contract/certificates.ts'
import { connectionSchema, sharingSchema } from '../../proxy/contract/sharing.ts'
import type { Connection, Sharing } from '../../proxy/contract/sharing.ts'
import { workflowAnswers } from './pageFixturesWorkflows.ts'

/** The pages' clock stands still here. */
export const fixtureNowMs = Date.parse('2026-11-23T09:30:00.000Z')

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const ago = (elapsedMs: number): string => new Date(fixtureNowMs - elapsedMs).toISOString()
const ahead = (leftMs: number): string => new Date(fixtureNowMs + leftMs).toISOString()

export interface PageScenario {
  /** A function answers by what is asked for. */
  readonly answers: Readonly<Record<string, unknown>>
  /** What the desktop program answers; undefined: an ordinary browser. */
  readonly desktop: Readonly<Partial<Record<ChannelName, unknown>>> | undefined
  /** Paths that are refused, with problem details. */
  readonly refusals: Readonly<Record<string, { status: number; body: unknown }>>
}

const accountId = (number: number): string => `account${String(number).padStart(9, '0')}`

function createPerson(number: number, name: string, role: Role, rest: Partial<Person> = {}): Person {
  return personSchema.parse({
    id: accountId(number),
    name,
    role,
    roleTitle: roleWords[role].title,
    isOwner: false,
    disabled: false,
    hasPassword: true,
    createdAt: ago(60 * dayMs),
    lastSeenAt: ago(2 * hourMs),
    keyCount: 0,
    sessionCount: 1,
    guest: null,
    connected: false,
    ...rest,
  })
}

export const owner = createPerson(1, 'Owner', 'administrator', {
  isOwner: true,
  hasPassword: false,
  sessionCount: 0,
  lastSeenAt: ago(0),
})

export const people: readonly Person[] = [
  owner,
  createPerson(2, 'Mia', 'creator', { connected: true, keyCount: 2, sessionCount: 3 }),
  createPerson(3, 'Leo', 'creator', { lastSeenAt: ago(26 * minuteMs), keyCount: 1, connected: true }),
  createPerson(4, 'Tom', 'user', { lastSeenAt: ago(5 * dayMs), sessionCount: 0 }),
  createPerson(5, 'Zoe', 'viewer', { disabled: true, lastSeenAt: ago(40 * dayMs), sessionCount: 0 }),
]

/** Names as people really give them: as long as the contract allows, and without a place to break. */
export const longPeople: readonly Person[] = [
  owner,
  createPerson(6, 'Bundesausbildungsförderungsgesetzbüro 12', 'creator', { connected: true, keyCount: 14 }),
  createPerson(7, 'Maximilian-Alexander von der Hohenstaufe', 'administrator', {
    lastSeenAt: null,
    hasPassword: false,
  }),
  ...Array.from({ length: 22 }, (_unused, index) =>
    createPerson(20 + index, `Class 7b, seat ${index + 1}`, 'creator', {
      lastSeenAt: ago(index * 3 * hourMs),
      keyCount: index % 3,
    }),
  ),
]

function createKey(number: number, name: string, person: Person, rest: Partial<ApiKey> = {}): ApiKey {
  return apiKeySchema.parse({
    id: `key${number}`,
    name,
    user: { id: person.id, name: person.name },
    scopes: ['run', 'read'],
    masked: `gh_${['7kq', 'm2x', 'p9d', 'w4c'][number % 4]}…${['Rt4w', '9fQe', 'b_1Z', 'K0pA'][number % 4]}`,
    createdAt: ago(20 * dayMs),
    expiresAt: ahead(70 * dayMs),
    lastUsedAt: ago(3 * hourMs),
    lastAddress: '192.168.1.40',
    sentUnprotectedAt: null,
    ...rest,
  })
}

const mia = people[1] ?? owner
const leo = people[2] ?? owner

export const keys: readonly ApiKey[] = [
  createKey(0, 'Krita on the laptop', mia),
  createKey(1, 'Night batch', mia, {
    scopes: ['run', 'read', 'keys'],
    expiresAt: ahead(3 * dayMs),
    lastUsedAt: ago(9 * hourMs),
  }),
  createKey(2, 'Photo frame in the hall', leo, {
    scopes: ['read'],
    expiresAt: null,
    lastUsedAt: null,
    lastAddress: null,
  }),
  createKey(3, 'Home automation', owner, {
    scopes: ['run', 'read', 'administer'],
    expiresAt: ago(2 * dayMs),
    lastUsedAt: ago(4 * dayMs),
  }),
]

/** A school with a key for every seat: two more than are drawn at once. */
export const manyKeys: readonly ApiKey[] = Array.from({ length: 102 }, (_unused, index) =>
  createKey(index, `Seat ${index + 1}`, index % 3 === 0 ? mia : leo, {
    ...(index % 4 === 0 ? { lastUsedAt: null, lastAddress: null } : { lastUsedAt: ago(index * hourMs) }),
    expiresAt: index % 5 === 0 ? null : ahead((index + 1) * dayMs),
  }),
)

export const keysSentUnprotected: readonly ApiKey[] = keys.map((key, index) =>
  index === 0 ? { ...key, sentUnprotectedAt: ago(hourMs) } : key,
)

export const createdKey = {
  ...createKey(2, 'Krita on the laptop', mia, { lastUsedAt: null, lastAddress: null }),
  key: `gh_p9d3k0zq71mx_${'Vn3-xT8aLq_Zc5RyUe2Gw9HsKd0PbMfJ7iOt4NvXlA6Qh1ErCuYgBzSjDkWpFo-TmI8n2Kx5VaLe7Rq3Zd0Hy9b_1Zt'.slice(0, 86)}_0a1b2c3d`,
}

const device = (id: string, name: string, rest: Record<string, unknown> = {}) =>
  deviceSessionSchema.parse({
    id,
    userId: mia.id,
    device: name,
    address: '192.168.1.40',
    createdAt: ago(6 * dayMs),
    lastUsedAt: ago(12 * minuteMs),
    expiresAt: ahead(20 * dayMs),
    current: false,
    ...rest,
  })

export const devices = [
  device('s1', 'Chrome on Android'),
  device('s2', 'Firefox on Linux', { address: '192.168.1.23', lastUsedAt: ago(2 * dayMs) }),
  device('s3', 'Safari on iPhone', { address: 'fe80::1c2b:3aff:fe4d:5e6f', lastUsedAt: ago(6 * dayMs) }),
]
const ownDevices = devices.map((entry, index) => ({ ...entry, current: index === 0 }))

export const connections: readonly Connection[] = [
  {
    user: mia,
    device: 'Chrome on Android',
    address: '192.168.1.40',
    sockets: 2,
    open: true,
    credential: 'session',
    lastActiveAt: ago(0),
  },
  {
    user: leo,
    device: 'Krita',
    address: '192.168.1.23',
    sockets: 1,
    open: true,
    credential: 'key',
    lastActiveAt: ago(4 * minuteMs),
  },
].map((connection) =>
  connectionSchema.parse({ ...connection, user: { id: connection.user.id, name: connection.user.name } }),
)

export const sharingOff: Sharing = sharingSchema.parse({
  on: false,
  port: 8190,
  encrypted: true,
  primaryUrl: null,
  codeUrl: null,
  localUrl: 'http://127.0.0.1:8190/',
  addresses: [],
  hostName: 'studio-pc',
  people: ['Mia', 'Leo', 'Tom'],
  problem: null,
  portTaken: null,
  network: { id: 'router:02:00:5e:10:00:01', name: 'Ours' },
  pause: null,
  outsideHome: false,
  name: { state: 'off', host: 'gatehouse.local', problem: null },
  reach: { kind: 'off' },
  firewall: null,
  localBlock: null,
  addressBefore: null,
})
const urlsOf = (host: string) => ({ url: `https://${host}:8190/`, plainUrl: `http://${host}:8190/` })
export const sharingOn: Sharing = sharingSchema.parse({
  ...sharingOff,
  on: true,
  primaryUrl: 'https://192.168.1.20:8190/',
  codeUrl: 'http://192.168.1.20:8190/gatehouse/welcome',
  addresses: [
    { address: '192.168.1.20', interface: 'Ethernet', kind: 'home', medium: 'cable', ...urlsOf('192.168.1.20') },
    { address: '192.168.1.87', interface: 'Wi-Fi', kind: 'home', medium: 'wifi', ...urlsOf('192.168.1.87') },
    { address: 'gatehouse.local', interface: '', kind: 'name', medium: 'other', ...urlsOf('gatehouse.local') },
  ],
  name: { state: 'announced', host: 'gatehouse.local', problem: null },
  reach: { kind: 'through', at: ago(3 * hourMs), address: '192.168.1.40' },
})

const hex = '6804C641419222FD35548AE3681B48C2E22EE46EAEF53E325115B26ED7581BAB'
const fingerprint = { hex: (hex.match(/../g) ?? []).join(':'), words: ['gym', 'change', 'motion', 'lobster'] }
export const certificates: Certificates = certificatesSchema.parse({
  mode: 'auto',
  kind: 'authority',
  keptIn: 'keychain',
  publiclyTrusted: false,
  authority: {
    name: 'Gatehouse authority of studio-pc 7f3a',
    fingerprint,
    madeAt: ago(3 * 24 * hourMs),
    endsAt: ago(-727 * 24 * hourMs),
    names: ['localhost', 'gatehouse.localhost', 'studio-pc', 'studio-pc.local', 'gatehouse.local'],
  },
  certificate: {
    fingerprint,
    names: ['localhost', 'gatehouse.localhost', 'studio-pc', 'studio-pc.local', 'gatehouse.local'],
    addresses: ['127.0.0.1', '::1', '192.168.1.20', '192.168.1.87'],
    endsAt: ago(-87 * 24 * hourMs),
  },
  missing: [],
  problem: null,
  notice: null,
})

const choice = { kind: 'comfyui', directory: '/home/me/ComfyUI', version: '0.3.64' } as const
const engine = (state: unknown, notices: readonly string[] = []): Comfyui =>
  comfyuiSchema.parse({ choice, state, notices })

export const engines = {
  none: comfyuiSchema.parse({ choice: { kind: 'none' }, state: { kind: 'stopped' }, notices: [] }),
  stopped: engine({ kind: 'stopped' }),
  starting: engine({
    kind: 'starting',
    sinceMs: fixtureNowMs - 12_400,
    attempt: 1,
    progress: { fraction: 0.4, text: 'Loading custom nodes' },
  }),
  running: engine({
    kind: 'ready',
    sinceMs: fixtureNowMs - 2.3 * hourMs,
    pid: 812,
    port: 38_113,
    engine: 'comfyui',
    version: '0.3.64',
  }),
  runningWithNotices: engine(
    {
      kind: 'ready',
      sinceMs: fixtureNowMs - 4 * minuteMs,
      pid: 812,
      port: 38_113,
      engine: 'comfyui',
      version: '0.3.64',
    },
    [
      'The custom node ComfyUI-VideoHelperSuite did not load: it needs the Python package opencv-python. All others work.',
    ],
  ),
  backingOff: engine({
    kind: 'backingOff',
    retryAtMs: fixtureNowMs + 7000,
    attempt: 2,
    failure: {
      code: 'CRASHED',
      message: 'ComfyUI stopped by itself: the graphics card ran out of memory.',
      details: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.',
    },
  }),
  failed: engine({
    kind: 'failed',
    failure: {
      code: 'MISSING_MODULE',
      message: 'ComfyUI needs the Python package torchsde, which this environment lacks.',
      details:
        'Traceback (most recent call last):\n  File "main.py", line 12, in <module>\n    import torchsde\nModuleNotFoundError: No module named ‘torchsde’',
    },
  }),
}

const logTexts = [
  'Checkpoint files will always be loaded safely.',
  'Total VRAM 24564 MB, total RAM 65459 MB',
  'pytorch version: 2.8.0+cu128',
  'Set vram state to: NORMAL_VRAM',
  'Device: cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync',
  'Using pytorch attention',
  'Python version: 3.12.11 (main, Jun  4 2025, 08:56:18) [GCC 12.2.0]',
  'ComfyUI version: 0.3.64',
  'Import times for custom nodes:',
  '   0.0 seconds: websocket_image_save.py',
  'got prompt',
  'Prompt executed in 3.42 seconds',
]
export const engineLog = engineLogSchema.parse({
  lines: Array.from({ length: 240 }, (_unused, index) => ({
    sequence: index,
    atMs: fixtureNowMs - (240 - index) * 900,
    text: logTexts[index % logTexts.length],
  })),
})

const attack = { holes: ['L-3'], on: 'standIn', outcome: 'held', seen: '46 tries, all refused with 401.' } as const
export const protectionReport: ProtectionReport = {
  startedAt: ago(2 * hourMs),
  tookMs: 58_000,
  version: '0.1.0',
  cases: [
    {
      ...attack,
      holes: ['L-3'],
      id: 'suffix',
      title: 'Paths that end like a script or a style sheet, to get past signing in',
    },
    { ...attack, holes: ['S-6'], id: 'manager', title: 'Installing nodes as somebody who is no administrator' },
    {
      ...attack,
      ...{ holes: ['L-3'], id: 'suffix', on: 'running', outcome: 'notRun' },
      title: 'Paths that end like a script or a style sheet, to get past signing in',
      seen: 'Somebody uses ComfyUI now. Check again when nobody works.',
    },
  ],
}

export const settings = {
  ...Object.fromEntries(Object.entries(settingDefinitions).map(([name, definition]) => [name, definition.default])),
  'comfyui.engine': 'comfyui',
  'comfyui.directory': '/home/me/ComfyUI',
  'comfyui.arguments': ['--lowvram'],
}

const desktop: NonNullable<PageScenario['desktop']> = checkChannels({
  'comfyui:find': [
    {
      directory: '/home/me/ComfyUI',
      kind: 'git',
      version: '0.3.64',
      python: '/home/me/ComfyUI/venv/bin/python',
      problems: [],
    },
    {
      directory: '/mnt/data/old/ComfyUI',
      kind: 'folder',
      version: '0.3.40',
      python: null,
      problems: ['No Python environment was found in this folder. ComfyUI needs one with torch and aiohttp.'],
    },
  ],
  'comfyui:pickFolder': null,
  'comfyui:choose': undefined,
  'comfyui:open': undefined,
  'practicePage:status': { installed: false, downloadBytes: 11_400_000 },
  'practicePage:install': undefined,
  'settings:setMachine': undefined,
  'clipboard:copySecret': undefined,
  'clipboard:copy': undefined,
  'desktop:describe': {
    platform: 'linux',
    version: '0.1.0',
    dataDirectory: '/home/me/.config/Gatehouse',
    secrets: 'keychain',
    tray: true,
  },
  'folder:pick': {
    path: '/media/me/Pictures/Mia',
    left: { path: '/home/me/Pictures/Gatehouse/Mia', names: ['notes.txt', 'sketches'] },
  },
  'folder:open': undefined,
  'desktop:openDataFolder': undefined,
  'window:show': undefined,
  'desktop:quit': undefined,
})

function checkChannels(answers: Partial<Record<ChannelName, unknown>>): Partial<Record<ChannelName, unknown>> {
  for (const name of Object.keys(channels)) {
    const channel: unknown = name
    if (isChannelName(channel) && channel in answers) channels[channel].output.parse(answers[channel])
  }
  return answers
}

function isChannelName(name: unknown): name is ChannelName {
  return typeof name === 'string' && Object.hasOwn(channels, name)
}

const list = <Item>(items: readonly Item[]) => ({ items, nextCursor: null })

const ownerAnswers = {
  'GET ip-rules': { items: [], nextCursor: null, total: 0 },
  'GET lockouts': { items: [], nextCursor: null },
  'GET session': sessionSchema.parse({
    user: { id: owner.id, name: owner.name, role: 'administrator' },
    roleTitle: 'Administrator',
    permissions: rolePermissions.administrator,
    surface: 'owner',
    mayAdminister: true,
    mayUseManager: true,
    isInApp: true,
    guest: null,
  }),
  'GET users': list(people),
  'GET keys': list(keys),
  'POST keys': createdKey,
  'GET sessions': list(devices),
  'GET connections': list(connections),
  'GET sharing': sharingOn,
  'GET certificates': certificates,
  'GET comfyui': engines.running,
  'GET comfyui/log': engineLog,
  'GET settings': settings,
  'GET protection': { running: null, report: protectionReport, problem: null },
  'POST users': people[1],
  'GET invitations': list([]),
  'GET knocks': knocksSchema.parse({ openUntil: null, items: [], nextCursor: null }),
  'GET administration': administrationSchema.parse({ on: false, port: 8191, urls: [], problem: null }),
  ...workflowAnswers,
}

/** The owner's window in one state; `answers` replaces what differs from a good day. */
export function ownerScenario(
  answers: Record<string, unknown> = {},
  more: Partial<Pick<PageScenario, 'desktop' | 'refusals'>> = {},
): PageScenario {
  return { answers: { ...ownerAnswers, ...answers }, desktop, refusals: {}, ...more }
}

/** Somebody's portal. */
export function portalScenario(
  person: Person,
  answers: Record<string, unknown> = {},
  refusals: PageScenario['refusals'] = {},
): PageScenario {
  const user = { id: person.id, name: person.name, role: person.role }
  return {
    answers: {
      'GET session': sessionSchema.parse({
        user,
        roleTitle: person.roleTitle,
        permissions: isBuiltIn(person.role) ? rolePermissions[person.role] : [],
        surface: 'people',
        mayAdminister: false,
        mayUseManager: false,
        isInApp: false,
        guest: null,
      }),
      'GET account': accountSchema.parse({ user, hasPassword: true, createdAt: person.createdAt }),
      'GET keys': list(keys.filter((key) => key.user.id === person.id)),
      'POST keys': createdKey,
      'GET sessions': list(ownDevices),
      ...answers,
    },
    desktop: undefined,
    refusals,
  }
}

export function problem(status: number, code: string, detail: string): { status: number; body: unknown } {
  return { status, body: { type: 'about:blank', title: code, status, code, detail } }
}
