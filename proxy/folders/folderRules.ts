import type { Kysely } from 'kysely'
import type { SettingName, Settings } from '../contract/settings.ts'
import { findMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import type { Space } from './diskSpace.ts'
import { usedBytes } from './folderUse.ts'
import type { FolderUse } from './folderUse.ts'

/** What somebody's folder may hold and for how long. */
export interface FolderRules {
  /** null: no limit; `automatic`: as much as the disk allows. */
  readonly quotaBytes: number | 'automatic' | null
  readonly hasOwnQuota: boolean
  /** null: never cleared away. */
  readonly retentionDays: number | null
  readonly hasOwnRetention: boolean
}

/** A limit, none, or what the settings say; left out: as it is. */
export interface FolderRulesChange {
  readonly quotaBytes?: number | 'default' | null | undefined
  readonly retentionDays?: number | 'default' | null | undefined
}

export interface FolderSettings {
  get<Name extends Extract<SettingName, `folders.${string}` | 'jobs.diskFloorBytes' | 'guests.quotaBytes'>>(
    name: Name,
  ): Settings[Name]
}

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const DEFAULT_QUOTA_BYTES = 20 * GiB
const SHARE_OF_FREE = 0.1

/**
 * What a person gets when nobody set anything: 20 GiB, or on a smaller disk a tenth of what would be free without their
 * own files, in whole steps, so that it does not move with each picture.
 */
export function automaticQuota(space: Space | undefined, usedBytes: number): number {
  if (space === undefined) return DEFAULT_QUOTA_BYTES
  const share = (space.freeBytes + usedBytes) * SHARE_OF_FREE
  const step = share >= GiB ? GiB : MiB
  return Math.min(DEFAULT_QUOTA_BYTES, Math.max(MiB, Math.floor(share / step) * step))
}

/** The quota in bytes; null: no limit. */
export async function quotaOf(
  { quotaBytes }: FolderRules,
  use: FolderUse,
  findSpace: () => Promise<Space | undefined>,
): Promise<number | null> {
  return quotaBytes === 'automatic' ? automaticQuota(await findSpace(), usedBytes(use)) : quotaBytes
}

/** Reads and changes the rules of each person. What holds for everybody does not hold for the owner's own pictures. */
export class FolderRuleBook {
  readonly #kysely: Kysely<Schema>
  readonly #settings: FolderSettings

  constructor(kysely: Kysely<Schema>, settings: FolderSettings) {
    this.#kysely = kysely
    this.#settings = settings
  }

  async find(accountId: string): Promise<FolderRules> {
    const row = await this.#kysely
      .selectFrom('folder_rules')
      .selectAll()
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    const isOwner = (await findMeta(this.#kysely, 'ownerAccountId')) === accountId
    const hasOwnQuota = row?.has_own_quota === 1
    const hasOwnRetention = row?.has_own_retention === 1
    return {
      quotaBytes: hasOwnQuota ? row.quota_bytes : isOwner ? null : await this.#quotaOf(accountId),
      hasOwnQuota,
      retentionDays: hasOwnRetention
        ? row.retention_days
        : isOwner
          ? null
          : this.#settings.get('folders.retentionDays'),
      hasOwnRetention,
    }
  }

  async change(accountId: string, { quotaBytes, retentionDays }: FolderRulesChange): Promise<void> {
    const quota = quotaBytes === undefined ? {} : { quota_bytes: limitOf(quotaBytes), has_own_quota: ownOf(quotaBytes) }
    const retention =
      retentionDays === undefined
        ? {}
        : { retention_days: limitOf(retentionDays), has_own_retention: ownOf(retentionDays) }
    const change = { ...quota, ...retention }
    if (Object.keys(change).length === 0) return
    await this.#kysely
      .insertInto('folder_rules')
      .values({ account_id: accountId, quota_bytes: null, retention_days: null, ...change })
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet(change))
      .execute()
  }

  /** Who let themselves in gets little, and never more than everybody. */
  async #quotaOf(accountId: string): Promise<number | 'automatic'> {
    const forAll = this.#settings.get('folders.quotaBytes')
    const guest = await this.#kysely
      .selectFrom('accounts')
      .select('id')
      .where('id', '=', accountId)
      .where('guest_address', 'is not', null)
      .executeTakeFirst()
    if (guest === undefined) return forAll ?? 'automatic'
    return Math.min(forAll ?? Infinity, this.#settings.get('guests.quotaBytes'))
  }
}

const limitOf = (value: number | 'default' | null): number | null => (value === 'default' ? null : value)
const ownOf = (value: number | 'default' | null): number => (value === 'default' ? 0 : 1)
