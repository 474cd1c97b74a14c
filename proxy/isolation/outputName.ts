const MAX_SLUG_LENGTH = 32
const FIRST_LETTERS = 4

/**
 * Names for somebody's output folder, the wanted one first: the person's name in plain letters and the first four of
 * the account's id, more of them when a folder of that name is there already. Safe as a name on every system.
 */
export function* toOutputNames(accountName: string, accountId: string): Generator<string> {
  const slug = toSlug(accountName)
  for (let letters = FIRST_LETTERS; letters <= accountId.length; letters += 1) {
    yield `${slug}-${accountId.slice(0, letters)}`
  }
}

function toSlug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^-+|-+$/g, '')
  return plain === '' ? 'user' : plain
}

/** Names for a folder of ours inside one that the owner picked. */
export function* toPickedNames(accountName: string, accountId: string): Generator<string> {
  yield `Gatehouse - ${toSlug(accountName)}`
  for (const name of toOutputNames(accountName, accountId)) yield `Gatehouse - ${name}`
}
