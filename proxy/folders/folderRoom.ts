import { describeBytes } from '../contract/byteWords.ts'
import type { DiskSpace } from './diskSpace.ts'
import { automaticQuota } from './folderRules.ts'
import type { FolderRules } from './folderRules.ts'
import type { FolderUse } from './folderUse.ts'

/** From which part of the quota on it is said. */
const WARN_FROM = 0.8

export const usedBytes = ({ bytes, inputBytes }: FolderUse): number => bytes + inputBytes

/** The quota in bytes; null: no limit. */
export async function quotaOf(
  { quotaBytes }: FolderRules,
  use: FolderUse,
  findSpace: () => ReturnType<DiskSpace['find']>,
): Promise<number | null> {
  return quotaBytes === 'automatic' ? automaticQuota(await findSpace(), usedBytes(use)) : quotaBytes
}

/** Before it is full; null: there is room. */
export function warningWords(quotaBytes: number | null, used: number): string | null {
  if (quotaBytes === null || used < quotaBytes * WARN_FROM) return null
  if (used >= quotaBytes) return `Full: ${describeBytes(used)} of ${describeBytes(quotaBytes)}`
  return `Nearly full: ${describeBytes(used)} of ${describeBytes(quotaBytes)}`
}

/** To the person whose room is used up. */
export function fullWords(quotaBytes: number, used: number): string {
  const mend = 'Remove pictures you do not need, or ask the owner for more room.'
  return `Your ${describeBytes(quotaBytes)} are full (${describeBytes(used)}). ${mend}`
}
