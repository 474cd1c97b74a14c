import type { Random } from '../core/random.ts'

/** Twenty random characters of `[a-z0-9]` (103 bits), in groups that can be read aloud. */
export function generatePassword(random: Random): string {
  return Array.from({ length: 5 }, () => random.id(4)).join('-')
}
