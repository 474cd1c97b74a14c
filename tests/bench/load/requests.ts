import { percentile } from '../statistics.ts'
import type { FirstUseJob, FirstUseResult, RequestsJob, RequestsResult } from './jobs.ts'
import { formatRequest, RawClient } from './rawClient.ts'

const LATER_USES = 50

/** A closed loop on each of some kept connections; what wrk does, where there is no wrk. */
export async function loadRequests({
  target,
  path,
  connections,
  seconds,
}: Omit<RequestsJob, 'kind'>): Promise<RequestsResult> {
  const request = formatRequest('GET', path, target)
  const clients = await Promise.all(Array.from({ length: connections }, () => RawClient.open(target.port)))
  const latencies: number[] = []
  let failed = 0
  const startMs = performance.now()
  const endMs = startMs + seconds * 1000
  const run = async (client: RawClient): Promise<void> => {
    while (performance.now() < endMs && !client.isBroken) {
      const askedMs = performance.now()
      const status = await client.ask(request).catch(() => 0)
      latencies.push(performance.now() - askedMs)
      if (status < 200 || status > 299) failed += 1
    }
  }
  await Promise.all(clients.map(run))
  const tookMs = performance.now() - startMs
  for (const client of clients) client.close()
  return {
    requests: latencies.length,
    seconds: tookMs / 1000,
    p50Us: percentile(latencies, 50) * 1000,
    p99Us: percentile(latencies, 99) * 1000,
    failed,
  }
}

/** What the very first request with a key takes, and the later ones. */
export async function measureFirstUse({ target, path }: Omit<FirstUseJob, 'kind'>): Promise<FirstUseResult> {
  const request = formatRequest('GET', path, target)
  const client = await RawClient.open(target.port)
  const ask = async (): Promise<number> => {
    const askedMs = performance.now()
    const status = await client.ask(request)
    if (status !== 200) throw new Error(`a key was answered with ${status}`)
    return performance.now() - askedMs
  }
  const firstMs = await ask()
  const later: number[] = []
  for (let count = 0; count < LATER_USES; count += 1) later.push(await ask())
  client.close()
  return { firstMs, laterMs: percentile(later, 50) }
}
