import type { Role } from '../../../proxy/contract/accounts.ts'

/** What one may do here, said to oneself. */
export function ownRoleWords(role: Role): string {
  switch (role) {
    case 'administrator':
      return 'You may use everything in ComfyUI, also what changes this computer. People and settings are managed in the owner’s window.'
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
      return 'There is nothing to run for you yet: ready-made workflows come with a later version. If you are to make pictures now, the owner can make you a Creator.'
    case 'viewer':
      return 'There is nothing to look at yet: pictures to look at come with a later version.'
    case 'guest':
      return 'There is nothing for visitors yet: it comes with a later version.'
  }
}
