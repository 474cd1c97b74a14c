import type { Role } from '../../../proxy/contract/accounts.ts'

/** What one may do here, said to oneself. */
export function ownRoleWords(role: Role): string {
  switch (role) {
    case 'administrator':
      return 'You run this computer together with its owner.'
    case 'creator':
      return 'You may build freely, with everything that is installed here.'
    case 'user':
      return 'You may run ready-made workflows.'
    case 'viewer':
      return 'You may look at pictures.'
    case 'guest':
      return 'You are a visitor.'
  }
}

/** What somebody reads who has nothing to open yet. No names: nothing here says who the owner is. */
export function welcomeWords(role: Role): string {
  switch (role) {
    case 'administrator':
    case 'creator':
      return ''
    case 'user':
      return 'The owner has not published anything yet. As soon as there is something to run, you find it here. You can also ask the owner to let you build freely.'
    case 'viewer':
      return 'There is nothing to look at yet. As soon as the owner shares pictures with you, you find them here.'
    case 'guest':
      return 'There is nothing for visitors yet. As soon as the owner opens something for visitors, you find it here.'
  }
}
