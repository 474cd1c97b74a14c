import { describeBytes } from '../../../proxy/contract/byteWords.ts'
import { makeRoomWords } from '../../../proxy/contract/folders.ts'
import type { Folder } from '../../../proxy/contract/folders.ts'
import { count } from '../../words/names.ts'

/** "12.4 of 20 GB", "800 MB of 20 GB", "3.2 GB" without a limit. */
export function roomWords(used: number, quota: number | null): string {
  if (quota === null) return describeBytes(used)
  const [whole, part] = [describeBytes(quota), describeBytes(used)]
  const unit = whole.slice(whole.indexOf(' '))
  return part.endsWith(unit) ? `${part.slice(0, -unit.length)} of ${whole}` : `${part} of ${whole}`
}

/** To the person whose room it is. The warning, shown before it, says the numbers itself. */
export function ownRoomWords({ bytes, quotaBytes, warning, retentionDays }: Folder): string {
  const room = warning === null ? `${roomWords(bytes, quotaBytes)} used.` : makeRoomWords
  if (retentionDays === null) return room
  return `${room} What you do not keep is cleared away after ${count(retentionDays, 'day')}.`
}

/** The part of the room that is used, 0 to 1; undefined without a limit. */
export const roomFraction = ({ bytes, quotaBytes }: Folder): number | undefined =>
  quotaBytes === null ? undefined : Math.min(1, bytes / quotaBytes)

interface FolderStateWord {
  readonly tone: 'quiet' | 'attention' | 'problem'
  readonly word: string
}

/** What is not as usual about a folder; undefined: nothing. */
export function folderStateWord({ state, moving, isComfyuisOwn }: Folder): FolderStateWord | undefined {
  if (moving !== null) return { tone: 'quiet', word: 'Moving' }
  switch (state) {
    case 'missing':
      return { tone: 'attention', word: 'Not there' }
    case 'refused':
      return { tone: 'problem', word: 'Not used' }
    case 'notMadeYet':
      return { tone: 'quiet', word: 'Made with the first picture' }
    case 'ready':
      return isComfyuisOwn ? { tone: 'quiet', word: 'ComfyUI’s own folder' } : undefined
  }
}

/** "812 files, 412 GB free on that disk, cleared away after 30 days" */
export function folderFacts({ files, freeBytes, retentionDays, hasOwnQuota, quotaBytes }: Folder): string {
  const facts = [count(files, 'file')]
  if (quotaBytes === null && hasOwnQuota) facts.push('no limit')
  if (freeBytes !== null) facts.push(`${describeBytes(freeBytes)} free on that disk`)
  if (retentionDays !== null) facts.push(`cleared away after ${count(retentionDays, 'day')}`)
  return facts.join(', ')
}
