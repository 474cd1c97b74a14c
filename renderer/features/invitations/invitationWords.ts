import type { InvitationAnswer } from '../../../proxy/contract/invitations.ts'
import { toDuration } from '../../words/time.ts'

const GiB = 1024 ** 3

export const spans = [
  { value: '1', label: 'an hour' },
  { value: '24', label: 'a day' },
  { value: '168', label: 'a week' },
  { value: '720', label: '30 days' },
]

/** `bytes` left out: as much as everybody. */
export const rooms: readonly { readonly value: string; readonly label: string; readonly bytes?: number | null }[] = [
  { value: 'default', label: 'As everybody' },
  { value: '1', label: '1 GB', bytes: GiB },
  { value: '5', label: '5 GB', bytes: 5 * GiB },
  { value: '20', label: '20 GB', bytes: 20 * GiB },
  { value: '100', label: '100 GB', bytes: 100 * GiB },
  { value: 'none', label: 'As much as they like', bytes: null },
]

export const linkTitle = ({ kind, name }: Pick<InvitationAnswer, 'kind' | 'name'>): string => {
  if (kind === 'password') return `New password for ${name ?? 'somebody'}`
  return name === null ? 'An invitation' : `An invitation for ${name}`
}

/** "Mia is in." */
export const usedWords = ({ usedBy }: Pick<InvitationAnswer, 'usedBy'>): string =>
  `${usedBy?.name ?? 'Somebody'} is in.`

export const untilWords = ({ createdAt, expiresAt }: Pick<InvitationAnswer, 'createdAt' | 'expiresAt'>): string =>
  `The link works for ${toDuration(Date.parse(expiresAt) - Date.parse(createdAt))}.`

/** To paste into a chat. The link is last, so that nothing sticks to it. */
export function messageWords({ kind }: Pick<InvitationAnswer, 'kind'>, link: string): string {
  const what = kind === 'password' ? 'Set your new password' : 'Come in and make pictures on my computer'
  return `${what}. Open this at my place, in the same Wi-Fi; it works once: ${link}`
}
