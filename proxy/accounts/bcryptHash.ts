/*
 * Hashes that were taken over from ComfyUI-Sentinel. They are only checked, never made, and the first sign-in replaces
 * one by argon2id.
 */

/** A higher cost would keep one of the few hashing turns for minutes; Sentinel's is 12. */
export const maxBcryptCost = 14

const pattern = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** The cost of a bcrypt hash; undefined: it is none. */
export function findBcryptCost(hash: string): number | undefined {
  const cost = pattern.exec(hash)?.[1]
  return cost === undefined ? undefined : Number(cost)
}

/** A hash that no password has, which takes as long to check as a real one. */
export const createBcryptDecoy = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`

/** bcrypt takes 72 bytes into account; a longer password is right when those are, as it was where it comes from. */
export async function verifyBcrypt(hash: string, password: string): Promise<boolean> {
  // Only when it is needed: a computer for which there is no build of it runs everything else.
  const { verify } = await import('@node-rs/bcrypt')
  return verify(password, hash)
}
