import { createHmac, timingSafeEqual } from 'node:crypto'
import http from 'node:http'
import { z } from 'zod'

const maxAnswerBytes = 64 * 1024
const healthPath = '/gatehouse/companion/health'

const healthSchema = z.object({
  ok: z.literal(true),
  bootId: z.string().regex(/^[0-9a-f]{32}$/),
  engine: z.enum(['comfyui', 'practice']),
  version: z.string().max(100),
  patches: z.record(z.string(), z.boolean()),
  workerAlive: z.boolean(),
  proof: z.string().regex(/^[0-9a-f]{64}$/),
})

export type EngineHealth = Omit<z.infer<typeof healthSchema>, 'ok' | 'proof'>

/** `refused`: nobody listens. `silent`: somebody listens and does not answer in time. `unproved`: an answer without the proof. */
export type HealthAnswer =
  | { kind: 'proved'; health: EngineHealth }
  | { kind: 'refused' }
  | { kind: 'silent' }
  | { kind: 'unproved'; reason: string }

export interface HealthQuestion {
  port: number
  /** Never sent; only compared with what the answer proves. */
  secret: string
  /** 32 lower-case hex digits, new for each question. */
  nonce: string
  timeoutMs: number
  /** Ends the question early, as `silent`. */
  signal?: AbortSignal
}

/** The proof that whoever answered holds this start's secret. */
export function computeProof(secret: string, nonce: string, bootId: string): string {
  return createHmac('sha256', secret).update(`health\n${nonce}\n${bootId}`).digest('hex')
}

/** Asks the health route without the secret and checks the proof. Resolves within the deadline; never rejects. */
export async function askHealth(question: HealthQuestion): Promise<HealthAnswer> {
  const answer = await fetchHealth(question)
  return answer.kind === 'text' ? judgeAnswer(answer.text, question) : answer
}

/** Pure half of `askHealth`. */
export function judgeAnswer(text: string, { secret, nonce }: { secret: string; nonce: string }): HealthAnswer {
  const parsed = healthSchema.safeParse(parseJson(text))
  if (!parsed.success) return { kind: 'unproved', reason: 'it is not a health answer' }
  const { bootId, engine, version, patches, workerAlive, proof } = parsed.data
  const expected = Buffer.from(computeProof(secret, nonce, bootId), 'hex')
  if (!timingSafeEqual(Buffer.from(proof, 'hex'), expected)) return { kind: 'unproved', reason: 'its proof is wrong' }
  return { kind: 'proved', health: { bootId, engine, version, patches, workerAlive } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever is no JSON is no health answer; the schema says so.
    return undefined
  }
}

type Fetched = { kind: 'text'; text: string } | Exclude<HealthAnswer, { kind: 'proved' }>

function fetchHealth({ port, nonce, timeoutMs, signal }: HealthQuestion): Promise<Fetched> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path: `${healthPath}?nonce=${nonce}`, agent: false })
    // The socket's own timeout starts again with each byte; this one does not.
    const giveUp = (): void => finish({ kind: 'silent' })
    const deadline = setTimeout(giveUp, timeoutMs)
    signal?.addEventListener('abort', giveUp, { once: true })
    const finish = (fetched: Fetched): void => {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', giveUp)
      request.destroy()
      resolve(fetched)
    }
    request.on('error', (error: NodeJS.ErrnoException) => finish(toUnanswered(error)))
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        finish({ kind: 'unproved', reason: `it answered with status ${response.statusCode ?? 0}` })
        return
      }
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > maxAnswerBytes) finish({ kind: 'unproved', reason: 'its answer is too long' })
      })
      response.on('error', () => finish({ kind: 'silent' }))
      response.on('end', () => finish({ kind: 'text', text: Buffer.concat(chunks).toString('utf8') }))
    })
  })
}

function toUnanswered(error: NodeJS.ErrnoException): Fetched {
  if (error.code === 'ECONNREFUSED') return { kind: 'refused' }
  if (error.code?.startsWith('HPE_') === true) return { kind: 'unproved', reason: 'it does not speak HTTP' }
  return { kind: 'silent' }
}
