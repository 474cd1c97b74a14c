import type { Person, Role } from '../../../proxy/contract/accounts.ts'
import { count, foldText } from '../../words/names.ts'

/** "Remove Mia and 3 keys" */
export function removalWords(person: Pick<Person, 'name' | 'keyCount'>): string {
  return person.keyCount === 0 ? `Remove ${person.name}` : `Remove ${person.name} and ${count(person.keyCount, 'key')}`
}

/** Those whose name contains the words, whatever their case or accents. */
export function findPeople(people: readonly Person[], search: string): readonly Person[] {
  const wanted = foldText(search)
  return wanted === '' ? people : people.filter((person) => foldText(person.name).includes(wanted))
}

/** What follows the name of somebody who was just added: what that person can do now. */
export function arrivalWords(role: Role, isShared: boolean): string {
  if (role === 'user' || role === 'viewer' || role === 'guest') return 'can sign in, with nothing to do yet'
  return isShared ? 'can come in' : 'can come in as soon as sharing is on'
}
