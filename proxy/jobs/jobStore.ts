import { sql } from 'kysely'
import type { Kysely, Selectable, Updateable } from 'kysely'
import { redactSecrets } from '../comfyui/secretText.ts'
import { holdReasonSchema } from '../contract/jobs.ts'
import type { JobsTable, Schema } from '../database/schema.ts'
import { findEnded, readEnded } from './endedJobs.ts'
import type { EndedJob, EndedPage } from './endedJobs.ts'
import { newJobMemory, toPublished } from './job.ts'
import type { Job, JobBody } from './job.ts'
import { JobHistory } from './jobHistory.ts'
import type { JobOutcome, JobState } from './jobState.ts'
import { Visits } from './visits.ts'

const ACTIVE = ['waiting', 'held', 'sent', 'running', 'ended'] as const
const RECENT_RUNS = 20

/** A job without its texts, which may be megabytes each. */
const JOB_COLUMNS = [
  'id',
  'account_id',
  'client_id',
  'shape',
  'title',
  'nodes',
  'has_secrets',
  'text_bytes',
  'workflow_id',
  'published_id',
  'published_version',
  'created_at_ms',
  'number',
  'state',
  'held_because',
  'attempts',
  'outcome',
  'boot_id',
  'started_at_ms',
  'ended_at_ms',
  'failure',
] as const

type JobRow = Pick<Selectable<JobsTable>, (typeof JOB_COLUMNS)[number]>
export type JobChange = Updateable<JobsTable>

/** More columns, or a function that makes them when it is this write's turn. */
export type LateChange = JobChange | (() => Promise<JobChange>)

/** For a job that is over: its texts stand in its result, or are nobody's business any more. */
export const noTexts = { prompt: '{}', extra_data: '{}', targets: null, outputs: '[]', text_bytes: 0 } as const

/** The journal on disk. Writes happen in the order in which they were asked for. */
export class JobStore {
  readonly #kysely: Kysely<Schema>
  readonly history: JobHistory
  readonly visits: Visits
  #lastWrite: Promise<unknown> = Promise.resolve()

  constructor(kysely: Kysely<Schema>) {
    this.#kysely = kysely
    this.history = new JobHistory(kysely, (write) => this.#inOrder(write))
    this.visits = new Visits(kysely, (accountId, sinceMs) => this.readUse(accountId, sinceMs))
  }

  /** Resolves with false when a job of anybody has this id. */
  async insert(job: Job, body: JobBody): Promise<boolean> {
    const row = {
      ...toColumns(job),
      id: job.id,
      account_id: job.accountId,
      client_id: job.clientId === undefined ? null : redactSecrets(job.clientId),
      prompt: body.prompt,
      extra_data: body.extraData,
      targets: body.targets ?? null,
      outputs: body.outputs,
      shape: job.shape,
      title: job.title,
      nodes: job.nodes,
      has_secrets: job.hasSecrets ? 1 : 0,
      text_bytes: bytesOf(body),
      workflow_id: job.workflowId ?? null,
      published_id: job.published?.id ?? null,
      published_version: job.published?.version ?? null,
      created_at_ms: job.createdAtMs,
      run_ms: null,
      result: null,
      summary: null,
      in_history: 0,
    }
    const result = await this.#inOrder(() =>
      this.#kysely
        .insertInto('jobs')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst(),
    )
    return result.numInsertedOrUpdatedRows === 1n
  }

