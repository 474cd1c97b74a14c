import { randomBytes, randomInt, randomUUID } from 'node:crypto'

/** The one source of randomness. Every method is cryptographically strong in `systemRandom`. */
export interface Random {
  bytes(length: number): Buffer
  /** A canonical lower-case UUID, version 4. */
  uuid(): string
  /** `length` characters out of `[a-z0-9]`, each equally likely. */
  id(length: number): string
}

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
  id: (length) => Array.from({ length }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join(''),
}
