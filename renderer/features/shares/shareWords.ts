import type { Output } from '../../../proxy/contract/outputs.ts'
import { sharedTypes } from '../../../proxy/contract/shares.ts'
import type { Share } from '../../../proxy/contract/shares.ts'
import { joinNames } from '../../words/names.ts'

/** Pictures can be, other files cannot: they cannot be freed of what else stands in them. */
export const canShare = ({ mediaType }: Pick<Output, 'mediaType'>): boolean => sharedTypes.includes(mediaType)

/** "Everybody here sees it.", "Leo and Tom see it." */
export function sharedWords({ everybody, people }: Share): string {
  if (everybody) return 'Everybody here sees it.'
  if (people.length === 0) return 'Only you and who manages this computer see it.'
  const names = joinNames(people.map(({ name }) => name))
  return `${names} ${people.length === 1 ? 'sees' : 'see'} it.`
}
