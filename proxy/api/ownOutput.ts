import { outputGone } from '../outputs/outputs.ts'
import type { Outputs } from '../outputs/outputs.ts'
import type { OutputRow } from '../outputs/outputStore.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { mayAdminister, onlyWorkflowOf } from '../policy/rights.ts'

type Store = Pick<Outputs['store'], 'isMadeBy'>

/** One's own, or anybody's with the right to administer; with a key for one workflow, what that workflow made. */
async function seesOutput(store: Store, principal: Principal, row: OutputRow): Promise<boolean> {
  if (row.account_id !== principal.accountId && !mayAdminister(principal)) return false
  const only = onlyWorkflowOf(principal)
  return only === undefined || store.isMadeBy(row, only)
}

/** @throws GateError NOT_FOUND, also for others' */
export async function findOwnOutput(outputs: Outputs, principal: Principal, id: string): Promise<OutputRow> {
  const row = await outputs.store.find(id)
  if (row !== undefined && (await seesOutput(outputs.store, principal, row))) return row
  throw outputGone()
}

/** Those of the named that the person may touch; the others look as if they were not there. */
export async function findOwnOutputs(
  outputs: Outputs,
  principal: Principal,
  ids: readonly string[],
): Promise<OutputRow[]> {
  const own: OutputRow[] = []
  for (const row of await outputs.store.findMany([...new Set(ids)])) {
    if (await seesOutput(outputs.store, principal, row)) own.push(row)
  }
  return own
}
