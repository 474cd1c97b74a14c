import { z } from 'zod'
import type { Job } from './job.ts'

/** How far a run has come. */
export interface Progress {
  /** Nodes that are done, of those of the workflow. */
  readonly done: number
  readonly of: number
  /** Of the node that runs now, if it counts its steps. */
  readonly step: { readonly value: number; readonly max: number } | undefined
}

const TELL_EVERY_MS = 1_000

/** The members of a message that count; a node may send anything as its progress. */
const progressSchema = z.object({ data: z.object({ value: z.number(), max: z.number(), node: z.string().nullish() }) })
const cachedSchema = z.object({ data: z.object({ nodes: z.array(z.string()) }) })

/** What a run has said about how far it is. Messages are kept as they came and read when somebody asks. */
interface Run {
  readonly jobId: string
  readonly accountId: string
  readonly of: number
  /** Nodes that began or needed not to. */
  readonly seen: Set<string>
  current: string | undefined
  cached: Buffer | undefined
  steps: Buffer | undefined
}

/** The engine runs one job at a time, so one run is followed. */
export class RunProgress {
  readonly #listeners = new Set<(accountId: string) => void>()
  #run: Run | undefined
  #told: NodeJS.Timeout | undefined
  #hasMore = false

  /** An event of a job, in the order in which the engine sent them. */
  onEvent(job: Job, type: string, node: string | null | undefined, bytes: Buffer): void {
    if (type === 'execution_start' || this.#run?.jobId !== job.id) {
      this.#run = {
        jobId: job.id,
        accountId: job.accountId,
        of: job.nodes,
        seen: new Set(),
        current: undefined,
        cached: undefined,
        steps: undefined,
      }
    }
    if (!note(this.#run, type, node, bytes)) return
    this.#hasMore = true
    if (this.#told === undefined) this.#tell()
  }

  /** Another unfinished picture of the run came. */
  onPreview({ id }: Job): void {
    if (this.#run?.jobId !== id) return
    this.#hasMore = true
    if (this.#told === undefined) this.#tell()
  }

  of({ id }: Job): Progress | undefined {
    const run = this.#run
    if (run?.jobId !== id) return undefined
    const seen = new Set([...run.seen, ...readCached(run.cached)])
    const isRunning = run.current !== undefined && seen.delete(run.current)
    const done = Math.min(seen.size, Math.max(0, run.of - (isRunning ? 1 : 0)))
    return { done, of: run.of, step: readStep(run) }
  }

  onChange(listener: (accountId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    clearTimeout(this.#told)
    this.#listeners.clear()
  }

  #tell(): void {
    this.#told = undefined
    if (!this.#hasMore || this.#run === undefined) return
    this.#hasMore = false
    this.#told = setTimeout(() => this.#tell(), TELL_EVERY_MS)
    this.#told.unref()
    for (const listener of [...this.#listeners]) listener(this.#run.accountId)
  }
}

/** @returns whether there is something new to tell */
function note(run: Run, type: string, node: string | null | undefined, bytes: Buffer): boolean {
  switch (type) {
    case 'execution_cached':
      run.cached = bytes
      return true
    case 'executing':
      run.current = node ?? undefined
      run.steps = undefined
      // A run may name nodes that it made itself, without end.
      if (run.current !== undefined && run.seen.size < run.of) run.seen.add(run.current)
      return true
    case 'progress':
      run.steps = bytes
      return true
    default:
      return false
  }
}

function readStep({ steps, current }: Run): Progress['step'] {
  const data = steps === undefined ? undefined : read(steps, progressSchema)?.data
  if (data === undefined || current === undefined || data.max <= 0) return undefined
  if (typeof data.node === 'string' && data.node !== current) return undefined
  const max = Math.max(1, Math.round(data.max))
  return { value: Math.min(max, Math.max(0, Math.round(data.value))), max }
}

const readCached = (bytes: Buffer | undefined): readonly string[] =>
  bytes === undefined ? [] : (read(bytes, cachedSchema)?.data.nodes ?? [])

function read<Schema extends z.ZodType>(bytes: Buffer, schema: Schema): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data
  } catch {
    // NaN in somebody's node: the next message says more.
    return undefined
  }
}
