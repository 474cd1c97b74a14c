import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { RequestsJob, RequestsResult } from './jobs.ts'

const MARK = 'wrk-result '

const summary = z.object({
  requests: z.number(),
  durationUs: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  failed: z.number(),
})

export function findWrkVersion(): string | undefined {
  const { stdout, error } = spawnSync('wrk', ['-v'], { encoding: 'utf8' })
  return error === undefined ? /^wrk (?:debian\/)?(\S+)/.exec(stdout)?.[1] : undefined
}

/** What wrk's script printed. @throws Error when it printed nothing of the kind */
export function parseWrkOutput(output: string): RequestsResult {
  const line = output.split('\n').find((text) => text.startsWith(MARK))
  if (line === undefined) throw new Error(`wrk gave no result:\n${output}`)
  const { durationUs, ...others } = summary.parse(JSON.parse(line.slice(MARK.length)))
  return { ...others, seconds: durationUs / 1_000_000 }
}

/** Credentials stand in a file, not among the arguments that every user of the computer can list. */
function script(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
  return `${lines.join('\n')}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('${MARK}{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"failed":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
`
}

export async function runWrk(job: Omit<RequestsJob, 'kind'>): Promise<RequestsResult> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-wrk-'))
  try {
    const file = join(directory, 'headers.lua')
    writeFileSync(file, script(job.target.headers), { mode: 0o600 })
    const url = `http://127.0.0.1:${job.target.port}${job.path}`
    return parseWrkOutput(await run(['-t1', `-c${job.connections}`, `-d${job.seconds}s`, '-s', file, url], job.seconds))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function run(args: readonly string[], seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', [...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: seconds * 1000 + 20_000 })
    let output = ''
    const take = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('error', reject)
    child.once('close', () => resolve(output))
  })
}
