import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { toNameKey } from '../accounts/accountName.ts'
import { refuseEndedAuthority } from '../accounts/actedBy.ts'
import type { ActedBy } from '../accounts/actedBy.ts'
import { isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { AuditEventName, AuditSink, AuditValue } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { RowCache } from '../database/rowCache.ts'
import type { Schema } from '../database/schema.ts'
import { isGranted } from './grants.ts'
import type { WorkflowAsker } from './grants.ts'
import type { Publication } from './publication.ts'
import type { PublishedVersion } from './publishedGraph.ts'
import {
  describeChange,
  getRow,
  insertVersion,
  nameOf,
  parseInputs,
  refuseSurplus,
  refuseTakenName,
  refuseUnknown,
  toColumns,
  writeGrants,
} from './workflowRows.ts'
import type { NewWorkflow, VersionFacts, WorkflowChange, WorkflowPicture, WorkflowRecord } from './workflowRows.ts'

export interface WorkflowStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
}

const MAX_VERSIONS = 200
/** Whoever has an older page open is told what differs, and no longer that there is a newer version. */
const KNOWN_VERSIONS = 5
const MAX_OLDER = 20
const ALL = 'all'

/** Workflows in all their versions, and who may run them. A version is never edited. */
export class WorkflowStore {
  readonly #options: WorkflowStoreOptions
  readonly #records = new RowCache<readonly WorkflowRecord[]>()
  /** A version never changes, so a graph that was read once holds. */
  readonly #graphs = new RowCache<Omit<PublishedVersion, 'name' | 'isCurrent'>>(64)
  readonly #largest = new RowCache<number>()
  readonly #stopListening: () => void

  constructor(options: WorkflowStoreOptions) {
    this.#options = options
    // Roles and people that go take their grants with them.
    this.#stopListening = options.changes.on(() => this.#drop())
  }

  close(): void {
    this.#stopListening()
  }

