import { describeBytes } from '../../../proxy/contract/byteWords.ts'
import type { Folder } from '../../../proxy/contract/folders.ts'
import { count } from '../../words/names.ts'

/** "12.4 of 20 GB", "800 MB of 20 GB", "3.2 GB" without a limit. */
export function roomWords(used: number, quota: number | null): string {
  if (quota === null) return describeBytes(used)
  const [whole, part] = [describeBytes(quota), describeBytes(used)]
  const unit = whole.slice(whole.indexOf(' '))
  return part.endsWith(unit) ? `${part.slice(0, -unit.length)} of ${whole}` : `${part} of ${whole}`
}

/** To the person whose room it is; the warning says the numbers itself. */
export function ownRoomWords({ bytes, quotaBytes, warning, retentionDays }: Folder): string {
  const room = warning === null ? `${roomWords(bytes, quotaBytes)} used.` : `${warning}. Remove what you do not need.`
  if (retentionDays === null) return room
  return `${room} What you do not keep is cleared away after ${count(retentionDays, 'day')}.`
}

/** The part of the room that is used, 0 to 1; undefined without a limit. */
export const roomFraction = ({ bytes, quotaBytes }: Folder): number | undefined =>
  quotaBytes === null ? undefined : Math.min(1, bytes / quotaBytes)
