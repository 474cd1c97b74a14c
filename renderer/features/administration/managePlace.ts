/** What the gate wrote into the page where administrators sign in; see the portal's `toManagePage`. */
export interface ManagePlace {
  /** Where people go; empty while nothing is shared. */
  readonly peopleUrl: string
}

/** Whether one signs in here to manage, and not to make pictures. */
export function findManagePlace(): ManagePlace | undefined {
  const { surface, people = '' } = document.documentElement.dataset
  return surface === 'administration' ? { peopleUrl: people } : undefined
}
