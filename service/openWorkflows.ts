import type { Stores } from '../proxy/accounts/stores.ts'
import { isObject, parseLosslessJson } from '../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../proxy/comfyui/losslessJson.ts'
import type { NodeRules } from '../proxy/contract/roleRules.ts'
import type { NodeRights } from '../proxy/nodes/nodeRights.ts'
import { PublishedRuns } from '../proxy/workflows/publishedRuns.ts'
import type { WorkflowEngine, WorkflowParts } from '../proxy/workflows/workflowParts.ts'
import { WorkflowProblems } from '../proxy/workflows/workflowProblems.ts'
import { WorkflowStore } from '../proxy/workflows/workflowStore.ts'
import type { ServiceOptions } from './serviceTypes.ts'

export interface OpenedWorkflows {
  readonly store: WorkflowStore
  readonly runs: PublishedRuns
}

/** Published workflows and who may run them, over the journal of this data folder. */
export function openWorkflows(
  { database, audit, changes, settings }: Pick<Stores, 'database' | 'audit' | 'changes' | 'settings'>,
  { clock, random }: Pick<ServiceOptions, 'clock' | 'random'>,
): OpenedWorkflows {
  const store = new WorkflowStore({ kysely: database.kysely, clock, random, audit, changes })
  return { store, runs: new PublishedRuns({ store, random, maxNodes: () => settings.get('limits.promptNodes') }) }
}

/** What the API needs of them, the engine included. */
export function createWorkflowParts(
  opened: OpenedWorkflows,
  engine: WorkflowEngine,
  { accounts }: Pick<Stores, 'accounts'>,
  nodes: Pick<NodeRights, 'list'>,
  { clock, logger }: Pick<ServiceOptions, 'clock' | 'logger'>,
): WorkflowParts {
  /** Who sees everything: the owner, otherwise the first administrator. */
  const findOverseerId = async (): Promise<string | undefined> => {
    const ownerId = await accounts.findOwnerId()
    if (ownerId !== undefined) return ownerId
    return (await accounts.list()).find(({ role, disabled }) => role === 'administrator' && !disabled)?.id
  }
  const readObjectInfo = (accountId: string): Promise<Buffer | undefined> => engine.readObjectInfo(accountId)
  return {
    ...opened,
    engine,
    problems: new WorkflowProblems({ clock, readObjectInfo, findOwnerId: findOverseerId }),
    readCatalog: async () => {
      const overseerId = await findOverseerId()
      const answer = overseerId === undefined ? undefined : await engine.readObjectInfo(overseerId)
      return answer === undefined ? undefined : readCatalog(answer, (error) => logger.warn({ err: error }, UNREADABLE))
    },
    findRisky: async (classes) => {
      const known = await nodes.list(everyNode, true)
      return (known ?? []).flatMap(({ name, risks }) => (risks.length > 0 && classes.includes(name) ? [name] : []))
    },
  }
}

const everyNode: NodeRules = { rule: 'all', allowed: [], denied: [] }
const UNREADABLE = 'what ComfyUI says of its nodes cannot be read'

function readCatalog(answer: Buffer, failed: (error: unknown) => void): JsonObject | undefined {
  try {
    const value = parseLosslessJson(answer.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch (error) {
    failed(error)
    return undefined
  }
}
