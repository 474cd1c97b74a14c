const GiB = 1024 ** 3

/** How often is looked, and how long an engine above its ceiling has to give memory back; milliseconds. */
export interface MemoryRules {
  pollMs: number
  graceMs: number
}

/** Elsewhere than on Linux a look starts two programs. */
export const memoryRulesFor = (platform: NodeJS.Platform): MemoryRules => ({
  pollMs: platform === 'linux' ? 1_000 : 5_000,
  graceMs: 10_000,
})

/**
 * How much the engine's processes may take together. Without a percentage a twentieth of the memory stays free for the
 * system, and never less than 1.5 GiB; undefined: there is no ceiling.
 */
export function ceilingOf(totalBytes: number, percent: number | null): number | undefined {
  if (percent === null) return totalBytes - Math.max(1.5 * GiB, totalBytes / 20)
  return percent >= 100 ? undefined : (totalBytes / 100) * percent
}

/** `pressed`: it has just come above the ceiling. `over`: it stayed there, or the system is about to run out. */
export type MemoryVerdict = 'fine' | 'pressed' | 'waiting' | 'over'

/** What one more look at an engine's memory means. @param sinceMs since when it has been above its ceiling */
export function judgeMemory(
  sinceMs: number | undefined,
  facts: { usedBytes: number; ceilingBytes: number; totalBytes: number; nowMs: number },
  rules: Pick<MemoryRules, 'graceMs'>,
): { sinceMs: number | undefined; verdict: MemoryVerdict } {
  const { usedBytes, ceilingBytes, totalBytes, nowMs } = facts
  if (usedBytes <= ceilingBytes) return { sinceMs: undefined, verdict: 'fine' }
  // Two thirds of what was kept free are gone: a computer that swaps answers nobody any more, and so not us either.
  const isUrgent = usedBytes > ceilingBytes + ((totalBytes - ceilingBytes) * 2) / 3
  const isLate = sinceMs !== undefined && nowMs - sinceMs >= rules.graceMs
  if (isUrgent || isLate) return { sinceMs: sinceMs ?? nowMs, verdict: 'over' }
  return sinceMs === undefined ? { sinceMs: nowMs, verdict: 'pressed' } : { sinceMs, verdict: 'waiting' }
}
