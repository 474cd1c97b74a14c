import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { percentile } from '../statistics.ts'
import { findCpuUs } from '../system/processStats.ts'
import type { BroadcastRequest } from '../system/rawEngineContract.ts'
import type { SocketsJob, SocketsResult, Target } from './jobs.ts'

const AFTER_LAST_MS = 5_000
const HAND_OVER_MS = 15_000
/** What a job leaves behind is written down meanwhile: its cost is not that of a message. */
const SETTLE_MS = 1_000
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

interface Client {
  readonly target: Target
  readonly clientId: string
  readonly socket: WebSocket
  /** Its job went through the engine: from now on messages of that job find it. */
  readonly handedOver: Promise<void>
}

/** Opens the sockets, has the engine send, and takes the time of every message from send to receive. */
export async function loadSockets(job: Omit<SocketsJob, 'kind'>): Promise<SocketsResult> {
  const clients = await Promise.all(job.clients.map(open))
  try {
    const recipients = await Promise.all(
      clients.map(async ({ target, clientId }) => ({
        clientId,
        promptId: job.over === 'gate' ? await submitPrompt(target, clientId) : randomUUID(),
      })),
    )
    if (job.over === 'gate') await withDeadline(Promise.all(clients.map(({ handedOver }) => handedOver)))
    await wait(SETTLE_MS)
    const expected = clients.length * job.rounds
    const cpuBefore = job.countedPid === undefined ? undefined : findCpuUs(job.countedPid)
    const latencies = await receive(job, clients, recipients, expected)
    const cpuAfter = job.countedPid === undefined ? undefined : findCpuUs(job.countedPid)
    return {
      cpuUs: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
      expected,
      received: latencies.length,
      p50Ms: latencies.length === 0 ? 0 : percentile(latencies, 50) / 1000,
      p99Ms: latencies.length === 0 ? 0 : percentile(latencies, 99) / 1000,
    }
  } finally {
    for (const { socket } of clients) socket.terminate()
  }
}

function open(target: Target): Promise<Client> {
  return new Promise((resolve, reject) => {
    const clientId = randomUUID().replaceAll('-', '')
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}/ws?clientId=${clientId}`, {
      headers: target.headers,
      perMessageDeflate: false,
    })
    socket.once('error', reject)
    const handedOver = new Promise<void>((handOver) => {
      socket.on('message', (data, isBinary) => {
        if (!isBinary && Buffer.isBuffer(data) && data.includes('"executing"')) handOver()
      })
    })
    // The engine's greeting: the way is open to its end.
    socket.once('message', () => {
      socket.send('{"type":"feature_flags","data":{"supports_preview_metadata":true}}')
      resolve({ target, clientId, socket, handedOver })
    })
  })
}

async function withDeadline(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the jobs did not reach the engine')), HAND_OVER_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Messages of a job reach whoever submitted it. */
async function submitPrompt(target: Target, clientId: string): Promise<string> {
  const prompt = { '3': { class_type: 'PreviewImage', inputs: {} } }
  const answer = await fetch(`http://127.0.0.1:${target.port}/prompt`, {
    method: 'POST',
    headers: { ...target.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, prompt }),
  })
  const body: unknown = await answer.json()
  if (typeof body === 'object' && body !== null && 'prompt_id' in body && typeof body.prompt_id === 'string') {
    return body.prompt_id
  }
  throw new Error(`a prompt was answered with ${answer.status}`)
}

async function receive(
  job: Omit<SocketsJob, 'kind'>,
  clients: readonly Client[],
  recipients: BroadcastRequest['recipients'],
  expected: number,
): Promise<readonly number[]> {
  const latencies: number[] = []
  const { over, message: kind, bytes, hz, rounds } = job
  const done = new Promise<void>((resolve) => {
    const late = setTimeout(resolve, (rounds * 1000) / hz + AFTER_LAST_MS)
    for (const { socket } of clients) {
      socket.on('message', (data, isBinary) => {
        const sentUs = isBinary ? previewTime(data) : textTime(data)
        if (sentUs === undefined) return
        latencies.push(nowUs() - sentUs)
        if (latencies.length < expected) return
        clearTimeout(late)
        resolve()
      })
    }
  })
  const request: BroadcastRequest = { over, recipients, kind, bytes, hz, rounds }
  await fetch(`http://127.0.0.1:${job.enginePort}/bench/broadcast`, { method: 'POST', body: JSON.stringify(request) })
  await done
  return latencies
}

function textTime(data: unknown): number | undefined {
  const text = String(data)
  if (!text.includes('"progress"')) return undefined
  return Number(/"value": ?(\d+)/.exec(text)?.[1])
}

/** ComfyUI's binary event 4: length of the metadata, metadata, image; event 1: format, image. */
function previewTime(data: unknown): number | undefined {
  if (!Buffer.isBuffer(data)) return undefined
  const imageAt = data.readUInt32BE(0) === 4 ? 8 + data.readUInt32BE(4) : 8
  return data.readDoubleBE(imageAt + 16)
}
