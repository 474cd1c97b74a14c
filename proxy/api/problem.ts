import type { ServerResponse } from 'node:http'
import type { Logger } from '../core/logger.ts'
import { describeRefusal, toGateError } from '../http/problem.ts'
import type { Audience } from '../http/problem.ts'

/** Answers with what was thrown, as problem details or a page; what was not expected is logged with its stack. */
export function answerRefusal(
  error: unknown,
  outgoing: ServerResponse,
  options: { audience: Audience; ownPath: string; logger: Logger },
): void {
  const refusal = toGateError(error)
  if (refusal.code === 'INTERNAL_ERROR') options.logger.error({ err: error, path: options.ownPath }, 'a request failed')
  if (outgoing.headersSent) {
    outgoing.destroy()
    return
  }
  const answer = describeRefusal(refusal, options.audience, options.ownPath)
  outgoing.statusCode = answer.status
  for (let at = 0; at < answer.headers.length; at += 2) {
    outgoing.setHeader(answer.headers[at] ?? '', answer.headers[at + 1] ?? '')
  }
  outgoing.setHeader('content-length', Buffer.byteLength(answer.body))
  // A body that was not read to its end would be taken for the next request. Who has too many connections loses this one.
  if (!outgoing.req.complete || refusal.code === 'TOO_MANY_CONNECTIONS') outgoing.setHeader('connection', 'close')
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : answer.body)
}
