import type { RoleId, SessionAnswer } from '../../../proxy/contract/accounts.ts'
import { isBuiltIn } from '../../../proxy/contract/roles.ts'
import type { Role } from '../../../proxy/contract/roles.ts'

const ownWords: Readonly<Record<Role, string>> = {
  administrator:
    'You may use everything in ComfyUI, also what changes this computer. People and settings are managed in the owner’s window.',
  creator: 'You may build workflows and run them, with the nodes and models that the owner allows.',
  user: 'You may run ready-made workflows.',
  viewer: 'You may look at pictures that others show you.',
  guest: 'You are a visitor.',
}

/** What one may do here, said to oneself. */
export const ownRoleWords = ({ user, roleTitle }: Pick<SessionAnswer, 'user' | 'roleTitle'>): string =>
  isBuiltIn(user.role) ? ownWords[user.role] : `Your role is ${roleTitle}.`

const waitingWords: Readonly<Record<Role, string>> = {
  administrator: '',
  creator: '',
  user: '',
  viewer: 'There is nothing to look at yet: pictures to look at come with a later version.',
  guest: 'There is nothing for visitors yet: it comes with a later version.',
}

/** What somebody reads who has nothing to open yet. No names: nothing here says who the owner is. */
export const welcomeWords = (role: RoleId): string => (isBuiltIn(role) ? waitingWords[role] : '')
