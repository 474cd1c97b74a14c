import { z } from 'zod'
import {
  defaultJobLimits,
  defaultJobWeights,
  jobLimitsByRoleSchema,
  jobLimitsByUserSchema,
  jobPauseSchema,
  jobWeightsSchema,
  readJobLimits,
  readJobWeights,
} from './jobs.ts'

const MiB = 1024 * 1024

/** 10.0.0.0/8 and fc00::/7 are the largest networks that somebody owns. */
const LEAST_BITS = { four: 8, six: 7 }

/** `::ffff:0:0/96` is every IPv4 address in one of the spellings of IPv6; nobody owns a network that begins so. */
const SPECIAL = /^(?:::|0{1,4}:)/

/** Whoever trusts everybody to say who they are lets everybody be anybody. */
const trustedProxySchema = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
    error: 'Name each proxy by its address or network, as 192.168.1.5 or 10.0.0.0/24: no host name and no port.',
  })
  .refine(
    (text) => {
      const [address = '', bits] = text.split('/')
      if (bits === undefined) return true
      if (SPECIAL.test(address)) return bits === '128'
      return Number(bits) >= (address.includes(':') ? LEAST_BITS.six : LEAST_BITS.four)
    },
    { error: 'That network is too large to be a proxy: anybody in it could claim any address.' },
  )

/** A stored value in today's form, and the names of what is in it and was not kept. */
export interface ReadSetting {
  readonly value: unknown
  readonly dropped: readonly string[]
}

interface SettingDefinition {
  schema: z.ZodType
  default: unknown
  machine: boolean
  counts: 'atOnce' | 'nextEngineStart' | 'nextStart'
  /** Brings a value that another version stored into today's form; what does not fit then counts as never set. */
  read?: (stored: unknown) => ReadSetting
}

/**
 * Every persisted setting with its unit and default. `machine` settings name a program, an argument or a path on this
 * computer: they change only in the owner's window or by the CLI, never over HTTP. `counts` says from when on a change
 * holds while Gatehouse runs.
 */