  /** By name. */
  async list(): Promise<readonly WorkflowRecord[]> {
    return (await this.#records.get(ALL, () => this.#readAll())) ?? []
  }

  async find(id: string): Promise<WorkflowRecord | undefined> {
    return (await this.list()).find((record) => record.id === id)
  }

  /** Whether it is published and was made ready for this person. */
  async isGranted(id: string, person: WorkflowAsker): Promise<boolean> {
    const record = await this.find(id)
    return record !== undefined && isGranted(record.grants, person)
  }

  /** @throws GateError NOT_FOUND */
  async get(id: string): Promise<WorkflowRecord> {
    return (await this.find(id)) ?? refuseUnknown()
  }

  /** @throws GateError NOT_FOUND */
  async getByName(name: string): Promise<WorkflowRecord> {
    return (await this.findByName(name)) ?? refuseUnknown(name)
  }

  async findByName(name: string): Promise<WorkflowRecord | undefined> {
    const key = toNameKey(name)
    return (await this.list()).find((record) => toNameKey(record.name) === key)
  }

  /** @throws GateError ALREADY_EXISTS, VALIDATION_FAILED, AUTH_INVALID when `by` may no longer, as all that change */
  async publish(workflow: NewWorkflow, by: ActedBy): Promise<WorkflowRecord> {
    const id = this.#options.random.id(16)
    const now = this.#options.clock.nowMs()
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, now)
      await refuseTakenName(transaction, workflow.name)
      await refuseSurplus(transaction)
      const row = { ...toColumns(workflow), id, version: 1, public: Number(workflow.grants.public) }
      const times = { created_at_ms: now, changed_at_ms: now }
      await transaction
        .insertInto('workflows')
        .values({ ...row, ...times, picture: null, picture_type: null })
        .execute()
      await insertVersion(transaction, { id, version: 1, now, by: nameOf(by) }, workflow.publication)
      await writeGrants(transaction, id, workflow.grants)
    })
    this.#changed('workflow.published', by, { workflow: id, name: workflow.name, version: 1 })
    return this.get(id)
  }

  /** Another version of the same workflow; earlier ones are kept. @throws GateError NOT_FOUND, VALIDATION_FAILED */
  async publishAnew(id: string, publication: Publication, by: ActedBy): Promise<WorkflowRecord> {
    const now = this.#options.clock.nowMs()
    const { name, version } = await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, now)
      const row = await getRow(transaction, id)
      const version = row.version + 1
      if (version > MAX_VERSIONS)
        throw new GateError('VALIDATION_FAILED', 'It was published 200 times. Begin a new one.')
      await insertVersion(transaction, { id, version, now, by: nameOf(by) }, publication)
      await transaction.updateTable('workflows').set({ version, changed_at_ms: now }).where('id', '=', id).execute()
      return { name: row.name, version }
    })
    this.#changed('workflow.published', by, { workflow: id, name, version })
    return this.get(id)
  }

  /** Name, words and who may run it. @throws GateError NOT_FOUND, ALREADY_EXISTS, VALIDATION_FAILED */
  async change(id: string, change: WorkflowChange, by: ActedBy): Promise<WorkflowRecord> {
    const now = this.#options.clock.nowMs()
    const before = await this.get(id)
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, now)
      const row = await getRow(transaction, id)
      const { name = row.name, description = row.description, grants } = change
      if (toNameKey(name) !== row.name_key) await refuseTakenName(transaction, name)
      const columns = { ...toColumns({ name, description }), changed_at_ms: now }
      const ofGrants = grants === undefined ? {} : { public: Number(grants.public) }
      await transaction
        .updateTable('workflows')
        .set({ ...columns, ...ofGrants })
        .where('id', '=', id)
        .execute()
      if (grants === undefined) return
      await transaction.deleteFrom('workflow_grants').where('workflow_id', '=', id).execute()
      await writeGrants(transaction, id, grants)
    })
    this.#changed('workflow.changed', by, { workflow: id, ...describeChange(before, change) })
    return this.get(id)
  }

  /** null: none any more. @throws GateError NOT_FOUND */
  async setPicture(id: string, picture: WorkflowPicture | null, by: ActedBy): Promise<void> {
    const now = this.#options.clock.nowMs()
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, now)
      const result = await transaction
        .updateTable('workflows')
        .set({ picture: picture?.bytes ?? null, picture_type: picture?.type ?? null, changed_at_ms: now })
        .where('id', '=', id)
        .executeTakeFirst()
      if (result.numUpdatedRows === 0n) refuseUnknown()
    })
    const { name } = await this.get(id)
    this.#changed('workflow.changed', by, { workflow: id, name, picture: picture !== null })
  }

  async findPicture(id: string): Promise<WorkflowPicture | undefined> {
    const row = await this.#options.kysely
      .selectFrom('workflows')
      .select(['picture', 'picture_type'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (row?.picture === null || row?.picture === undefined) return undefined
    return { bytes: row.picture, type: row.picture_type ?? 'image/webp' }
  }

  /** With all its versions, grants and the keys made for it alone. @throws GateError NOT_FOUND */
  async remove(id: string, by: ActedBy): Promise<void> {
    const { name } = await this.get(id)
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      const result = await transaction.deleteFrom('workflows').where('id', '=', id).executeTakeFirst()
      if (result.numDeletedRows === 0n) refuseUnknown()
    })
    this.#changed('workflow.removed', by, { workflow: id, name })
    this.#options.changes.emit('keys')
  }

  /** The graph of one version, of the workflow as it is called now. */
  async findVersion(id: string, version?: number): Promise<PublishedVersion | undefined> {
    const record = await this.find(id)
    if (record === undefined) return undefined
    const wanted = version ?? record.version
    const graph = await this.#graphs.get(`${id}:${wanted}`, () => this.#readGraph(id, wanted))
    return graph && { ...graph, name: record.name, isCurrent: wanted === record.version }
  }

  /**
   * Versions of these workflows that have exactly these node ids, see `nodeKeyOf`: all that count now, then of the
   * five newest of each a few older ones, newest first.
   */
  async findByNodes(nodeKey: string, ids: ReadonlySet<string>): Promise<PublishedVersion[]> {
    const rows = await this.#options.kysely
      .selectFrom('workflow_versions')
      .innerJoin('workflows', 'workflows.id', 'workflow_versions.workflow_id')
      .select(['workflow_id', 'workflow_versions.version', 'workflows.version as current'])
      .where('node_key', '=', nodeKey)
      .whereRef('workflow_versions.version', '>', ({ eb }) => eb('workflows.version', '-', KNOWN_VERSIONS))
      .orderBy('workflow_versions.version', 'desc')
      .execute()
    const own = rows.filter(({ workflow_id }) => ids.has(workflow_id))
    const older = own.filter(({ version, current }) => version !== current).slice(0, MAX_OLDER)
    const found: PublishedVersion[] = []
    for (const row of [...own.filter(({ version, current }) => version === current), ...older]) {
      const version = await this.findVersion(row.workflow_id, row.version)
      if (version !== undefined) found.push(version)
    }
    return found
  }

  /** Of the largest graph with its canvas that counts now. */
  async findLargestBytes(): Promise<number> {
    return (await this.#largest.get(ALL, () => this.#readLargest())) ?? 0
  }

  /** For the owner: when each version was published and by whom, newest first. */
  async listVersions(id: string): Promise<readonly VersionFacts[]> {
    const rows = await this.#options.kysely
      .selectFrom('workflow_versions')
      .select(['version', 'published_at_ms', 'published_by'])
      .where('workflow_id', '=', id)
      .orderBy('version', 'desc')
      .execute()
    return rows.map((row) => ({
      version: row.version,
      publishedAtMs: row.published_at_ms,
      publishedBy: row.published_by,
    }))
  }

  async readPossibleInputs(id: string, version: number): Promise<readonly WorkflowInput[]> {
    const row = await this.#options.kysely
      .selectFrom('workflow_versions')
      .select('possible_inputs')
      .where('workflow_id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst()
    return row === undefined ? [] : parseInputs(row.possible_inputs)
  }

  /** How often each was run, by id. */
  async countRuns(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#options.kysely
      .selectFrom('jobs')
      .select(({ fn }) => ['published_id', fn.countAll<number>().as('runs')])
      .where('published_id', 'is not', null)
      .groupBy('published_id')
      .execute()
    return new Map(rows.map(({ published_id, runs }) => [published_id ?? '', runs]))
  }

  async #readAll(): Promise<readonly WorkflowRecord[]> {
    const { kysely } = this.#options
    const rows = await kysely
      .selectFrom('workflows')
      .innerJoin('workflow_versions', (join) =>
        join
          .onRef('workflow_versions.workflow_id', '=', 'workflows.id')
          .onRef('workflow_versions.version', '=', 'workflows.version'),
      )
      .select(['workflows.id', 'name', 'description', 'workflows.version', 'public', 'changed_at_ms'])
      .select(['published_at_ms', 'inputs', ({ eb }) => eb('picture', 'is not', null).as('hasPicture')])
      .orderBy('name_key')
      .execute()
    const grants = await kysely.selectFrom('workflow_grants').selectAll().execute()
    return rows.map((row) => {
      const own = grants.filter(({ workflow_id }) => workflow_id === row.id)
      return {
        id: row.id,
        name: row.name,
        description: row.description,
        version: row.version,
        publishedAtMs: row.published_at_ms,
        changedAtMs: row.changed_at_ms,
        hasPicture: Boolean(row.hasPicture),
        inputs: parseInputs(row.inputs),
        grants: {
          public: row.public === 1,
          roles: own.flatMap(({ role }) => role ?? []),
          people: own.flatMap(({ account_id }) => account_id ?? []),
        },
      }
    })
  }

  async #readLargest(): Promise<number> {
    const row = await this.#options.kysely
      .selectFrom('workflows')
      .innerJoin('workflow_versions', (join) =>
        join
          .onRef('workflow_versions.workflow_id', '=', 'workflows.id')
          .onRef('workflow_versions.version', '=', 'workflows.version'),
      )
      .select(
        sql<number | null>`max(length(cast(prompt as blob)) + coalesce(length(cast(canvas as blob)), 0))`.as('bytes'),
      )
      .executeTakeFirst()
    return row?.bytes ?? 0
  }

  async #readGraph(id: string, version: number): Promise<Omit<PublishedVersion, 'name' | 'isCurrent'> | undefined> {
    const row = await this.#options.kysely
      .selectFrom('workflow_versions')
      .select(['prompt', 'canvas', 'inputs'])
      .where('workflow_id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const nodes = parseLosslessJson(row.prompt)
    if (!isObject(nodes)) throw new TypeError('a stored graph is no object')
    const inputs = new Map(parseInputs(row.inputs).map((input) => [input.key, input]))
    return { workflowId: id, version, nodes, canvas: row.canvas, inputs }
  }

  #drop(): void {
    this.#records.drop()
    this.#largest.drop()
  }

  #changed(event: AuditEventName, by: ActedBy, details: Record<string, AuditValue>): void {
    this.#drop()
    this.#options.audit.record({ ...by, event, details })
    this.#options.changes.emit('workflows')
  }
}
