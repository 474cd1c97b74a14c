import type { ServerResponse } from 'node:http'
import type { Asker } from '../outputs/pictureWorkers.ts'
import type { Principal } from '../pipeline/requestContext.ts'

/** Who waits for this answer, until the connection ends. */
export function toAsker({ accountId }: Pick<Principal, 'accountId'>, outgoing: ServerResponse): Asker {
  const gone = new AbortController()
  if (outgoing.destroyed) gone.abort()
  else outgoing.once('close', () => gone.abort())
  return { accountId, gone: gone.signal }
}
