import type { Role } from '../../../proxy/contract/accounts.ts'

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
      return 'You are a visitor here. As soon as the owner opens something for visitors, you find it here.'
  }
}
