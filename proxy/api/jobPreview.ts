import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import { SANDBOX_CONTENT_POLICY } from '../http/securityHeaders.ts'
import { AccountTurns } from '../pipeline/accountTurns.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import { toAsker } from './asker.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { apiPrefix } from './openapi.ts'
import { requirePermission } from './rights.ts'
import type { ApiRouter } from './router.ts'
import { sendPieces } from './sendPieces.ts'

const PATH = new RegExp(`^${apiPrefix}/jobs/([0-9a-f-]{36})/preview$`)

/** Each lies in memory until it is sent: a reader who takes nothing keeps an old one there. */
const TURNS = { perAccount: 8, overall: 64, maxWaiting: 64, waitMs: 10_000 }

interface Turn {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly context: RequestContext
}

/**
 * Answers the last unfinished picture of a job that runs, to its person only: what somebody else's looks like is as if
 * there were none. What it makes gives undefined for every other path, and otherwise rejects with the refusal.
 */
export function createJobPreview({ jobs }: Pick<OwnApplicationDependencies, 'jobs'>) {
  const turns = new AccountTurns(TURNS)
  return (turn: Turn): Promise<void> | undefined => {
    const [, id] = PATH.exec(turn.context.target.path) ?? []
    return id === undefined ? undefined : answer(turn, id)
  }

  async function answer({ outgoing, context }: Turn, id: string): Promise<void> {
    if (context.method !== 'GET' && context.method !== 'HEAD') {
      throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow: ['GET', 'HEAD'] } })
    }
    const principal = requirePermission(context, 'jobs')
    const asker = toAsker(principal, outgoing)
    const giveBack = await turns.take(asker.accountId, asker.gone)
    try {
      await write(outgoing, context, getPreview(principal, id))
    } finally {
      giveBack()
    }
  }

  function getPreview({ accountId }: Principal, id: string) {
    const job = jobs.find(id)
    const preview = job?.accountId === accountId ? jobs.previewOf(job) : undefined
    if (preview === undefined) throw new GateError('NOT_FOUND', 'There is no picture of this job to see yet.')
    return preview
  }
}

async function write(
  outgoing: ServerResponse,
  { method }: RequestContext,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Buffer },
): Promise<void> {
  if (outgoing.destroyed) return
  outgoing.writeHead(200, {
    'content-type': mediaType,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'content-security-policy': SANDBOX_CONTENT_POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
  if (method === 'HEAD') outgoing.end()
  else await sendPieces(outgoing, bytes)
}

/** Describes it in the API's document: it is answered outside of the router. */
export function registerJobPreview(router: ApiRouter): void {
  const bytes = { schema: z.string() }
  router.openAPIRegistry.registerPath({
    method: 'get',
    path: `${apiPrefix}/jobs/{id}/preview`,
    summary: 'The last unfinished picture of one’s own job that runs',
    request: { params: z.object({ id: z.uuid() }) },
    responses: { 200: { description: 'The picture', content: { 'image/jpeg': bytes, 'image/png': bytes } } },
  })
}