export const settingDefinitions = {
  'comfyui.engine': {
    schema: z.enum(['none', 'practice', 'comfyui']),
    default: 'none',
    machine: true,
    counts: 'nextEngineStart',
  },
  'comfyui.directory': { schema: z.string().max(4096), default: '', machine: true, counts: 'nextEngineStart' },
  'comfyui.python': { schema: z.string().max(4096), default: '', machine: true, counts: 'nextEngineStart' },
  'comfyui.arguments': {
    schema: z.array(z.string().max(4096)).max(200),
    default: [],
    machine: true,
    counts: 'nextEngineStart',
  },
  /** 0: a free port chosen at each start. */
  'comfyui.port': { schema: z.number().int().min(0).max(65535), default: 0, machine: true, counts: 'nextEngineStart' },
  /**
   * How many hundredths of this computer's memory the engine may take before what runs is stopped; null: all but a
   * twentieth, and at least 1.5 GiB, of it; 100: no ceiling.
   */
  'comfyui.memoryCeilingPercent': {
    schema: z.number().int().min(10).max(100).nullable(),
    default: null,
    machine: false,
    counts: 'atOnce',
  },
  'comfyui.startWithGatehouse': { schema: z.boolean(), default: true, machine: true, counts: 'nextStart' },
  'sharing.on': { schema: z.boolean(), default: false, machine: false, counts: 'atOnce' },
  'sharing.port': { schema: z.number().int().min(1).max(65535), default: 8190, machine: false, counts: 'atOnce' },
  /** Addresses of this computer to share on; empty: every address in a home network. */
  'sharing.addresses': { schema: z.array(z.string().max(64)).max(32), default: [], machine: false, counts: 'atOnce' },
  /** Further host names under which browsers may reach the gate. */
  'sharing.hostNames': { schema: z.array(z.string().max(253)).max(32), default: [], machine: false, counts: 'atOnce' },
  /** The name that is announced in the network, without `.local`; empty: none is. */
  'sharing.name': {
    schema: z.string().regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/, 'Letters, digits and hyphens only.'),
    default: 'gatehouse',
    machine: false,
    counts: 'atOnce',
  },
  /** Whether devices may connect whose address is in no network of the home. */
  'sharing.outsideHome': { schema: z.boolean(), default: false, machine: false, counts: 'atOnce' },
  /** Networks in which the owner shares; on any other one sharing pauses and asks. Empty: none was asked about yet. */
  'sharing.networks': {
    schema: z.array(z.object({ id: z.string().max(100), name: z.string().max(100) })).max(64),
    default: [],
    machine: false,
    counts: 'atOnce',
  },
  /** Programs in front of the gate, as networks in CIDR: only what they say of a client's address is believed. */
  'sharing.trustedProxies': {
    schema: z.array(trustedProxySchema).max(32),
    default: [],
    machine: false,
    counts: 'atOnce',
  },
  /** `auto`: a certificate made here. `own`: the files below. `off`: nothing is encrypted. */
  'https.mode': { schema: z.enum(['auto', 'own', 'off']), default: 'auto', machine: true, counts: 'atOnce' },
  /** PEM files of a certificate with its chain and of its key. */
  'https.certificateFile': { schema: z.string().max(4096), default: '', machine: true, counts: 'atOnce' },
  'https.keyFile': { schema: z.string().max(4096), default: '', machine: true, counts: 'atOnce' },
  /** Nothing is answered without encryption, on this computer neither; pages are redirected. */
  'https.force': { schema: z.boolean(), default: false, machine: false, counts: 'atOnce' },
  /** Whether other devices may sign in and send keys without encryption although there is a certificate. */
  'https.allowWithout': { schema: z.boolean(), default: false, machine: false, counts: 'atOnce' },
  /** Whether administrators may manage Gatehouse from other devices, on a port of its own, under TLS only. */
  'administration.on': { schema: z.boolean(), default: false, machine: true, counts: 'atOnce' },
  'administration.port': {
    schema: z.number().int().min(1).max(65535),
    default: 8191,
    machine: true,
    counts: 'atOnce',
  },
  /** After how many wrong passwords an address is blocked until somebody lifts it; 0: it only has to wait. */
  'lockout.blacklistAfter': { schema: z.number().int().min(0).max(1000), default: 0, machine: false, counts: 'atOnce' },
  /** Whether the routes of ComfyUI-Sentinel's API are there: /register, /generate_token, JSON at /login, the cookie jwt_token. */
  'tokens.on': { schema: z.boolean(), default: true, machine: false, counts: 'atOnce' },
  /** How long a token of /login holds. */
  'tokens.hours': { schema: z.number().positive().max(8760), default: 12, machine: false, counts: 'atOnce' },
  /** How long a token may hold that somebody asks for. */
  'tokens.maxHours': { schema: z.number().positive().max(87_600), default: 8760, machine: false, counts: 'atOnce' },
  /** Environment variable with a secret to sign tokens with; without it, a key of the gate's own. */
  'tokens.secretVariable': { schema: z.string().max(200), default: 'SECRET_KEY', machine: true, counts: 'nextStart' },
  /** Whether ComfyUI's models leave the memory when somebody signs out and no job needs them. */
  'sessions.freeMemoryOnSignOut': { schema: z.boolean(), default: false, machine: false, counts: 'atOnce' },
  /** How long the log of what happened is kept; null: for ever. */
  'audit.retentionDays': {
    schema: z.number().int().min(1).max(3650).nullable(),
    default: 365,
    machine: false,
    counts: 'atOnce',
  },
  /** What the program's own log file says. */
  'log.levels': {
    schema: z.array(z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR'])).max(4),
    default: ['INFO', 'WARNING', 'ERROR'],
    machine: false,
    counts: 'atOnce',
  },
  /** Its name in the folder of logs. */
  'log.fileName': {
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'A plain file name.'),
    default: 'gatehouse.log',
    machine: true,
    counts: 'nextStart',
  },
  'sessions.idleHours': { schema: z.number().int().min(1).max(8760), default: 24, machine: false, counts: 'atOnce' },
  'sessions.absoluteDays': { schema: z.number().int().min(1).max(365), default: 30, machine: false, counts: 'atOnce' },
  'limits.uploadBytes': { schema: z.number().int().min(MiB), default: 100 * MiB, machine: false, counts: 'atOnce' },
  /** Width times height of an uploaded picture. */
  'limits.uploadPixels': { schema: z.number().int().min(1024), default: 128 * MiB, machine: false, counts: 'atOnce' },
  'limits.promptBytes': { schema: z.number().int().min(1024), default: 10 * MiB, machine: false, counts: 'atOnce' },
  'limits.promptNodes': { schema: z.number().int().min(1), default: 2000, machine: false, counts: 'atOnce' },
  'limits.socketsPerUser': { schema: z.number().int().min(1), default: 64, machine: false, counts: 'atOnce' },
  'limits.sockets': { schema: z.number().int().min(1), default: 512, machine: false, counts: 'atOnce' },
  /** Requests a minute of one person or key. */
  'limits.requestsPerMinute': { schema: z.number().int().min(60), default: 6000, machine: false, counts: 'atOnce' },
  /** Requests a minute of one address; of IPv6, of one network. */
  'limits.requestsPerMinutePerAddress': {
    schema: z.number().int().min(60),
    default: 12_000,
    machine: false,
    counts: 'atOnce',
  },
  /** Requests a minute without a credential, or with one that does not hold, of one address. */
  'limits.strangerRequestsPerMinute': {
    schema: z.number().int().min(10),
    default: 600,
    machine: false,
    counts: 'atOnce',
  },
  /** What people of each role may use, and exceptions by account id. */
  'jobs.limits': {
    schema: jobLimitsByRoleSchema,
    default: defaultJobLimits,
    machine: false,
    counts: 'atOnce',
    read: readJobLimits,
  },
  'jobs.limitsByUser': { schema: jobLimitsByUserSchema, default: {}, machine: false, counts: 'atOnce' },
  'jobs.weights': {
    schema: jobWeightsSchema,
    default: defaultJobWeights,
    machine: false,
    counts: 'atOnce',
    read: readJobWeights,
  },
  /** How long a person's history is kept. */
  'jobs.historyDays': { schema: z.number().int().min(1).max(3650), default: 90, machine: false, counts: 'atOnce' },
  /**
   * No job begins while less is free on the disk of its output folder or of the data folder; null: 10 GiB, or a
   * twentieth of the disk if that is less.
   */
  'jobs.diskFloorBytes': {
    schema: z.number().int().min(0).nullable(),
    default: null,
    machine: false,
    counts: 'atOnce',
  },
  'jobs.paused': { schema: jobPauseSchema, default: null, machine: false, counts: 'atOnce' },
  /** What each person's files may take; null: 20 GiB, or a tenth of what is free if that is less. */
  'folders.quotaBytes': {
    schema: z.number().int().min(MiB).nullable(),
    default: null,
    machine: false,
    counts: 'atOnce',
  },
  /** After how many days files are cleared away that are not marked "keep"; null: never. */
  'folders.retentionDays': {
    schema: z.number().int().min(1).max(3650).nullable(),
    default: null,
    machine: false,
    counts: 'atOnce',
  },
  /** Whether anybody who reaches the sign-in page may look around as a guest. Switched off, those who are here go. */
  'guests.allowed': { schema: z.boolean(), default: false, machine: false, counts: 'atOnce' },
  /** How long a guest stays; null: until they leave or are let go. What they made goes with them. */
  'guests.hours': {
    schema: z.number().int().min(1).max(720).nullable(),
    default: 12,
    machine: false,
    counts: 'atOnce',
  },
  /** How many guests there may be at once from one address; of IPv6, from one network. */
  'guests.perAddress': { schema: z.number().int().min(1).max(100), default: 3, machine: false, counts: 'atOnce' },
  'guests.total': { schema: z.number().int().min(1).max(500), default: 20, machine: false, counts: 'atOnce' },
  /** What a guest's files may take, unless everybody may have less. */
  'guests.quotaBytes': { schema: z.number().int().min(MiB), default: 1024 * MiB, machine: false, counts: 'atOnce' },
  /** ComfyUI-Manager for administrators on other devices: they can then install programs on this computer. */
  'comfyui.managerFromOtherDevices': { schema: z.boolean(), default: false, machine: true, counts: 'atOnce' },
  'window.keepInTray': { schema: z.boolean(), default: true, machine: true, counts: 'atOnce' },
  'window.startAtLogin': { schema: z.boolean(), default: false, machine: true, counts: 'atOnce' },
  /** When this computer does not fall asleep by itself: while jobs are under way, or as long as it is shared, too. */
  'window.keepAwake': {
    schema: z.enum(['never', 'working', 'sharing']),
    default: 'working',
    machine: true,
    counts: 'atOnce',
  },
  'window.appearance': {
    schema: z.enum(['system', 'light', 'dark']),
    default: 'system',
    machine: false,
    counts: 'atOnce',
  },
  /** Set once the owner was told that closing the window keeps serving. */
  'window.trayExplained': { schema: z.boolean(), default: false, machine: true, counts: 'atOnce' },
} as const satisfies Record<string, SettingDefinition>

export type SettingName = keyof typeof settingDefinitions
export type Settings = { [Name in SettingName]: z.infer<(typeof settingDefinitions)[Name]['schema']> }

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingDefinitions, name)
}
