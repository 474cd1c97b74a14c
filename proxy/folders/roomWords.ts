import { describeBytes } from '../contract/byteWords.ts'
import { makeRoomWords } from '../contract/folders.ts'

/** From which part of the quota on it is said. */
const WARN_FROM = 0.8

/** Before it is full; null: there is room. */
export function warningWords(quotaBytes: number | null, used: number): string | null {
  if (quotaBytes === null || used < quotaBytes * WARN_FROM) return null
  const isFull = used >= quotaBytes
  return `${isFull ? 'Full' : 'Nearly full'}: ${describeBytes(used)} of ${describeBytes(quotaBytes)}`
}

/** To the person whose room is used up. */
export function fullWords(quotaBytes: number, used: number): string {
  return `Your ${describeBytes(quotaBytes)} are full (${describeBytes(used)}). ${makeRoomWords}`
}

/** To who sends a file, whose own room may be empty. */
export const diskFullWords = 'The disk of this computer is almost full. Ask the owner to make room, then try again.'
