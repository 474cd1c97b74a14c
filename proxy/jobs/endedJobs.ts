import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { toPublished } from './job.ts'
import type { PublishedWorkflow } from './job.ts'
import type { JobOutcome } from './jobState.ts'

/** A job of the history, for a list. */
export interface EndedJob {
  readonly id: string
  readonly accountId: string
  readonly title: string
  readonly nodes: number
  readonly outcome: JobOutcome
  readonly failure: string | undefined
  readonly createdAtMs: number
  readonly startedAtMs: number | undefined
  readonly endedAtMs: number
  readonly runMs: number | undefined
  readonly files: number
  readonly published: PublishedWorkflow | undefined
}

export interface EndedPage {
  /** undefined: everybody's. */
  readonly accountId: string | undefined
  /** Of one published workflow only. */
  readonly publishedId?: string | undefined
  readonly limit: number
  /** The last one of the page before. */
  readonly after: Pick<EndedJob, 'endedAtMs' | 'id'> | undefined
}

/** What ended, newest first. */
export async function readEnded(kysely: Kysely<Schema>, page: EndedPage): Promise<EndedJob[]> {
  const { accountId, publishedId, limit, after } = page
  let query = selectEnded(kysely)
  if (accountId !== undefined) query = query.where('account_id', '=', accountId)
  if (publishedId !== undefined) query = query.where('published_id', '=', publishedId)
  if (after !== undefined) query = query.where(sql<boolean>`(ended_at_ms, id) < (${after.endedAtMs}, ${after.id})`)
  const rows = await query.orderBy('ended_at_ms', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(toEndedJob)
}

export async function findEnded(kysely: Kysely<Schema>, id: string): Promise<EndedJob | undefined> {
  const row = await selectEnded(kysely).where('id', '=', id).executeTakeFirst()
  return row && toEndedJob(row)
}

const selectEnded = (kysely: Kysely<Schema>) =>
  kysely
    .selectFrom('jobs')
    .select(['id', 'account_id', 'title', 'nodes', 'state', 'failure', 'run_ms'])
    .select(['created_at_ms', 'started_at_ms', 'ended_at_ms', 'published_id', 'published_version'])
    .select(sql<number | null>`json_extract(summary, '$.outputs_count')`.as('files'))
    .where('in_history', '=', 1)

type EndedRow = Awaited<ReturnType<ReturnType<typeof selectEnded>['execute']>>[number]

const toEndedJob = (row: EndedRow): EndedJob => ({
  id: row.id,
  accountId: row.account_id,
  title: row.title,
  nodes: row.nodes,
  outcome: row.state === 'succeeded' ? 'succeeded' : 'failed',
  failure: row.failure ?? undefined,
  createdAtMs: row.created_at_ms,
  startedAtMs: row.started_at_ms ?? undefined,
  endedAtMs: row.ended_at_ms ?? row.created_at_ms,
  runMs: row.run_ms ?? undefined,
  files: row.files ?? 0,
  published: toPublished(row),
})
