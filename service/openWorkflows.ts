import { z } from 'zod'
import type { Stores } from '../proxy/accounts/stores.ts'
import { isObject, parseLosslessJson } from '../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../proxy/comfyui/losslessJson.ts'
import type { NodeRules } from '../proxy/contract/roleRules.ts'
import type { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { CheckpointFile } from '../proxy/workflows/starterWorkflow.ts'
import { findMeta, setMeta } from '../proxy/database/metaStore.ts'
import { StarterPublisher } from '../proxy/workflows/starterPublisher.ts'
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

export interface WorkflowSurroundings {
  readonly stores: Pick<Stores, 'accounts' | 'owner' | 'database'>
  readonly nodes: Pick<NodeRights, 'list' | 'onChange'>
  readonly options: Pick<ServiceOptions, 'clock' | 'logger'>
}

/** What the API needs of them. `engine` is there once the gate is. */
export function createWorkflowParts(
  opened: OpenedWorkflows,
  engine: () => WorkflowEngine,
  { stores: { accounts, owner, database }, nodes, options: { clock, logger } }: WorkflowSurroundings,
): WorkflowParts {
  /** Who sees everything: the owner, otherwise the first administrator. */
  const findOverseerId = async (): Promise<string | undefined> => {
    const ownerId = await owner.findId()
    if (ownerId !== undefined) return ownerId
    return (await accounts.list()).find(({ role, disabled }) => role === 'administrator' && !disabled)?.id
  }
  const parse = async <Value>(
    read: 'readObjectInfo' | 'readCheckpoints',
    parser: (text: string) => Value | undefined,
  ): Promise<Value | undefined> => {
    const overseerId = await findOverseerId()
    const answer = overseerId === undefined ? undefined : await engine()[read](overseerId)
    try {
      return answer === undefined ? undefined : parser(answer.toString('utf8'))
    } catch (error) {
      logger.warn({ err: error }, 'what ComfyUI says of its nodes and models cannot be read')
      return undefined
    }
  }
  const readObjectInfo = (accountId: string): Promise<Buffer | undefined> => engine().readObjectInfo(accountId)
  const readCatalog = (): Promise<JsonObject | undefined> => parse('readObjectInfo', parseCatalog)
  const starter = new StarterPublisher({
    store: opened.store,
    logger,
    readCatalog,
    readCheckpoints: async () => (await parse('readCheckpoints', parseCheckpoints)) ?? [],
    isDone: async () => (await findMeta(database.kysely, 'starterWorkflow')) !== undefined,
    setDone: () => setMeta(database.kysely, 'starterWorkflow', 'done'),
  })
  return {
    ...opened,
    engine,
    starter,
    problems: new WorkflowProblems({
      ...{ clock, readObjectInfo, findOwnerId: findOverseerId },
      onChange: (listener) => nodes.onChange(listener),
    }),
    readCatalog,
    findRisky: async (classes) => {
      const known = await nodes.list(everyNode, true)
      return (known ?? []).flatMap(({ name, risks }) => (risks.length > 0 && classes.includes(name) ? [name] : []))
    },
  }
}

const everyNode: NodeRules = { rule: 'all', allowed: [], denied: [] }

function parseCatalog(text: string): JsonObject | undefined {
  const value = parseLosslessJson(text)
  return isObject(value) ? value : undefined
}

const checkpointsSchema = z.array(z.object({ name: z.string(), size: z.number().optional().catch(undefined) }))

const parseCheckpoints = (text: string): readonly CheckpointFile[] =>
  checkpointsSchema.parse(JSON.parse(text)).map(({ name, size }) => ({ name, bytes: size }))
