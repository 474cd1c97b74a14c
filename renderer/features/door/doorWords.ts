export const waitingWords = (waiting: number): string =>
  waiting === 1 ? 'Somebody asks to come in.' : `${waiting} people ask to come in.`

/** What came of an answer, with the stranger's name in quotes. */
export function answeredWords(result: 'letIn' | 'refused', name: string, as: 'user' | 'guest'): string {
  if (result === 'refused') return `These words are not on that phone, so “${name}” was not let in.`
  return as === 'user' ? `“${name}” can come in now.` : `“${name}” can look around as a guest for 2 hours.`
}
