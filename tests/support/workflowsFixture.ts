import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Logger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import type { JobQueue } from '../../proxy/jobs/jobQueue.ts'
import type { PublishedRun } from '../../proxy/workflows/publishedRuns.ts'
import type { StartedPublished, WorkflowEngine, WorkflowParts } from '../../proxy/workflows/workflowParts.ts'
import { createWorkflowParts, openWorkflows } from '../../service/openWorkflows.ts'

export interface WorkflowsFixture {
  readonly parts: WorkflowParts
  /** What was put in line. */
  readonly runs: PublishedRun[]
  /** ComfyUI's answer of `GET /object_info`, for everybody or by account; undefined: it does not run. */
  objectInfo: object | ((accountId: string) => object) | undefined
  /** What ComfyUI's validation says instead of yes. */
  refusal: string | undefined
}

/** Published workflows over real stores and a real line, with an engine that only says what the test tells it. */
export function openWorkflowsFixture(
  stores: Stores,
  jobs: JobQueue,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): WorkflowsFixture {
  const runs: PublishedRun[] = []
  const start = async (accountId: string, run: PublishedRun): Promise<StartedPublished> => {
    if (fixture.refusal !== undefined) return { kind: 'invalid', answer: fixture.refusal }
    runs.push(run)
    const { id } = await jobs.accept({
      ...({ accountId, role: 'user', wantedId: undefined, clientId: undefined, targets: undefined } as const),
      ...{ nodes: run.nodes, extraData: run.extraData, place: { front: false, number: undefined }, outputs: undefined },
      published: { id: run.workflow.id, version: run.workflow.version },
      title: run.workflow.name,
    })
    return { kind: 'accepted', id }
  }
  const engine: WorkflowEngine = {
    start: (_, { accountId }, run) => start(accountId, run),
    readCheckpoints: () => Promise.resolve(undefined),
    readObjectInfo: (accountId) => {
      const { objectInfo } = fixture
      const shown = typeof objectInfo === 'function' ? (objectInfo as (id: string) => object)(accountId) : objectInfo
      return Promise.resolve(shown && Buffer.from(JSON.stringify(shown)))
    },
  }
  const opened = openWorkflows(stores, { clock, random: systemRandom })
  const fixture: WorkflowsFixture = {
    parts: createWorkflowParts(opened, () => engine, {
      stores,
      nodes: { list: () => Promise.resolve(undefined), onChange: () => () => undefined },
      options: { clock, logger },
    }),
    runs,
    objectInfo: undefined,
    refusal: undefined,
  }
  return fixture
}
