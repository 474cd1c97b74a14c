import type { BenchmarkResults } from '../results.ts'
import { toRows } from './rows.ts'
import type { Row } from './rows.ts'

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at < 2 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

const verdictWords: Readonly<Record<Row['verdict'], string>> = {
  met: 'met',
  'at least': 'at least met',
  short: '**short**',
  'not measured': 'not measured',
  '–': '–',
}

function describeRun({
  measuredAt,
  quick,
  repeats,
  secondsPerMeasurement,
  seed,
  machine,
  tools,
}: BenchmarkResults): string {
  const warning = quick ? '**A quick run: to try the benchmark, not to quote it.** ' : ''
  const load = `load average ${machine.loadAverageAtStart.toFixed(1)} at the start`
  const tool = tools.wrk === null ? 'our own generator (no wrk here)' : `wrk ${tools.wrk}`
  const nginx = tools.nginx === null ? 'no nginx' : `nginx ${tools.nginx}`
  return `${warning}Measured on ${measuredAt}: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, ${load}; Node ${machine.node}, ${tool}, ${nginx}, real engine: ${tools.engine}. ${repeats} repeats, ${secondsPerMeasurement} s for each measurement, in an order shuffled with seed ${seed}. Numbers are medians; a ratio is the median of the ratios of each repeat.`
}

/** What falls short, in words, computed from the results. */
export function describeShortfalls(rows: readonly Row[]): readonly string[] {
  const lines = rows.flatMap((row): readonly string[] => {
    const name = `${row.id} (${row.what})`
    if (row.verdict === 'short')
      return [`- **${name}: ${row.ratio}. This falls short**: the target is ${row.target}, at least ${row.atLeast}.`]
    if (row.verdict === 'at least')
      return [`- ${name}: ${row.ratio} is good enough (${row.atLeast}), but not the target (${row.target}).`]
    if (row.verdict === 'not measured' && row.id !== '–')
      return [`- ${name}: not measured, because ${row.reason ?? 'it was left out'}.`]
    return []
  })
  return lines.length === 0 ? ['Every target was measured and met.'] : lines
}

/** The generated part of docs/performance.md. */
export function formatReport(results: BenchmarkResults): string {
  const rows = toRows(results)
  const table = toTable(
    ['#', 'what', 'direct', 'nginx', 'gate', 'ratio or value', 'target', 'at least', 'verdict'],
    rows.map((row) => [
      row.id,
      row.what,
      row.direct,
      row.nginx,
      row.gate,
      `**${row.ratio}**`,
      row.target,
      row.atLeast,
      verdictWords[row.verdict],
    ]),
  )
  const failures =
    results.failures.length === 0
      ? []
      : ['', '### Measurements that failed', '', ...results.failures.map((failure) => `- ${failure}`)]
  return [
    describeRun(results),
    '',
    table,
    '',
    '### What falls short',
    '',
    ...describeShortfalls(rows),
    ...failures,
  ].join('\n')
}
