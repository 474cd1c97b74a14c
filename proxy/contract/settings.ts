import { z } from 'zod'
import {
  defaultJobLimits,
  defaultJobWeights,
  jobLimitsByRoleSchema,
  jobLimitsByUserSchema,
  jobPauseSchema,
  jobWeightsSchema,
} from './jobs.ts'

const MiB = 1024 * 1024

/**
 * Every persisted setting with its unit and default. `machine` settings name a program, an argument or a path on this
 * computer: they change only in the owner's window or by the CLI, never over HTTP.
 */
export const settingDefinitions = {
  'comfyui.engine': { schema: z.enum(['none', 'practice', 'comfyui']), default: 'none', machine: true },
  'comfyui.directory': { schema: z.string().max(4096), default: '', machine: true },
  'comfyui.python': { schema: z.string().max(4096), default: '', machine: true },
  'comfyui.arguments': { schema: z.array(z.string().max(4096)).max(200), default: [], machine: true },
  /** 0: a free port chosen at each start. */
  'comfyui.port': { schema: z.number().int().min(0).max(65535), default: 0, machine: true },
  'comfyui.startWithGatehouse': { schema: z.boolean(), default: true, machine: true },
  'sharing.on': { schema: z.boolean(), default: false, machine: false },
  'sharing.port': { schema: z.number().int().min(1).max(65535), default: 8190, machine: false },
  /** Addresses of this computer to share on; empty: every address in a home network. */
  'sharing.addresses': { schema: z.array(z.string().max(64)).max(32), default: [], machine: false },
  /** Further host names under which browsers may reach the gate. */
  'sharing.hostNames': { schema: z.array(z.string().max(253)).max(32), default: [], machine: false },
  'sessions.idleHours': { schema: z.number().int().min(1).max(8760), default: 24, machine: false },
  'sessions.absoluteDays': { schema: z.number().int().min(1).max(365), default: 30, machine: false },
  'limits.uploadBytes': { schema: z.number().int().min(MiB), default: 100 * MiB, machine: false },
  /** Width times height of an uploaded picture. */
  'limits.uploadPixels': { schema: z.number().int().min(1024), default: 128 * MiB, machine: false },
  'limits.promptBytes': { schema: z.number().int().min(1024), default: 10 * MiB, machine: false },
  'limits.promptNodes': { schema: z.number().int().min(1), default: 2000, machine: false },
  'limits.socketsPerUser': { schema: z.number().int().min(1), default: 64, machine: false },
  'limits.sockets': { schema: z.number().int().min(1), default: 512, machine: false },
  /** What people of each role may use, and exceptions by account id. */
  'jobs.limits': { schema: jobLimitsByRoleSchema, default: defaultJobLimits, machine: false },
  'jobs.limitsByUser': { schema: jobLimitsByUserSchema, default: {}, machine: false },
  'jobs.weights': { schema: jobWeightsSchema, default: defaultJobWeights, machine: false },
  /** How long a person's history is kept. */
  'jobs.historyDays': { schema: z.number().int().min(1).max(3650), default: 90, machine: false },
  'jobs.paused': { schema: jobPauseSchema, default: null, machine: false },
  /** ComfyUI-Manager for administrators on other devices: they can then install programs on this computer. */
  'comfyui.managerFromOtherDevices': { schema: z.boolean(), default: false, machine: true },
  'window.keepInTray': { schema: z.boolean(), default: true, machine: true },
  'window.startAtLogin': { schema: z.boolean(), default: false, machine: true },
  'window.appearance': { schema: z.enum(['system', 'light', 'dark']), default: 'system', machine: false },
  /** Set once the owner was told that closing the window keeps serving. */
  'window.trayExplained': { schema: z.boolean(), default: false, machine: true },
} as const satisfies Record<string, { schema: z.ZodType; default: unknown; machine: boolean }>

export type SettingName = keyof typeof settingDefinitions
export type Settings = { [Name in SettingName]: z.infer<(typeof settingDefinitions)[Name]['schema']> }

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingDefinitions, name)
}
