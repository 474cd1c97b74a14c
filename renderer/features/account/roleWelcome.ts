import type { SessionAnswer } from '../../../proxy/contract/accounts.ts'
import { givesWorkflows } from '../../../proxy/contract/permissions.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import { isBuiltIn } from '../../../proxy/contract/roles.ts'
import type { Role } from '../../../proxy/contract/roles.ts'

const ownWords: Readonly<Record<Role, string>> = {
  administrator:
    'You may use everything in ComfyUI, also what changes this computer. People and settings are managed in the owner’s window.',
  creator: 'You may build workflows and run them, with the nodes and models that the owner allows.',
  user: 'You may run the workflows that were made ready for you: they are on the page Run.',
  viewer: 'You may look at pictures that others show you: they are on the page Shared.',
  guest: 'You are a visitor. You may run the workflows that are open to everybody: they are on the page Run.',
}

/** What one may do here, said to oneself; of a role that the owner made, what it gives. */
export const ownRoleWords = ({ user, roleTitle, permissions }: OwnRole): string =>
  isBuiltIn(user.role) ? ownWords[user.role] : `Your role is ${roleTitle}. ${givenWords(permissions)}`

type OwnRole = Pick<SessionAnswer, 'user' | 'roleTitle' | 'permissions'>

function givenWords(permissions: readonly Permission[]): string {
  if (permissions.includes('graphs')) return ownWords.creator
  if (givesWorkflows(permissions)) return ownWords.user
  return permissions.includes('shared') ? ownWords.viewer : 'It gives you nothing to open here.'
}
