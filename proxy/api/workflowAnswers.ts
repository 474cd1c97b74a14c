import type { ManagedWorkflow, Workflow } from '../contract/workflows.ts'
import { GateError } from '../contract/errorCodes.ts'
import { toIso } from '../core/time.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { mayAdminister, onlyWorkflowOf } from '../policy/rights.ts'
import { isGranted } from '../workflows/grants.ts'
import { classOf } from '../workflows/publishedGraph.ts'
import type { PublishedVersion } from '../workflows/publishedGraph.ts'
import type { WorkflowParts } from '../workflows/workflowParts.ts'
import type { WorkflowRecord } from '../workflows/workflowRows.ts'

/** Published workflows in the shapes of the contract: to people those made ready for them, to the owner all. */
export class WorkflowAnswers {
  readonly #parts: WorkflowParts

  constructor(parts: WorkflowParts) {
    this.#parts = parts
  }

  /** By name. */
  async list(principal: Principal): Promise<Workflow[]> {
    const records = (await this.#parts.store.list()).filter((record) => isFor(principal, record))
    return this.#describe(principal, records)
  }

  /** @throws GateError NOT_FOUND, also for one that is not theirs */
  async getRecord(principal: Principal, id: string): Promise<WorkflowRecord> {
    const record = await this.#parts.store.find(id)
    if (record === undefined || !isFor(principal, record)) throw noWorkflow()
    return record
  }

  /** @throws GateError NOT_FOUND */
  async get(principal: Principal, id: string): Promise<Workflow> {
    const [workflow] = await this.#describe(principal, [await this.getRecord(principal, id)])
    return workflow ?? refuseUnknown()
  }

  async listManaged(principal: Principal): Promise<ManagedWorkflow[]> {
    const records = await this.#parts.store.list()
    const workflows = await this.#describe(principal, records)
    const runs = await this.#parts.store.countRuns()
    const managed: ManagedWorkflow[] = []
    for (const [at, record] of records.entries()) {
      const workflow = workflows[at]
      if (workflow !== undefined) managed.push(await this.#manage(record, workflow, runs.get(record.id) ?? 0))
    }
    return managed
  }

  /** @throws GateError NOT_FOUND */
  async getManaged(principal: Principal, id: string): Promise<ManagedWorkflow> {
    const record = await this.#parts.store.get(id)
    const runs = await this.#parts.store.countRuns()
    const [workflow] = await this.#describe(principal, [record])
    return this.#manage(record, workflow ?? refuseUnknown(), runs.get(id) ?? 0)
  }

  /** A list that is asked for with one missing workflow in it is still a list. */
  async #describe(principal: Principal, records: readonly WorkflowRecord[]): Promise<Workflow[]> {
    const versions = await this.#versions(records)
    const problems = await this.#parts.problems.find(principal.accountId, versions)
    return records.map((record) => ({
      id: record.id,
      name: record.name,
      description: record.description,
      version: record.version,
      publishedAt: toIso(record.publishedAtMs),
      hasPicture: record.hasPicture,
      inputs: [...record.inputs],
      problem: problems.get(record.id) ?? null,
    }))
  }

  async #manage(record: WorkflowRecord, workflow: Workflow, timesRun: number): Promise<ManagedWorkflow> {
    const { store } = this.#parts
    const [graph, versions, possibleInputs] = await Promise.all([
      store.findVersion(record.id),
      store.listVersions(record.id),
      store.readPossibleInputs(record.id, record.version),
    ])
    const classes = [...(graph?.nodes.values() ?? [])].map(classOf)
    return {
      ...workflow,
      grants: { ...record.grants, roles: [...record.grants.roles], people: [...record.grants.people] },
      possibleInputs: [...possibleInputs],
      timesRun,
      nodes: classes.length,
      riskyNodes: [...(await this.#parts.findRisky([...new Set(classes)]))],
      versions: versions.map(({ version, publishedAtMs, publishedBy }) => ({
        version,
        publishedAt: toIso(publishedAtMs),
        publishedBy,
      })),
    }
  }

  async #versions(records: readonly WorkflowRecord[]): Promise<PublishedVersion[]> {
    const versions: PublishedVersion[] = []
    for (const { id } of records) {
      const version = await this.#parts.store.findVersion(id)
      if (version !== undefined) versions.push(version)
    }
    return versions
  }
}

const noWorkflow = (): GateError => new GateError('NOT_FOUND', 'There is no such workflow.')
const refuseUnknown = (): never => {
  throw noWorkflow()
}

/** A key for one workflow sees that one, and nothing of the others. */
function isFor(principal: Principal, { id, grants }: WorkflowRecord): boolean {
  const only = onlyWorkflowOf(principal)
  return (only === undefined || only === id) && (mayAdminister(principal) || isGranted(grants, principal))
}
