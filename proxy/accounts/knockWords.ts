import { friendlyWords } from '../contract/friendlyWords.ts'
import type { Random } from '../core/random.ts'

const WORDS = 2
const GROUPS = 3

const pick = (random: Random, count: number): number => random.bytes(4).readUInt32BE(0) % count

export interface KnockWords {
  /** On the phone of whoever knocked. */
  readonly shown: string
  /** What the owner picks from, in an order of its own; no word stands in two of them. */
  readonly choices: readonly string[]
}

/**
 * Words for one knock and two groups that stand on nobody's phone. None of them is in `inUse`: whoever picks the words
 * that they see on one phone never lets another one in.
 */
export function createKnockWords(random: Random, inUse: readonly string[]): KnockWords {
  const taken = new Set(inUse.flatMap((words) => words.split(' ')))
  const groups = Array.from({ length: GROUPS }, () => drawGroup(random, taken))
  const [shown = ''] = groups
  const choices: string[] = []
  for (const group of groups) choices.splice(pick(random, choices.length + 1), 0, group)
  return { shown, choices }
}

function drawGroup(random: Random, taken: Set<string>): string {
  const group: string[] = []
  while (group.length < WORDS) {
    const word = friendlyWords[pick(random, friendlyWords.length)] ?? ''
    if (taken.has(word)) continue
    taken.add(word)
    group.push(word)
  }
  return group.join(' ')
}
