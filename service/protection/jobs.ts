import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { Broken } from './attackOutcome.ts'
import type { AttackTarget } from './attackTarget.ts'
import type { StandIn, ThrowAwayName } from './standIn.ts'
import { until } from './waiting.ts'

export type Prompt = Readonly<Record<string, unknown>>

export interface MadeFile {
  readonly filename: string
  readonly subfolder: string
  readonly type: string
}

const queuedSchema = z.object({ prompt_id: z.string() })
const fileSchema = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() })
const entrySchema = z.object({
  outputs: z.record(z.string(), z.object({ images: z.array(fileSchema).optional() })),
  status: z.object({ status_str: z.string() }),
})
export type Entry = z.infer<typeof entrySchema>

/** A picture that was never drawn before. `slowMs` for as long a run. */
export function drawing(prefix: unknown, slowMs = 0): Prompt {
  const steps = slowMs === 0 ? 1 : 20
  const size = { width: 32, height: 32, batch_size: 1, steps }
  const inputs = { text: 'a lake', seed: randomInt(2 ** 31), ...size, milliseconds_per_step: Math.ceil(slowMs / steps) }
  return {
    '1': { class_type: 'PracticeSampler', inputs },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: prefix } },
  }
}

/** What people do with ComfyUI's own addresses, in the name of one of them. */
export class Jobs {
  readonly #gate: AttackTarget
  readonly #standIn: StandIn
  readonly #name: ThrowAwayName

  constructor(gate: AttackTarget, standIn: StandIn, name: ThrowAwayName) {
    this.#gate = gate
    this.#standIn = standIn
    this.#name = name
  }

  ask(method: string, path: string, body?: string | Buffer | object, headers: Readonly<Record<string, string>> = {}) {
    const all = { ...this.#standIn.key(this.#name), ...headers }
    return this.#gate.ask(path, { method, headers: all, ...(body !== undefined && { body }) })
  }

  send(prompt: Prompt, others: object = {}) {
    return this.ask('POST', '/prompt', { prompt, ...others })
  }

  /** @throws Broken when it is not taken: then nobody could work any more */
  async queue(prompt: Prompt, others: object = {}): Promise<string> {
    const answer = await this.send(prompt, others)
    const parsed = queuedSchema.safeParse(answer.json)
    if (!parsed.success)
      throw new Broken(`a job like everybody's was answered with ${answer.status}: ${answer.text.slice(0, 200)}`)
    return parsed.data.prompt_id
  }

  async find(promptId: string): Promise<Entry | undefined> {
    const { json } = await this.ask('GET', `/history/${promptId}`)
    const entry = z.record(z.string(), z.unknown()).catch({}).parse(json)[promptId]
    return entry === undefined ? undefined : entrySchema.parse(entry)
  }

  ended(promptId: string): Promise<Entry> {
    return until(() => this.find(promptId), 'a job came to its end', 15_000)
  }

  /** Runs it to its end. @throws Broken when it failed */
  async make(prompt: Prompt, others: object = {}): Promise<{ promptId: string; file: MadeFile }> {
    const promptId = await this.queue(prompt, others)
    const { outputs, status } = await this.ended(promptId)
    const [file] = Object.values(outputs).flatMap(({ images }) => images ?? [])
    if (status.status_str !== 'success' || file === undefined) throw new Broken(`a job ended with ${status.status_str}`)
    return { promptId, file }
  }

  view({ filename, subfolder, type }: MadeFile) {
    return this.ask('GET', `/view?${new URLSearchParams({ filename, subfolder, type }).toString()}`)
  }

  upload(name: string, content: Buffer, fields: Readonly<Record<string, string>> = {}) {
    const boundary = 'attack-boundary'
    const texts = Object.entries(fields).map(
      ([field, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
    )
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="${name}"\r\ncontent-type: image/png\r\n\r\n`
    const body = Buffer.concat([Buffer.from(texts.join('') + head), content, Buffer.from(`\r\n--${boundary}--\r\n`)])
    return this.ask('POST', '/upload/image', body, { 'content-type': `multipart/form-data; boundary=${boundary}` })
  }

  /** Ids of everything of this person's that runs or waits. */
  async active(): Promise<string[]> {
    const { json } = await this.ask('GET', '/queue')
    const row = z.array(z.unknown())
    const parsed = z.object({ queue_running: z.array(row), queue_pending: z.array(row) }).parse(json)
    return [...parsed.queue_running, ...parsed.queue_pending].map(([, id]) => String(id))
  }

  /** Ends what still runs or waits, so that the next attack finds nothing of it. */
  async tidy(): Promise<void> {
    await this.ask('POST', '/queue', { clear: true })
    await this.ask('POST', '/interrupt', {})
    await until(async () => (await this.active()).length === 0, 'an empty queue')
  }
}
