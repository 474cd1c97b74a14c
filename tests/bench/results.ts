import { z } from 'zod'
import { median } from './statistics.ts'

/** One value for each repeat, in order; null where a measurement failed. */
const series = z.array(z.number().nullable())
/** Scenario, then who was asked (direct, nginx, gate, …), then what was measured. */
const scenarioResults = z.record(z.string(), z.record(z.string(), z.record(z.string(), series)))

export const benchmarkResults = z.object({
  measuredAt: z.string(),
  quick: z.boolean(),
  repeats: z.number(),
  secondsPerMeasurement: z.number(),
  seed: z.number(),
  machine: z.object({
    processor: z.string(),
    cores: z.number(),
    memoryGb: z.number(),
    system: z.string(),
    node: z.string(),
    loadAverageAtStart: z.number(),
  }),
  tools: z.object({
    wrk: z.string().nullable(),
    nginx: z.string().nullable(),
    engine: z.enum(['ComfyUI', 'practice engine']),
  }),
  socketClients: z.number(),
  bodyBytes: z.number(),
  /** Megabytes (10^6 bytes); null where the system does not tell. */
  memory: z.object({ idleMb: z.number(), afterLoadMb: z.number(), peakMb: z.number() }).nullable(),
  /** Measurements that failed, in words. */
  failures: z.array(z.string()),
  scenarios: scenarioResults,
})

export type BenchmarkResults = z.infer<typeof benchmarkResults>
type Scenarios = BenchmarkResults['scenarios']

/** Collects what a run measures, repeat by repeat. */
export class Recorder {
  readonly scenarios: Scenarios = {}
  readonly failures: string[] = []

  add(at: { scenario: string; variant: string; repeat: number }, metrics: Readonly<Record<string, number>>): void {
    const variants = (this.scenarios[at.scenario] ??= {})
    const values = (variants[at.variant] ??= {})
    for (const [metric, value] of Object.entries(metrics)) {
      const list = (values[metric] ??= [])
      while (list.length < at.repeat) list.push(null)
      list[at.repeat] = value
    }
  }

  addFailure(at: { scenario: string; variant: string; repeat: number }, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.failures.push(`${at.scenario}, ${at.variant}, repeat ${at.repeat + 1}: ${message}`)
  }
}

const isNumber = (value: number | null | undefined): value is number => value !== null && value !== undefined

/** The median over the repeats; undefined when it was never measured. */
export function findMedian(
  scenarios: Scenarios,
  scenario: string,
  variant: string,
  metric: string,
): number | undefined {
  const values = (scenarios[scenario]?.[variant]?.[metric] ?? []).filter(isNumber)
  return values.length === 0 ? undefined : median(values)
}

/**
 * The median of the quotients of each repeat: what was measured side by side is compared, not two medians of different
 * moments.
 */
export function findRatio(
  scenarios: Scenarios,
  scenario: string,
  metric: string,
  [above, below]: readonly [string, string],
): number | undefined {
  const first = scenarios[scenario]?.[above]?.[metric] ?? []
  const second = scenarios[scenario]?.[below]?.[metric] ?? []
  const quotients = first
    .map((value, at) => {
      const other = second[at]
      return isNumber(value) && isNumber(other) && other > 0 ? value / other : undefined
    })
    .filter(isNumber)
  return quotients.length === 0 ? undefined : median(quotients)
}

/** The median of the differences of each repeat. */
export function findDifference(
  scenarios: Scenarios,
  scenario: string,
  metric: string,
  [above, below]: readonly [string, string],
): number | undefined {
  const first = scenarios[scenario]?.[above]?.[metric] ?? []
  const second = scenarios[scenario]?.[below]?.[metric] ?? []
  const differences = first
    .map((value, at) => {
      const other = second[at]
      return isNumber(value) && isNumber(other) ? value - other : undefined
    })
    .filter(isNumber)
  return differences.length === 0 ? undefined : median(differences)
}
