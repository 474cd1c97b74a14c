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
  return `${usedUpWords(quotaBytes, used)} ${makeRoomWords}`
}

/** "Your 1 MB is full.", "Your 20 GB are full: 20.1 GB used."; something large may not fit before that. */
function usedUpWords(quotaBytes: number, used: number): string {
  const [room, taken] = [describeBytes(quotaBytes), describeBytes(used)]
  if (used < quotaBytes) return `There is too little left of your ${room}: ${taken} used.`
  const full = `Your ${room} ${room.startsWith('1 ') ? 'is' : 'are'} full`
  return taken === room ? `${full}.` : `${full}: ${taken} used.`
}

/** To who sends a file, whose own room may be empty. */
export const diskFullWords = 'The disk of this computer is almost full. Ask the owner to make room, then try again.'
