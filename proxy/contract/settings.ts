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
  'sessions.idleHours': { schema: z.number().int().min(1).max(8760), default: 24, machine: false, counts: 'atOnce' },
  'sessions.absoluteDays': { schema: z.number().int().min(1).max(365), default: 30, machine: false, counts: 'atOnce' },
  'limits.uploadBytes': { schema: z.number().int().min(MiB), default: 100 * MiB, machine: false, counts: 'atOnce' },
  /** Width times height of an uploaded picture. */
  'limits.uploadPixels': { schema: z.number().int().min(1024), default: 128 * MiB, machine: false, counts: 'atOnce' },
  'limits.promptBytes': { schema: z.number().int().min(1024), default: 10 * MiB, machine: false, counts: 'atOnce' },
  'limits.promptNodes': { schema: z.number().int().min(1), default: 2000, machine: false, counts: 'atOnce' },
  'limits.socketsPerUser': { schema: z.number().int().min(1), default: 64, machine: false, counts: 'atOnce' },
  'limits.sockets': { schema: z.number().int().min(1), default: 512, machine: false, counts: 'atOnce' },
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
