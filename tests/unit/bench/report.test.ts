import { describe, expect, it } from 'vitest'
import { replaceGenerated } from '../../bench/report/document.ts'
import { describeShortfalls, formatReport } from '../../bench/report/markdown.ts'
import { judge, toRows } from '../../bench/report/rows.ts'
import type { Row } from '../../bench/report/rows.ts'
import type { BenchmarkResults } from '../../bench/results.ts'
import { parseWrkOutput } from '../../bench/load/wrk.ts'

function createResults(changes: Partial<BenchmarkResults> = {}): BenchmarkResults {
  return {
    measuredAt: '2026-01-01',
    quick: false,
    repeats: 2,
    secondsPerMeasurement: 3,
    seed: 1,
    machine: { processor: 'P', cores: 2, memoryGb: 8, system: 'linux', node: 'v24', loadAverageAtStart: 0 },
    tools: { wrk: '4', nginx: '1.22', engine: 'ComfyUI' },
    socketClients: 20,
    bodyBytes: 100_000_000,
    memory: { idleMb: 80, afterLoadMb: 150, peakMb: 160 },
    failures: [],
    scenarios: {
      small16: {
        direct: { requestsPerSecond: [100, 100] },
        nginx: { requestsPerSecond: [50, 50], cpuUsPerRequest: [20, 20] },
        gate: { requestsPerSecond: [30, 20], cpuUsPerRequest: [60, 60] },
      },
      engine1: {
        direct: { p50Us: [1000, 1000] },
        nginx: { p50Us: [1071, 1071] },
        gate: { p50Us: [1100, 1100] },
      },
    },
    ...changes,
  }
}

const findRow = (results: BenchmarkResults, id: string, at = 0): Row => {
  const row = toRows(results).filter((one) => one.id === id)[at]
  if (row === undefined) throw new Error(`no row ${id}`)
  return row
}

describe('judge', () => {
  it.each([
    ['higher', 0.9, 'met'],
    ['higher', 0.8, 'at least'],
    ['higher', 0.79, 'short'],
  ] as const)('%s is better: %d is %s', (better, value, verdict) => {
    expect(judge(value, { better, target: 0.9, atLeast: 0.8 })).toBe(verdict)
  })

  it.each([
    [10, 'met'],
    [30, 'at least'],
    [31, 'short'],
  ] as const)('lower is better: %d is %s', (value, verdict) => {
    expect(judge(value, { better: 'lower', target: 10, atLeast: 30 })).toBe(verdict)
  })
})

describe('the table', () => {
  it('judges by the ratio of the repeats', () => {
    expect(findRow(createResults(), 'P3')).toMatchObject({ ratio: '0.500 ×', verdict: 'met', gate: '25/s' })
    expect(findRow(createResults(), 'P4')).toMatchObject({ ratio: '3.00 ×', verdict: 'short' })
    expect(findRow(createResults(), 'P11')).toMatchObject({ ratio: '80 MB', verdict: 'met' })
    expect(findRow(createResults(), 'P11', 1)).toMatchObject({ ratio: '150 MB', verdict: 'at least' })
  })

  it('compares a gate that holds much with one that holds little', () => {
    const scenarios = { queueBySize: { few: { cpuUsPerRequest: [50, 40] }, many: { cpuUsPerRequest: [100, 60] } } }
    const rows = toRows(createResults({ scenarios })).filter(({ id }) => id === 'P12')

    expect(rows.map(({ verdict }) => verdict)).toEqual(['not measured', 'at least', 'not measured'])
    expect(rows[1]).toMatchObject({ ratio: '1.75 ×', gate: '45 µs with 10, 80 µs with 10,000' })
  })

  it('compares what the gate adds with what Sentinel added', () => {
    const row = findRow(createResults(), 'P2')

    expect(row).toMatchObject({ ratio: '0.645 ×', verdict: 'met', nginx: '+ 71 µs', gate: '+ 100 µs' })
  })

  it('says why something was not measured instead of calling it short or met', () => {
    const tools = { wrk: null, nginx: null, engine: 'practice engine' } as const
    const results = createResults({ tools, scenarios: {}, memory: null })

    for (const row of toRows(results).filter(({ id }) => id !== '–')) {
      expect(row).toMatchObject({ verdict: 'not measured', ratio: '–' })
      expect(row.reason).not.toBe('')
    }
    expect(findRow(results, 'P1').reason).toBe('COMFYUI_DIR was not set')
    expect(findRow(results, 'P3').reason).toBe('nginx is not installed')
  })

  it('has every target of the design, P1 to P13', () => {
    const ids = new Set(toRows(createResults()).map(({ id }) => id))

    for (let number = 1; number <= 13; number += 1) expect(ids).toContain(`P${number}`)
  })
})

describe('what falls short', () => {
  it('names the misses, and what is only good enough', () => {
    const lines = describeShortfalls(toRows(createResults()))

    expect(lines.find((line) => line.includes('P4'))).toContain('3.00 ×. This falls short')
    expect(lines.find((line) => line.includes('150 MB'))).toContain('good enough')
    expect(lines.some((line) => line.includes('P3'))).toBe(false)
  })

  it('says so when nothing does', () => {
    expect(describeShortfalls([])).toEqual(['Every target was measured and met.'])
  })

  it('lists measurements that failed', () => {
    expect(formatReport(createResults({ failures: ['flood, idle, repeat 1: no answer'] }))).toContain(
      '- flood, idle, repeat 1: no answer',
    )
  })
})

describe('the document', () => {
  const begin = '<!-- measured: written by npm run bench -->'
  const end = '<!-- end of what is measured -->'

  it('keeps the prose around what is generated', () => {
    const written = replaceGenerated(`before\n${begin}\nold\n${end}\nafter\n`, 'new')

    expect(written).toBe(`before\n${begin}\n\nnew\n\n${end}\nafter\n`)
    expect(replaceGenerated(written, 'new')).toBe(written)
  })

  it('is not touched without its marks', () => {
    expect(() => replaceGenerated('prose only', 'new')).toThrow(/no part between/)
  })
})

describe('parseWrkOutput', () => {
  it('reads the line of our script', () => {
    const output = 'Running 1s test\nwrk-result {"requests":10,"durationUs":2000000,"p50Us":50,"p99Us":90,"failed":0}\n'

    expect(parseWrkOutput(output)).toEqual({ requests: 10, seconds: 2, p50Us: 50, p99Us: 90, failed: 0 })
  })

  it('takes no run for a good one that says nothing', () => {
    expect(() => parseWrkOutput('unable to connect')).toThrow(/unable to connect/)
  })
})
