import type { Person } from '../../../proxy/contract/accounts.ts'
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
export const arrivalWords = (isShared: boolean): string =>
  isShared ? 'can come in' : 'can come in as soon as sharing is on'

/** Whom most people are: who runs what was made ready, or, as long as there is nothing of the kind, who builds. */
export const usualRole = (workflows: readonly unknown[] | undefined): 'user' | 'creator' =>
  workflows === undefined || workflows.length === 0 ? 'creator' : 'user'
