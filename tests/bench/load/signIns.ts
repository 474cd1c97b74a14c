import { setTimeout as wait } from 'node:timers/promises'
import type { SignIn, SignInFloodJob, SignInFloodResult, SignInStallJob, SignInStallResult, Target } from './jobs.ts'
import { formatRequest, RawClient } from './rawClient.ts'

const SESSION_PATH = '/gatehouse/api/v1/session'
const BEFORE_MS = 50

function signInRequest(port: number, { username, password }: SignIn): Buffer {
  const target: Target = { port, headers: { 'content-type': 'application/json' } }
  return formatRequest('POST', SESSION_PATH, target, JSON.stringify({ username, password }))
}

/** Asks one thing after the other until told to stop, and gives the longest answer. */
async function probe(client: RawClient, request: Buffer, isOver: () => boolean): Promise<number> {
  let longestMs = 0
  while (!isOver()) {
    const askedMs = performance.now()
    const status = await client.ask(request)
    if (status !== 200) throw new Error(`the other client was answered with ${status}`)
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }
  return longestMs
}

export async function measureSignInStall(job: Omit<SignInStallJob, 'kind'>): Promise<SignInStallResult> {
  const { target, path, signIn } = job
  const [other, visitor] = await Promise.all([RawClient.open(target.port), RawClient.open(target.port)])
  const request = formatRequest('GET', path, target)
  let isOver = false
  const probing = probe(other, request, () => isOver)
  await wait(BEFORE_MS)
  const startMs = performance.now()
  const status = await visitor.ask(signInRequest(target.port, signIn))
  const signInMs = performance.now() - startMs
  isOver = true
  const longestMs = await probing
  const idleEndMs = performance.now() + BEFORE_MS + signInMs
  const longestIdleMs = await probe(other, request, () => performance.now() > idleEndMs)
  other.close()
  visitor.close()
  return { status, signInMs, longestMs, longestIdleMs }
}

/** Clients that sign in again and again, without a pause, whatever they are answered. */
export async function floodWithSignIns(job: Omit<SignInFloodJob, 'kind'>): Promise<SignInFloodResult> {
  const answers: Record<string, number> = {}
  const endMs = performance.now() + job.milliseconds
  const flood = async (signIn: SignIn, at: number): Promise<void> => {
    const localAddress = job.fromAddress === 'own' ? `${job.network}.${at + 2}` : job.fromAddress
    const request = signInRequest(job.port, signIn)
    let client = await RawClient.open(job.port, localAddress)
    while (performance.now() < endMs) {
      const status = await client.ask(request).catch(() => 0)
      answers[String(status)] = (answers[String(status)] ?? 0) + 1
      if (client.isBroken) client = await RawClient.open(job.port, localAddress)
    }
    client.close()
  }
  await Promise.all(job.clients.map(flood))
  return { answers }
}
