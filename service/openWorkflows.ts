import type { Stores } from '../proxy/accounts/stores.ts'
import { isObject, parseLosslessJson } from '../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../proxy/comfyui/losslessJson.ts'
import { PublishedRuns } from '../proxy/workflows/publishedRuns.ts'
import type { WorkflowEngine, WorkflowParts } from '../proxy/workflows/workflowParts.ts'
import { WorkflowProblems } from '../proxy/workflows/workflowProblems.ts'
import { WorkflowStore } from '../proxy/workflows/workflowStore.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** Published workflows and who may run them, over the journal of this data folder. */
export function openWorkflows(
  { database, audit, changes, settings }: Pick<Stores, 'database' | 'audit' | 'changes' | 'settings'>,
  { clock, random }: Pick<ServiceOptions, 'clock' | 'random'>,
): { readonly store: WorkflowStore; readonly runs: PublishedRuns } {
  const store = new WorkflowStore({ kysely: database.kysely, clock, random, audit, changes })
  return { store, runs: new PublishedRuns({ store, random, maxNodes: () => settings.get('limits.promptNodes') }) }
}

/** What the API needs of them, the engine included. */
export function createWorkflowParts(
  opened: ReturnType<typeof openWorkflows>,
  engine: WorkflowEngine,
  { accounts }: Pick<Stores, 'accounts'>,
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
    findRisky: () => Promise.resolve([]),
  }
}

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
