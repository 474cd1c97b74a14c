/** The attack worked. The message says what was seen. */
export class Broken extends Error {}

/** The attack cannot be tried here. The message says why. */
export class CannotTry extends Error {}

/** @throws Broken unless it holds */
export function hold(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new Broken(seen)
}

export interface Tried {
  readonly what: string
  readonly status: number
}

/** @throws Broken naming each try that was answered otherwise; CannotTry when they were too many for the gate */
export function holdStatuses(tried: readonly Tried[], allowed: readonly number[]): string {
  if (!allowed.includes(429) && tried.some(({ status }) => status === 429)) {
    throw new CannotTry('The gate took it for too many requests before it had been tried to its end.')
  }
  const wrong = tried.filter(({ status }) => !allowed.includes(status))
  hold(wrong.length === 0, wrong.map(({ what, status }) => `${what} was answered with ${status}`).join('; '))
  const seen = [...new Set(tried.map(({ status }) => status))].sort().join(', ')
  return tried.length === 1 ? `Refused with ${seen}.` : `${tried.length} tries, all refused with ${seen}.`
}
