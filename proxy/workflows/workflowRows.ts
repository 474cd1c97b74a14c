import type { Selectable, Transaction } from 'kysely'
import { z } from 'zod'
import { toNameKey } from '../accounts/accountName.ts'
import type { ActedBy } from '../accounts/actedBy.ts'
import type { AuditValue } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import { workflowInputSchema } from '../contract/workflows.ts'
import type { WorkflowGrants, WorkflowInput } from '../contract/workflows.ts'
import type { Schema, WorkflowsTable } from '../database/schema.ts'
import type { Publication } from './publication.ts'

/** A published workflow without its graph, in the version that counts. */
export interface WorkflowRecord {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly version: number
  readonly publishedAtMs: number
  readonly changedAtMs: number
  readonly hasPicture: boolean
  readonly inputs: readonly WorkflowInput[]
  readonly grants: WorkflowGrants
}

export interface NewWorkflow {
  readonly name: string
  readonly description: string
  readonly grants: WorkflowGrants
  readonly publication: Publication
}

export interface WorkflowChange {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly grants?: WorkflowGrants | undefined
}

export interface WorkflowPicture {
  readonly bytes: Uint8Array
  readonly type: string
}

export interface VersionFacts {
  readonly version: number
  readonly publishedAtMs: number
  readonly publishedBy: string
}

const MAX_WORKFLOWS = 500
const inputsSchema = z.array(workflowInputSchema)

export const parseInputs = (text: string): WorkflowInput[] => inputsSchema.parse(JSON.parse(text))

export const toColumns = ({ name, description }: Pick<NewWorkflow, 'name' | 'description'>) => ({
  name: name.normalize('NFC'),
  name_key: toNameKey(name),
  description,
})

export const nameOf = ({ actor }: ActedBy): string => {
  if (actor.kind === 'account') return actor.name
  return actor.kind === 'commandLine' ? 'the command line' : 'Gatehouse'
}

export function refuseUnknown(name?: string): never {
  throw new GateError(
    'NOT_FOUND',
    name === undefined ? 'There is no such workflow.' : `There is no workflow “${name}”.`,
  )
}

export async function getRow(transaction: Transaction<Schema>, id: string): Promise<Selectable<WorkflowsTable>> {
  const row = await transaction.selectFrom('workflows').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? refuseUnknown()
}

export async function refuseTakenName(transaction: Transaction<Schema>, name: string): Promise<void> {
  const query = transaction.selectFrom('workflows').select('name').where('name_key', '=', toNameKey(name))
  const taken = await query.executeTakeFirst()
  if (taken !== undefined) throw new GateError('ALREADY_EXISTS', `There is already a workflow “${taken.name}”.`)
}

export async function refuseSurplus(transaction: Transaction<Schema>): Promise<void> {
  const { count } = await transaction
    .selectFrom('workflows')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= MAX_WORKFLOWS) {
    throw new GateError('VALIDATION_FAILED', `${MAX_WORKFLOWS} workflows are published. Remove some first.`)
  }
}

export function insertVersion(
  transaction: Transaction<Schema>,
  at: { readonly id: string; readonly version: number; readonly now: number; readonly by: string },
  { prompt, canvas, inputs, possibleInputs, nodeKey }: Publication,
) {
  const row = {
    workflow_id: at.id,
    version: at.version,
    prompt,
    canvas,
    inputs: JSON.stringify(inputs),
    possible_inputs: JSON.stringify(possibleInputs),
    node_key: nodeKey,
    published_at_ms: at.now,
    published_by: at.by,
  }
  return transaction.insertInto('workflow_versions').values(row).execute()
}

/** @throws GateError VALIDATION_FAILED for a role or a person that is not there */
export async function writeGrants(
  transaction: Transaction<Schema>,
  id: string,
  { roles, people }: WorkflowGrants,
): Promise<void> {
  for (const role of new Set(roles)) {
    const known = await transaction.selectFrom('roles').select('id').where('id', '=', role).executeTakeFirst()
    if (known === undefined) throw new GateError('VALIDATION_FAILED', `There is no role “${role}”.`)
    await transaction.insertInto('workflow_grants').values({ workflow_id: id, role, account_id: null }).execute()
  }
  for (const account_id of new Set(people)) {
    const known = await transaction.selectFrom('accounts').select('id').where('id', '=', account_id).executeTakeFirst()
    if (known === undefined) throw new GateError('VALIDATION_FAILED', 'There is no such person.')
    await transaction.insertInto('workflow_grants').values({ workflow_id: id, role: null, account_id }).execute()
  }
}

export function describeChange(
  before: WorkflowRecord,
  { name, description, grants }: WorkflowChange,
): Record<string, AuditValue> {
  return {
    name: name ?? before.name,
    ...(name === undefined || name === before.name ? {} : { from: before.name }),
    ...(description === undefined ? {} : { description: true }),
    ...(grants === undefined ? {} : { public: grants.public, roles: grants.roles, people: grants.people }),
  }
}
