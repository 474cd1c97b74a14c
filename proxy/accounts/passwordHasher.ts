import { cpus } from 'node:os'
import argon2 from 'argon2'
import { createBcryptDecoy, findBcryptCost, verifyBcrypt } from './bcryptHash.ts'
import { HashLane } from './hashLane.ts'
import type { HashTurn } from './hashLane.ts'

export type PasswordHash = string & { readonly brand?: 'PasswordHash' }

export interface Argon2Parameters {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

export interface HashingParameters {
  readonly password: Argon2Parameters
  readonly apiKey: Argon2Parameters
}

/**
 * RFC 9106's second recommendation for passwords; for keys of 512 random bits OWASP's minimum (Password Storage Cheat
 * Sheet), of its equal choices the one above 32 MiB: glibc gives such a block back to the system, and keeps smaller ones
 * for each thread.
 */
export const defaultHashing: HashingParameters = {
  password: { memoryKiB: 64 * 1024, passes: 3, lanes: 1 },
  apiKey: { memoryKiB: 46 * 1024, passes: 1, lanes: 1 },
}

/** The two operations of argon2id, off the main thread; checking takes imported bcrypt hashes, too. Tests count the calls. */
export interface Argon2 {
  hash(text: string, parameters: Argon2Parameters): Promise<string>
  verify(hash: string, text: string): Promise<boolean>
  needsRehash(hash: string, parameters: Argon2Parameters): boolean
}

const toOptions = (parameters: Argon2Parameters) => ({
  memoryCost: parameters.memoryKiB,
  timeCost: parameters.passes,
  parallelism: parameters.lanes,
})

const isBcrypt = (hash: string): boolean => findBcryptCost(hash) !== undefined

export const systemArgon2: Argon2 = {
  hash: (text, parameters) => argon2.hash(text, { ...toOptions(parameters), type: argon2.argon2id }),
  verify: (hash, text) => (isBcrypt(hash) ? verifyBcrypt(hash, text) : argon2.verify(hash, text)),
  needsRehash: (hash, parameters) => isBcrypt(hash) || argon2.needsRehash(hash, toOptions(parameters)),
}

export interface PasswordVerdict {
  readonly isRight: boolean
  /** Whether the stored hash is weaker than today's parameters. */
  readonly needsRehash: boolean
}

/** How many passwords are hashed at once: one core stays for everybody else, whoever signs in how often. */
export const toHashingWidth = (cores: number): number => Math.max(1, Math.min(2, cores - 1))

/** argon2id for passwords: one or two at once, and a person who does not exist costs the same as one who does. */
export class PasswordHasher {
  readonly #lane = new HashLane({
    width: toHashingWidth(cpus().length),
    maxWaiting: 32,
    strangersRest: { share: 0.5, burstMs: 3_000 },
  })
  readonly #argon2: Argon2
  readonly #parameters: Argon2Parameters

  constructor(parameters: Argon2Parameters, implementation: Argon2 = systemArgon2) {
    this.#argon2 = implementation
    this.#parameters = parameters
  }

  /** @throws GateError RATE_LIMITED */
  hash(password: string, turn: HashTurn): Promise<PasswordHash> {
    return this.#lane.run(() => this.#argon2.hash(password, this.#parameters), turn)
  }

  /**
   * `undefined` stands for an account that has no password or does not exist. `importedCost`: while somebody still has
   * a bcrypt hash, its cost.
   * @throws GateError RATE_LIMITED
   */
  verify(
    hash: PasswordHash | undefined,
    password: string,
    { turn, importedCost }: { readonly turn: HashTurn; readonly importedCost?: number | undefined },
  ): Promise<PasswordVerdict> {
    return this.#lane.run(async () => {
      const isImported = hash !== undefined && isBcrypt(hash)
      const own = isImported ? undefined : hash
      // Enumeration of names by time: the same work for everybody, whoever exists and whoever was imported.
      if (own === undefined) await this.#argon2.hash(password, this.#parameters)
      const isRight = own !== undefined && (await this.#argon2.verify(own, password))
      const isRightImported = await this.#verifyImported(isImported ? hash : undefined, password, importedCost)
      if (!isRight && !isRightImported) return { isRight: false, needsRehash: false }
      return { isRight: true, needsRehash: hash !== undefined && this.#argon2.needsRehash(hash, this.#parameters) }
    }, turn)
  }

  async #verifyImported(hash: string | undefined, password: string, cost: number | undefined): Promise<boolean> {
    if (hash !== undefined) return this.#argon2.verify(hash, password)
    if (cost !== undefined) await this.#argon2.verify(createBcryptDecoy(cost), password)
    return false
  }
}