  /** Writes what the running program knows of a job, and more columns if given. */
  async update(job: Job, more: LateChange = {}): Promise<void> {
    const columns = toColumns(job)
    await this.#inOrder(async () => {
      const change = { ...columns, ...(typeof more === 'function' ? await more() : more) }
      await this.#kysely.updateTable('jobs').set(change).where('id', '=', job.id).execute()
    })
  }

  /** Writes the places of jobs, all or none. */
  async updateNumbers(jobs: readonly Pick<Job, 'id' | 'number'>[]): Promise<void> {
    const rows = jobs.map(({ id, number }) => ({ id, number }))
    await this.#inOrder(() =>
      this.#kysely.transaction().execute(async (transaction) => {
        for (const { id, number } of rows) {
          await transaction.updateTable('jobs').set({ number }).where('id', '=', id).execute()
        }
      }),
    )
  }

  /** Jobs that are not over, without their texts, oldest first. */
  async readActive(): Promise<Job[]> {
    const rows = await this.#kysely
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      .where('state', 'in', ACTIVE)
      .orderBy('created_at_ms')
      .orderBy(sql`rowid`)
      .execute()
    return rows.map(toJob)
  }

  async findBody(id: string): Promise<JobBody | undefined> {
    const row = await this.#kysely
      .selectFrom('jobs')
      .select(['prompt', 'extra_data', 'targets', 'outputs'])
      .where('id', '=', id)
      .executeTakeFirst()
    return (
      row && {
        prompt: row.prompt,
        extraData: row.extra_data,
        targets: row.targets ?? undefined,
        outputs: row.outputs,
      }
    )
  }

  async findResult(id: string): Promise<string | undefined> {
    const row = await this.#kysely.selectFrom('jobs').select('result').where('id', '=', id).executeTakeFirst()
    return row?.result ?? undefined
  }

  /** The next number of a person: above all that they ever had. */
  async readNextNumber(accountId: string): Promise<number> {
    const row = await this.#kysely
      .selectFrom('jobs')
      .select(({ fn }) => fn.max('number').as('highest'))
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return Math.max(0, Math.floor(row?.highest ?? -1) + 1)
  }

  /** What ended, newest first. */
  readEnded(page: EndedPage): Promise<EndedJob[]> {
    return readEnded(this.#kysely, page)
  }

  findEnded(id: string): Promise<EndedJob | undefined> {
    return findEnded(this.#kysely, id)
  }

  async readUse(accountId: string, sinceMs: number): Promise<{ jobs: number; runMs: number }> {
    const row = await this.#kysely
      .selectFrom('jobs')
      .select(({ fn }) => [fn.countAll<number>().as('jobs'), fn.sum<number | null>('run_ms').as('runMs')])
      .where('account_id', '=', accountId)
      .where('created_at_ms', '>=', sinceMs)
      .where('state', '!=', 'cancelled')
      .executeTakeFirstOrThrow()
    return { jobs: row.jobs, runMs: row.runMs ?? 0 }
  }

  /** How long the last jobs of one shape took, or of all; undefined when none ran. */
  async readMeanRunMs(shape?: string): Promise<number | undefined> {
    const all = this.#kysely.selectFrom('jobs').select('run_ms').where('run_ms', 'is not', null)
    const chosen = shape === undefined ? all : all.where('shape', '=', shape)
    const rows = await chosen.orderBy('ended_at_ms', 'desc').limit(RECENT_RUNS).execute()
    if (rows.length === 0) return undefined
    return rows.reduce((sum, row) => sum + (row.run_ms ?? 0), 0) / rows.length
  }

  /** Deletes what ended before. */
  async purge(beforeMs: number): Promise<void> {
    await this.#inOrder(() => this.#kysely.deleteFrom('jobs').where('ended_at_ms', '<', beforeMs).execute())
  }

  /** Resolves when every write that was asked for is done. */
  async settled(): Promise<void> {
    await this.#lastWrite
  }

  /** The driver's own lock lets a later caller pass an earlier one. */
  #inOrder<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = this.#lastWrite.then(write)
    this.#lastWrite = result.catch(() => undefined) // whoever asked for it hears of it
    return result
  }
}

/** Of all its texts. */
export const bytesOf = ({ prompt, extraData, targets = '', outputs }: JobBody): number =>
  [prompt, extraData, targets, outputs].reduce((sum, text) => sum + Buffer.byteLength(text), 0)

function toColumns({ status, number, bootId, startedAtMs, endedAtMs, failure }: Job) {
  return {
    state: status.state,
    held_because: status.heldBecause,
    outcome: status.outcome,
    attempts: status.attempts,
    number,
    boot_id: bootId ?? null,
    started_at_ms: startedAtMs ?? null,
    ended_at_ms: endedAtMs ?? null,
    failure: failure === undefined ? null : redactSecrets(failure),
  }
}

const states: ReadonlySet<string> = new Set<JobState>([...ACTIVE, 'succeeded', 'failed', 'cancelled'])
const isState = (text: string): text is JobState => states.has(text)
const isOutcome = (text: string | null): text is JobOutcome => text === 'succeeded' || text === 'failed'

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    accountId: row.account_id,
    clientId: row.client_id ?? undefined,
    shape: row.shape,
    title: row.title,
    nodes: row.nodes,
    hasSecrets: row.has_secrets === 1,
    bytes: row.text_bytes,
    workflowId: row.workflow_id ?? undefined,
    published: toPublished(row),
    createdAtMs: row.created_at_ms,
    number: row.number,
    status: {
      state: isState(row.state) ? row.state : 'held',
      heldBecause: holdReasonSchema.nullable().catch('owner').parse(row.held_because),
      attempts: row.attempts,
      outcome: isOutcome(row.outcome) ? row.outcome : null,
    },
    bootId: row.boot_id ?? undefined,
    startedAtMs: row.started_at_ms ?? undefined,
    endedAtMs: row.ended_at_ms ?? undefined,
    failure: row.failure ?? undefined,
    ...newJobMemory(),
  }
}
