import { outputGone } from '../outputs/outputs.ts'
import type { Outputs } from '../outputs/outputs.ts'
import type { OutputRow } from '../outputs/outputStore.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { mayAdminister } from '../policy/rights.ts'

/** A file of one's own, or of anybody with the right to administer. @throws GateError NOT_FOUND, also for others' */
export async function findOwnOutput(outputs: Outputs, principal: Principal, id: string): Promise<OutputRow> {
  const row = await outputs.store.find(id)
  if (row !== undefined && (row.account_id === principal.accountId || mayAdminister(principal))) return row
  throw outputGone()
}
