import { describeBytes } from '../../../proxy/contract/byteWords.ts'
import type { Folder } from '../../../proxy/contract/folders.ts'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { count } from '../../words/names.ts'
import type { FolderChange } from './folderQueries.ts'

export const roomUnits = ['MB', 'GB', 'TB'] as const
export type RoomUnit = (typeof roomUnits)[number]

/** `default`: as the settings say. `own`: the number beside it. `none`: no limit, never. */
export type RoomMode = 'default' | 'own' | 'none'

/** A number as it stands in its field, so also a half-typed one. */
export interface RoomDraft {
  readonly quotaMode: RoomMode
  readonly quota: number | string
  readonly unit: RoomUnit
  readonly retentionMode: RoomMode
  readonly days: number | string
}

const unitBytes: Readonly<Record<RoomUnit, number>> = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }

/** The largest unit in which the number has at most one digit behind the point. */
export function splitBytes(bytes: number): { readonly amount: number; readonly unit: RoomUnit } {
  const fits = (unit: RoomUnit) => bytes >= unitBytes[unit] && Number.isInteger((bytes / unitBytes[unit]) * 10)
  const unit = [...roomUnits].reverse().find(fits) ?? 'MB'
  return { amount: Math.round((bytes / unitBytes[unit]) * 10) / 10, unit }
}

const fallback = { quotaBytes: 20 * unitBytes.GB, days: 30 }

export function toRoomDraft({ quotaBytes, hasOwnQuota, retentionDays, hasOwnRetention }: Folder): RoomDraft {
  const { amount, unit } = splitBytes(quotaBytes ?? fallback.quotaBytes)
  return {
    quotaMode: !hasOwnQuota ? 'default' : quotaBytes === null ? 'none' : 'own',
    quota: amount,
    unit,
    retentionMode: !hasOwnRetention ? 'default' : retentionDays === null ? 'none' : 'own',
    days: retentionDays ?? fallback.days,
  }
}

/** What everybody has who has no own. */
export type RoomDefaults = Pick<Settings, 'folders.quotaBytes' | 'folders.retentionDays'>

export function toDefaultsDraft(settings: RoomDefaults): RoomDraft {
  const [quotaBytes, days] = [settings['folders.quotaBytes'], settings['folders.retentionDays']]
  const { amount, unit } = splitBytes(quotaBytes ?? fallback.quotaBytes)
  return {
    quotaMode: quotaBytes === null ? 'default' : 'own',
    quota: amount,
    unit,
    retentionMode: days === null ? 'none' : 'own',
    days: days ?? fallback.days,
  }
}

export interface RoomErrors {
  readonly quota?: string
  readonly days?: string
}

export function roomErrors({ quotaMode, quota, unit, retentionMode, days }: RoomDraft): RoomErrors {
  const isRoom = typeof quota === 'number' && quota > 0 && quota * unitBytes[unit] >= unitBytes.MB
  const areDays = typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= 3650
  return {
    ...(quotaMode === 'own' && !isRoom ? { quota: 'Give a number of at least 1 MB.' } : {}),
    ...(retentionMode === 'own' && !areDays ? { days: 'Give a number of days from 1 to 3650.' } : {}),
  }
}

/** Of a draft without errors. */
const bytesOf = ({ quota, unit }: RoomDraft): number => Math.round(Number(quota) * unitBytes[unit])

export const toFolderChange = (draft: RoomDraft): FolderChange => ({
  quotaBytes: draft.quotaMode === 'own' ? bytesOf(draft) : draft.quotaMode === 'none' ? null : 'default',
  retentionDays: draft.retentionMode === 'own' ? Number(draft.days) : draft.retentionMode === 'none' ? null : 'default',
})

export const toRoomSettings = (draft: RoomDraft): RoomDefaults => ({
  'folders.quotaBytes': draft.quotaMode === 'own' ? bytesOf(draft) : null,
  'folders.retentionDays': draft.retentionMode === 'own' ? Number(draft.days) : null,
})

/** The room that everybody has who has no own. */
export function defaultQuotaWords(quotaBytes: number | null): string {
  return quotaBytes === null ? '20 GB, or a tenth of the free space if that is less' : describeBytes(quotaBytes)
}

export const retentionWords = (days: number | null): string =>
  days === null ? 'never' : `after ${count(days, 'day')}, unless kept`
