/** Numbers of the restart policy; all times in milliseconds. */
export interface RestartRules {
  backoffMs: readonly number[]
  /** So many restarts within `windowMs`; the next crash gives up. */
  budget: number
  /** 20 when left out: so many crashes within `windowMs` that are laid to people's jobs count for nothing here; those after them do. */
  explainedBudget?: number
  windowMs: number
  /** Ready for so long: earlier crashes are forgotten. */
  healthyAfterMs: number
}

const EXPLAINED_BUDGET = 20

export const defaultRestartRules: RestartRules = {
  backoffMs: [1_000, 2_000, 5_000, 10_000, 30_000],
  budget: 5,
  windowMs: 10 * 60_000,
  healthyAfterMs: 10 * 60_000,
}

/** What the policy remembers between runs of one start. */
export interface RestartHistory {
  restartsAtMs: readonly number[]
  insideRestartsAtMs: readonly number[]
  explainedAtMs: readonly number[]
  consecutiveCrashes: number
}

export const freshRestartHistory: RestartHistory = {
  restartsAtMs: [],
  insideRestartsAtMs: [],
  explainedAtMs: [],
  consecutiveCrashes: 0,
}

export type RunEnd =
  | { kind: 'crashed'; isWorthARetry: boolean; isExplained?: boolean; readyForMs: number }
  | { kind: 'restartedInside'; readyForMs: number }

export type RestartDecision = { kind: 'retry'; delayMs: number; attempt: number } | { kind: 'giveUp' }

/**
 * Whether and when to start again. A restart from inside (ComfyUI-Manager) costs nothing, but an engine that does so
 * more often than the budget allows is treated as one that crashes.
 */
export function decideRestart(
  history: RestartHistory,
  end: RunEnd,
  nowMs: number,
  rules: RestartRules = defaultRestartRules,
): { decision: RestartDecision; history: RestartHistory } {
  const isRecent = (atMs: number): boolean => nowMs - atMs < rules.windowMs
  const past = end.readyForMs >= rules.healthyAfterMs ? freshRestartHistory : history
  const insideRestartsAtMs = past.insideRestartsAtMs.filter(isRecent)
  const restartsAtMs = past.restartsAtMs.filter(isRecent)

  if (end.kind === 'restartedInside' && insideRestartsAtMs.length < rules.budget) {
    return {
      decision: { kind: 'retry', delayMs: 0, attempt: past.consecutiveCrashes + 1 },
      history: { ...past, restartsAtMs, insideRestartsAtMs: [...insideRestartsAtMs, nowMs] },
    }
  }
  const explainedAtMs = past.explainedAtMs.filter(isRecent)
  const kept = { ...past, restartsAtMs, insideRestartsAtMs, explainedAtMs }
  if (end.kind === 'crashed' && !end.isWorthARetry) return { decision: { kind: 'giveUp' }, history: kept }
  if (
    end.kind === 'crashed' &&
    end.isExplained === true &&
    explainedAtMs.length < (rules.explainedBudget ?? EXPLAINED_BUDGET)
  ) {
    return {
      decision: { kind: 'retry', delayMs: rules.backoffMs[0] ?? 0, attempt: past.consecutiveCrashes + 1 },
      history: { ...kept, explainedAtMs: [...explainedAtMs, nowMs] },
    }
  }
  if (restartsAtMs.length >= rules.budget) return { decision: { kind: 'giveUp' }, history: kept }

  const consecutiveCrashes = past.consecutiveCrashes + 1
  const step = Math.min(consecutiveCrashes, rules.backoffMs.length) - 1
  return {
    decision: { kind: 'retry', delayMs: rules.backoffMs[step] ?? 0, attempt: consecutiveCrashes + 1 },
    history: { ...kept, restartsAtMs: [...restartsAtMs, nowMs], consecutiveCrashes },
  }
}
